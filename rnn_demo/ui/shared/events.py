"""What every event has in common: how its errors are shown, how often it yields, and its share of the processor."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from html import escape
from inspect import isgeneratorfunction
from itertools import takewhile
from time import monotonic
from typing import Any, ParamSpec, TypeVar

import gradio as gr
from gradio.events import Dependency

from rnn_demo.errors import RnnDemoError

CPU: dict[str, Any] = {"concurrency_id": "cpu", "concurrency_limit": 2}
"""One budget for all work on a model; the lowest limit given anywhere counts, so all give this one."""
PRIVATE: dict[str, Any] = {**CPU, "api_visibility": "private"}
"""For the events behind figures; what programs may call is in endpoints.py."""
LATEST: dict[str, Any] = {**PRIVATE, "trigger_mode": "always_last"}
"""For those of them that follow a choice: one that is made while an answer is under way is answered after it, where
gradio by itself would drop it and leave the page with a choice that its figures are not of. (After an answer that was
an error it still does.) That holds for one event: so everything that sets off an answer sets off the same, see
`build_request_counter`."""
INSTANT: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
"""For events that only move values on the page: they wait for nobody."""
CLOSE_MESSAGES = """() => document.addEventListener("click", (event) => {
  if (event.target.closest("[role=tabpanel] button, [role=option]"))
    document.querySelectorAll("[data-testid=toast-close]").forEach((button) => button.click());
}, true)"""
"""Run once by the browser: whatever is asked for next closes the messages of before, which gradio would pile up."""
SHORTEST_GAP_S = 0.04
"""Between two updates of a streamed text: faster ones cost the browser more than they show."""

Params = ParamSpec("Params")
Result = TypeVar("Result")
Value = TypeVar("Value")


def build_request_counter() -> gr.Number:
    """Lay out a number that nobody sees. Its `change` sets off what has to wait until values are in their places.

    A `.then` that does the work itself is an event of its own beside the button's: both would run at once, and the
    slower answer would stay, whichever was asked for last.
    """
    return gr.Number(0, visible="hidden")


def count_request(placed: Dependency, counter: gr.Number) -> None:
    """Set off what hangs on a counter, once an event has put its values in their places."""
    placed.then(None, counter, counter, js="(number) => number + 1", **INSTANT)


@dataclass
class RequestToken:
    """What of one visitor is being answered: it ends when the next is asked for, by Stop, or when it is out of date.

    gradio's own `cancels` would race with what is on its way to the browser, and leave "Error" on the page.
    """

    number: int = 0

    def next(self) -> int:
        """Begin the next; gives its number."""
        self.number += 1
        return self.number

    def end(self) -> None:
        """End what is being answered, and what waits for its turn."""
        self.next()

    def lasting(self, number: int, values: Iterator[Value]) -> Iterator[Value]:
        """Pass on values for as long as this turn is the one with a number.

        >>> turn = RequestToken()
        >>> values = turn.lasting(turn.next(), iter("abc"))
        >>> next(values), turn.end(), list(values)
        ('a', None, [])
        """
        return takewhile(lambda _: self.number == number, values)


def for_newest_request(handler: Callable[Params, Any]) -> Callable[..., Iterator[Any]]:
    """Make a handler take the visitor's turn, its new first argument, and drop answers that come after its end."""

    def stream(turn: RequestToken, *args: Params.args, **kwargs: Params.kwargs) -> Iterator[Any]:
        number = turn.next()
        yield from turn.lasting(number, answers_of(handler, *args, **kwargs))

    return stream


def answers_of(handler: Callable[Params, Any], *args: Params.args, **kwargs: Params.kwargs) -> Iterator[Any]:
    """Return a handler's answers one after the other, also where it has but one."""
    if isgeneratorfunction(handler):
        yield from handler(*args, **kwargs)
    else:
        yield handler(*args, **kwargs)


def shows_errors(handler: Callable[Params, Result]) -> Callable[Params, Result]:
    """Turn the package's errors into messages on the page: the only place that does.

    Any other exception is a bug: gradio logs it and shows no more than that there was one.
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
    """Make the message; it is shown as HTML, and may quote what somebody typed.

    It stays as long as what it explains, "Error" over the results: until it is closed, or as CLOSE_MESSAGES says.
    """
    return gr.Error(escape(str(error), quote=False), duration=None, print_exception=False)


def throttled(values: Iterator[Value], gap_s: float = SHORTEST_GAP_S) -> Iterator[Value]:
    """Pass on values that are at least a gap apart, and always the last one.

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
