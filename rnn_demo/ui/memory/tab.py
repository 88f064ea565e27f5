"""Memory: how far back each cell can learn from on the visitor's text."""

from collections.abc import Mapping, Sequence

import gradio as gr

from rnn_demo.checks import require_text
from rnn_demo.plots import Figure, draw_gradients
from rnn_demo.predictor import ForwardPredictor
from rnn_demo.tasks import TASKS
from rnn_demo.ui.memory.clipping_panel import build_clipping_panel
from rnn_demo.ui.memory.singular_values_panel import Request, build_singular_values_panel
from rnn_demo.ui.model_store import ModelStore
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import (
    LATEST,
    RequestToken,
    build_request_counter,
    clears_on_empty,
    shows_errors,
)
from rnn_demo.ui.shared.examples import MEMORY_TEXTS, on_pick
from rnn_demo.ui.shared.export import build_export, require_displayed
from rnn_demo.ui.shared.highlights import plain
from rnn_demo.ui.shared.layout import TabFields, build_text_input
from rnn_demo.ui.shared.problems import build_problems
from rnn_demo.words import words_of

INTRO = (
    "In training, the error at the end of a text travels back word by word, and shrinks or grows at each: **look how "
    "far it reaches.**"
)
LEFT_OUT = {"sentiment": " (the classifier also sees the mean and maximum of all states; that path is left out)"}
FOLD = 1000
"""A gradient that has shrunk this many times counts as gone."""

FAR = 20
"""Words back at which the sentence compares the networks, fewer in a shorter text."""
SMALLEST_SHARE = 1e-6

Shares = Mapping[str, Mapping[str, Sequence[float]]]
"""Title of a model -> trained, untrained -> the share of the gradient that is left at each word."""


def build_memory_tab(service: Service) -> TabFields | None:
    """Lay out the tab."""
    build_problems(service.store, "lm")
    tasks = {
        task.title: name
        for name, task in TASKS.items()
        if issubclass(task.predictor, ForwardPredictor) and service.store.names(name)
    }
    if not tasks:
        return None

    @shows_errors
    @clears_on_empty(None, None, None, None, None, None)
    def measure(turn: RequestToken, text: str, title: str) -> tuple[Figure, str, Request, None, str, None]:
        turn.end()
        shares, cells, words = measure_words(service, require_text("text", text), tasks[title])
        lines = draw_gradients(shares, cells, words)
        return lines, describe(shares, words), (text, title), None, "", None  # the accordion is about the lines before

    first_title = next(iter(tasks))
    first_lines, first_summary, *_ = measure(RequestToken(), MEMORY_TEXTS[0], first_title)

    text, which, start, examples, note = build_text_input(
        INTRO, MEMORY_TEXTS, "Measure", [(title, title) for title in tasks], model_label="Networks"
    )
    summary = gr.Markdown(first_summary, elem_id="gradient-summary")
    lines = gr.Plot(first_lines, show_label=False, elem_id="gradients")
    gr.Markdown(say_which(service.store, tasks))
    request = gr.State((MEMORY_TEXTS[0], first_title))  # the textbox may have changed since

    def numbers(request: Request | None) -> dict[str, dict[str, list[float]]]:
        text, title = require_displayed(request, "press Measure")
        return service.gradients(text, tasks[title])

    build_export(numbers, request, "gradient-over-distance.json")
    turn, counter = gr.State(RequestToken()), build_request_counter()
    steps = build_singular_values_panel(service, tasks, turn, text, which, note)
    build_clipping_panel(service, text, note)

    triggers = [start.click, text.submit, which.input, counter.change]
    gr.on(triggers, measure, [turn, text, which], [lines, summary, request, *steps, note], **LATEST)
    on_pick(examples, text, counter)
    return TabFields(counter, text, {"networks": which})


def say_which(store: ModelStore, tasks: Mapping[str, str]) -> str:
    """Return which networks are compared, task by task."""
    networks = "; ".join(
        f"{title}: {', '.join(map(store.title, store.names_by_cell(task).values()))}{LEFT_OUT.get(task, '')}"
        for title, task in tasks.items()
    )
    return f"The networks: {networks}."


def measure_words(service: Service, text: str, task: str) -> tuple[Shares, dict[str, str], list[str]]:
    """Return how much of the gradient is left at each word, from the last one back.

    Returns:
        The shares by title of a model; the cells by title; the words.
    """
    shares: dict[str, dict[str, list[float]]] = {}
    cells: dict[str, str] = {}
    words: list[str] = []
    gradients = service.gradients(text, task)
    for cell, name in service.store.names_by_cell(task).items():
        predictor, by_state = service.store.find(name), gradients[cell]
        if not isinstance(predictor, ForwardPredictor):
            continue
        back = words_back(predictor, text, len(by_state["trained"]))
        words = words or [word for word, _ in back]
        shares[service.store.title(name)] = {
            state: [share(norms, distance) for _, distance in back] for state, norms in by_state.items()
        }
        cells[service.store.title(name)] = cell
    return shares, cells, words


def words_back(predictor: ForwardPredictor, text: str, num_distances: int) -> list[tuple[str, int]]:
    """Return the words of a text from the last one back, each with the distance of the state after it, in tokens.

    Of a language model the last token is what the gradient is of, so its state is not part of the way.

    Args:
        predictor: whose tokens are counted.
        text: as it was measured.
        num_distances: further words were not measured.
    """
    encoded = predictor.encode(text)
    num_states = len(predictor.final_readout(encoded.token_ids)[0])
    last = num_states - 1 - len(encoded.prefix_ids)  # the token at distance 0
    back = [(word.text, last - word.last) for word in reversed(words_of(encoded.tokens))]
    return [(word, distance) for word, distance in back if 0 <= distance < num_distances]


def share(norms: Sequence[float], distance: int) -> float:
    """Return a gradient as a share of that at the end of the text."""
    return norms[distance] / norms[0] if norms[0] else 0.0


def describe(shares: Shares, words: Sequence[str]) -> str:
    """Return how much each network still feels of a word far back, and where a thousandth is left.

    >>> shares = {"RNN": {"trained": [1.0, 0.1, 1e-4], "untrained": [1.0, 1.0, 1.0]}}
    >>> describe(shares, [" end", " the", "It"])
    'The error at the end of this text still reaches the word 3 words back, **It**, with **0.01 %** of its strength \
in the RNN. Only a thousandth is left: RNN after 3 words (before training not within 3).'
    """
    if not words:
        return ""
    far = min(FAR, len(words))
    felt = ", ".join(
        f"**{percent(by_state['trained'][far - 1])}** {'of its strength ' if not i else ''}in the {title}"
        for i, (title, by_state) in enumerate(shares.items())
    )
    reaches = ", ".join(describe_reach(title, by_state) for title, by_state in shares.items())
    return (
        f"The error at the end of this text still reaches the word {far} words back, **{plain(words[far - 1])}**, with "
        f"{felt}. Only a thousandth is left: {reaches}."
    )


def describe_reach(title: str, by_state: Mapping[str, Sequence[float]]) -> str:
    """Return after how many words a thousandth of a network's gradient is left.

    >>> describe_reach("GRU", {"trained": [1.0, 0.5, 0.2], "untrained": [1.0, 1e-4, 1e-5]})
    'GRU not within 3 words (before training after 2)'
    """
    after, before = reach(by_state["trained"]), reach(by_state["untrained"])
    last = len(by_state["trained"])
    untrained = f"not within {last}" if before is None else f"after {before}"
    trained = f"not within {last}" if after is None else f"after {after}"
    return f"{title} {trained} words (before training {untrained})"


def percent(share: float) -> str:
    """Return a share with two digits.

    >>> percent(0.344), percent(0.0001234), percent(1e-9), percent(1.2)
    ('34 %', '0.012 %', 'under 0.0001 %', '120 %')
    """
    if share < SMALLEST_SHARE:
        return f"under {100 * SMALLEST_SHARE:.4f} %"
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def reach(shares: Sequence[float]) -> int | None:
    """Return after how many words a gradient has shrunk FOLD times for good; None where it has not.

    >>> reach([1.0, 0.5, 1e-9]), reach([1.0, 0.5, 0.2])
    (3, None)
    """
    large = [i for i, value in enumerate(shares) if value * FOLD > 1]
    first_small = large[-1] + 1 if large else 0
    return None if first_small == len(shares) else first_small + 1
