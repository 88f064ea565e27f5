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
    build_note,
    build_request_counter,
    clears_on_empty,
    shows_errors,
)
from rnn_demo.ui.shared.examples import MEMORY_TEXTS, build_examples, on_pick
from rnn_demo.ui.shared.export import build_export, require_displayed
from rnn_demo.ui.shared.problems import build_problems

INTRO = (
    "During training the error at the end of the text travels back through every step, and **shrinks or grows at each: "
    "look how far it reaches.** The slower a line falls, the farther back the network can learn from. Dotted lines are "
    "the same networks before training."
)
LEFT_OUT = {"sentiment": " (the classifier also sees the mean and maximum of all states; that path is left out)"}
FOLD = 1000
"""A gradient that has shrunk this many times counts as gone."""

Norms = Mapping[str, Mapping[str, Sequence[float]]]


def build_memory_tab(service: Service) -> None:
    """Lay out the tab."""
    build_problems(service.store, "lm")
    tasks = {
        task.title: name
        for name, task in TASKS.items()
        if issubclass(task.predictor, ForwardPredictor) and service.store.names(name)
    }
    if not tasks:
        return

    @shows_errors
    @clears_on_empty(None, None, None, None, None, None)
    def measure(turn: RequestToken, text: str, title: str) -> tuple[Figure, str, Request, None, str, None]:
        turn.end()
        names = service.store.names_by_cell(tasks[title])
        gradients = service.gradients(require_text("text", text), tasks[title])
        norms = {names[cell]: by_state for cell, by_state in gradients.items()}
        lines = draw_gradients(norms, {name: cell for cell, name in names.items()})
        return lines, describe(norms), (text, title), None, "", None  # the accordion is about the lines before

    first_title = next(iter(tasks))
    first_lines, first_summary, *_ = measure(RequestToken(), MEMORY_TEXTS[0], first_title)

    gr.Markdown(INTRO)
    text = gr.Textbox(MEMORY_TEXTS[0], label="Text", lines=3, max_lines=12)
    note = build_note()
    examples = build_examples(text, MEMORY_TEXTS)
    with gr.Row():
        which = gr.Radio(
            list(tasks),
            value=first_title,
            label="Networks",
            info=say_which(service.store, tasks),
            visible=len(tasks) > 1,
        )
        start = gr.Button("Measure", variant="primary")
    lines = gr.Plot(first_lines, show_label=False, elem_id="gradients")
    summary = gr.Markdown(first_summary, elem_id="gradient-summary")
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


def say_which(store: ModelStore, tasks: Mapping[str, str]) -> str:
    """Return the names of the networks that are compared, task by task."""
    return "; ".join(
        f"{title}: {', '.join(store.names_by_cell(task).values())}{LEFT_OUT.get(task, '')}"
        for title, task in tasks.items()
    )


def describe(norms: Norms) -> str:
    """Return how far the gradients reach, in this text's own numbers.

    >>> describe({"lm-rnn": {"trained": [1.0, 0.1, 1e-4], "untrained": [1.0, 1.0, 1.0]}})
    'On this text the gradient of lm-rnn shrinks 1,000-fold after **2** tokens (untrained: not within 2). At the first \
token lm-rnn keeps less than before training.'
    """
    reaches = "; that of ".join(describe_reach(name, by_state) for name, by_state in norms.items())
    return f"On this text the gradient of {reaches}.{describe_end(norms)}"


def describe_reach(name: str, by_state: Mapping[str, Sequence[float]]) -> str:
    """Return how far the gradient of one network reaches.

    >>> describe_reach("lm-gru", {"trained": [1.0, 0.5, 0.2], "untrained": [1.0, 1e-4, 1e-5]})
    'lm-gru does not shrink 1,000-fold within the **2** tokens (untrained: after 1)'
    """
    after, before = reach(by_state["trained"]), reach(by_state["untrained"])
    last = len(by_state["trained"]) - 1
    untrained = f"not within {last}" if before is None else f"after {before}"
    if after is None:
        return f"{name} does not shrink {FOLD:,}-fold within the **{last}** tokens (untrained: {untrained})"
    return f"{name} shrinks {FOLD:,}-fold after **{after}** tokens (untrained: {untrained})"


def describe_end(norms: Norms) -> str:
    """Return which network keeps most of its gradient at the first token, and which keep less than before training.

    >>> rnn = {"trained": [2.0, 0.2], "untrained": [1.0, 0.5]}
    >>> describe_end({"lm-rnn": rnn, "lm-gru": {"trained": [1.0, 0.9], "untrained": [1.0, 0.5]}})
    ' At the first token **lm-gru** keeps most of its gradient; lm-rnn keeps less than before training.'
    """
    left = {name: {state: share_left(values) for state, values in by_state.items()} for name, by_state in norms.items()}
    less = [name for name, by_state in left.items() if by_state["trained"] < by_state["untrained"]]
    clauses = []
    if len(left) > 1:
        clauses.append(f"**{max(left, key=lambda name: left[name]['trained'])}** keeps most of its gradient")
    if less:
        clauses.append(f"{', '.join(less)} {'keeps' if len(less) == 1 else 'keep'} less than before training")
    if not clauses or len(next(iter(norms.values()))["trained"]) < 2:
        return ""
    return f" At the first token {'; '.join(clauses)}."


def share_left(norms: Sequence[float]) -> float:
    """Return a gradient at the first token as a share of that at the last."""
    return norms[-1] / norms[0] if norms[0] else 0.0


def reach(norms: Sequence[float]) -> int | None:
    """Return after how many tokens a gradient has shrunk FOLD times for good; None where it has not.

    >>> reach([1.0, 0.5, 1e-9]), reach([1.0, 0.5, 0.2])
    (2, None)
    """
    large = [distance for distance, norm in enumerate(norms) if norm * FOLD > norms[0]]
    first_small = large[-1] + 1 if large else 0
    return None if first_small == len(norms) else first_small
