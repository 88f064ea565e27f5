"""What every event has in common: its lane, how its errors reach the page, and how often it yields.

Lanes. gradio queues by event, and a search for fixed points takes more than a minute where a score takes a tenth of a
second. So there are three lanes, each with its own places:

- QUICK: what answers within a second. It has more places than the machine has cores, because a long text waits in its
  place until the long texts before it are done (see `Service`): the places that are left go on answering.
- SLOW: what takes seconds on any text: the search, attributions, clipping. One at a time.
- WRITING: /generate and its like, which programs call with up to 2,000 tokens. On the page 400 are the most.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import wraps
from html import escape
from inspect import isgeneratorfunction, signature
from itertools import takewhile
from time import monotonic
from typing import Any, ParamSpec, TypeVar

import gradio as gr
from gradio.events import Dependency

from rnn_demo.errors import NothingToReadError, RnnDemoError
from rnn_demo.ui.shared.script import say_english_only

QUICK: dict[str, Any] = {"concurrency_id": "quick", "concurrency_limit": 6}
SLOW: dict[str, Any] = {"concurrency_id": "slow", "concurrency_limit": 1}
WRITING: dict[str, Any] = {"concurrency_id": "writing", "concurrency_limit": 2}
"""The lowest limit of a lane counts, so an event takes its lane from here, never the id alone."""
PRIVATE: dict[str, Any] = {**QUICK, "api_visibility": "private"}
"""For the events behind figures; what programs may call is in endpoints.py."""
LATEST: dict[str, Any] = {**PRIVATE, "trigger_mode": "always_last"}
"""For events that follow a choice. A choice made while an answer is under way is answered next; gradio's default would
drop it and leave figures that do not belong to the choice. (After an answer that was an error gradio still drops it.)
This holds within one event, so everything that leads to an answer must trigger the same one: see
`build_request_counter`."""
SLOW_LATEST: dict[str, Any] = {**LATEST, **SLOW}
INSTANT: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
"""For events that only move values on the page: they do not queue."""
PAGE_SCRIPT = """() => {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[role=tabpanel] button, [role=option]"))
      document.querySelectorAll("[data-testid=toast-close]").forEach((button) => button.click());
  }, true);
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest("[role=tab]"), step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!tab || !step) return;
    const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    next.click();
    next.focus();
  });
  document.addEventListener("mouseover", (event) => {
    const mark = event.target.closest?.("mark[data-note]");
    if (mark) mark.classList.toggle("leftwards", mark.getBoundingClientRect().left > innerWidth / 2);
  });
  const giveRole = () => document.querySelectorAll(".empty[aria-label]:not([role])").forEach(
    (box) => box.setAttribute("role", "img"));
  new MutationObserver(giveRole).observe(document.body, {childList: true, subtree: true});
  giveRole();
}"""
"""Run once by the browser. The next press closes the messages of the last one, which gradio would pile up; the arrow
keys move between tabs; a mark's note opens towards the middle; and gradio's empty boxes get a role, without which
screen readers ignore their label."""
SHORTEST_GAP_S = 0.04
"""Between two updates of a streamed text; a reader sees no difference below it, and each update costs the browser."""

Params = ParamSpec("Params")
Result = TypeVar("Result")
Value = TypeVar("Value")


def build_request_counter() -> gr.Number:
    """Lay out a hidden number. Its `change` triggers what must wait until other values are in place.

    A `.then` that did the work itself would be a second event beside the button's: both would run at once, and the
    slower answer would stay on the page.
    """
    return gr.Number(0, visible="hidden")


def count_request(placed: Dependency, counter: gr.Number) -> None:
    """Raise a counter once an event has put its values in place."""
    placed.then(None, counter, counter, js="(number) => number + 1", **INSTANT)


@dataclass
class RequestToken:
    """The number of a visitor's newest request. An answer ends when a newer request begins, or at Stop.

    gradio's own `cancels` would race with what is on its way to the browser, and leave "Error" on the page.
    """

    number: int = 0

    def next(self) -> int:
        """Begin a request and return its number."""
        self.number += 1
        return self.number

    def end(self) -> None:
        """End the answer under way, and the request that waits."""
        self.next()

    def lasting(self, number: int, values: Iterator[Value]) -> Iterator[Value]:
        """Pass on values for as long as the request with this number is the newest.

        >>> request = RequestToken()
        >>> values = request.lasting(request.next(), iter("abc"))
        >>> next(values), request.end(), list(values)
        ('a', None, [])
        """
        return takewhile(lambda _: self.number == number, values)


def for_newest_request(handler: Callable[Params, Any]) -> Callable[..., Iterator[Any]]:
    """Make a handler begin a request on the visitor's token, its new first argument, and drop outdated answers."""

    def stream(request: RequestToken, *args: Params.args, **kwargs: Params.kwargs) -> Iterator[Any]:
        number = request.next()
        yield from request.lasting(number, answers_of(handler, *args, **kwargs))

    return stream


def answers_of(handler: Callable[Params, Any], *args: Params.args, **kwargs: Params.kwargs) -> Iterator[Any]:
    """Yield the answers of a handler: all that it yields, or the one that it returns."""
    if isgeneratorfunction(handler):
        yield from handler(*args, **kwargs)
    else:
        yield handler(*args, **kwargs)


def clears_on_empty(*cleared: Any) -> Callable[[Callable[Params, Any]], Callable[Params, Any]]:
    """Make a handler clear its outputs where a text has nothing to read, and say so in a line by the box.

    The outputs gain a last one: the line (see `build_note`). Where there is an answer it is empty, or says that the
    handler's argument `text` is not in English letters. The decorator stands below `shows_errors`. A handler that calls
    `RequestToken.end` must do so before it reads the text.

    Args:
        cleared: a value for each output of the handler; None empties most components.
    """

    def with_note(answer: Any, note: str) -> tuple[Any, ...]:
        return (answer, note) if len(cleared) == 1 else (*answer, note)

    def explained(error: NothingToReadError) -> tuple[Any, ...]:
        message = escape(str(error), quote=False)
        return *deepcopy(cleared), f"{message[:1].upper()}{message[1:]}."  # gradio takes updates apart: give it copies

    def decorate(handler: Callable[Params, Any]) -> Callable[Params, Any]:
        def note_on(*args: Params.args, **kwargs: Params.kwargs) -> str:
            return say_english_only(signature(handler).bind(*args, **kwargs).arguments.get("text", ""))

        @wraps(handler)
        def stream(*args: Params.args, **kwargs: Params.kwargs) -> Iterator[Any]:
            try:
                for answer in handler(*args, **kwargs):
                    yield with_note(answer, note_on(*args, **kwargs))
            except NothingToReadError as error:
                yield explained(error)

        @wraps(handler)
        def answer(*args: Params.args, **kwargs: Params.kwargs) -> Any:
            try:
                return with_note(handler(*args, **kwargs), note_on(*args, **kwargs))
            except NothingToReadError as error:
                return explained(error)

        return stream if isgeneratorfunction(handler) else answer

    return decorate


def build_note() -> gr.Markdown:
    """Lay out the line of `clears_on_empty`; call it right below the textbox."""
    return gr.Markdown(elem_classes="note")


def shows_errors(handler: Callable[Params, Result]) -> Callable[Params, Result]:
    """Turn the package's errors into messages on the page; no other place does.

    Any other exception is a bug: gradio logs it and shows only that there was one.
    """
    if isgeneratorfunction(handler):

        @wraps(handler)
        def stream(*args: Params.args, **kwargs: Params.kwargs) -> Any:
            try:
                yield from handler(*args, **kwargs)
            except RnnDemoError as error:
                raise toast(error) from error

        return stream

    @wraps(handler)
    def answer(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        try:
            return handler(*args, **kwargs)
        except RnnDemoError as error:
            raise toast(error) from error

    return answer


def toast(error: RnnDemoError) -> gr.Error:
    """Return the message. It is escaped, because gradio shows it as HTML and it may quote what a visitor typed.

    It stays as long as "Error" stands over the results: until the visitor closes it or presses something else.
    """
    return gr.Error(escape(str(error), quote=False), duration=None, print_exception=False)


def throttled(values: Iterator[Value], gap_s: float = SHORTEST_GAP_S) -> Iterator[Value]:
    """Pass on values at least `gap_s` seconds apart, and always the last one.

    >>> list(throttled(iter("abc"), gap_s=60))
    ['a', 'c']
    """
    sent_at = -gap_s
    waiting: list[Value] = []
    for value in values:
        waiting = [value]
        if monotonic() - sent_at >= gap_s:
            yield value
            sent_at, waiting = monotonic(), []
    yield from waiting
