"""Memory: how far back each cell can learn from, on the visitor's own text."""

from collections.abc import Mapping, Sequence

import gradio as gr

from rnn_demo.plots import Figure, draw_gradients
from rnn_demo.ui.answers import Answers
from rnn_demo.ui.clipping_panel import build_clipping_panel
from rnn_demo.ui.events import LATEST, Turn, build_ticket, shows_errors
from rnn_demo.ui.examples import MEMORY_TEXTS, build_examples, on_pick
from rnn_demo.ui.export import build_export
from rnn_demo.ui.notices import build_notices
from rnn_demo.ui.readers import ReaderShelf
from rnn_demo.ui.singular_values_panel import build_singular_values_panel

__all__ = ["build_memory_tab"]

INTRO = (
    "Training tells each state how it should have been for the end of the text to come out better. On its way back "
    "that message passes through every step between, and **shrinks or grows at each: look how far it reaches.** "
    "The line falls slower in a cell that remembers."
)
TASKS_SHOWN = {"language models": "lm", "sentiment": "sentiment"}
LEFT_OUT = {"sentiment": " (the verdict also sees the mean and maximum of all states: that way back is left out)"}
FOLD = 1000
"""How much smaller counts as forgotten."""

Norms = Mapping[str, Mapping[str, Sequence[float]]]


def build_memory_tab(answers: Answers) -> None:
    """Lay out the tab."""
    build_notices(answers.shelf, "lm")
    tasks = {title: task for title, task in TASKS_SHOWN.items() if answers.shelf.names(task)}
    if not tasks:
        return

    @shows_errors
    def measure(turn: Turn, text: str, title: str) -> tuple[Figure, str, None, str]:
        norms = answers.gradients(text, tasks[title])
        lines = draw_gradients(norms)
        turn.end()
        return lines, describe(norms), None, ""  # the steps below are of the lines before

    first_title = next(iter(tasks))
    first_lines, first_summary, *_ = measure(Turn(), MEMORY_TEXTS[0], first_title)

    gr.Markdown(INTRO)
    text = gr.Textbox(MEMORY_TEXTS[0], label="Text", lines=3, max_lines=12)
    examples = build_examples(text, MEMORY_TEXTS)
    with gr.Row():
        which = gr.Radio(
            list(tasks),
            value=first_title,
            label="Networks",
            info=say_which(answers.shelf, tasks),
            visible=len(tasks) > 1,
        )
        start = gr.Button("Measure", variant="primary")
    lines = gr.Plot(first_lines, show_label=False, elem_id="gradients")
    summary = gr.Markdown(first_summary, elem_id="gradient-summary")
    build_export(
        lambda text, title: answers.gradients(text, tasks[title]), [text, which], "gradient-over-distance.json"
    )
    turn, ticket = gr.State(Turn()), build_ticket()
    steps = build_singular_values_panel(answers, tasks, turn, text, which)
    build_clipping_panel(answers, text)

    triggers = [start.click, text.submit, which.input, ticket.change]
    gr.on(triggers, measure, [turn, text, which], [lines, summary, *steps], **LATEST)
    on_pick(examples, text, ticket)


def say_which(shelf: ReaderShelf, tasks: Mapping[str, str]) -> str:
    """Name the networks that are compared, task by task."""
    told = [
        f"{title}: {', '.join(shelf.names_by_cell(task).values())}{LEFT_OUT.get(task, '')}"
        for title, task in tasks.items()
    ]
    return "; ".join(told)


def describe(norms: Norms) -> str:
    """Say in numbers what the figure shows.

    >>> describe({"rnn": {"trained": [1.0, 0.1, 1e-4], "untrained": [1.0, 1.0, 1.0]}})
    'On this text the gradient has shrunk 1,000-fold after **2** tokens in the RNN (untrained: not within 2).'
    """
    cells = [
        f"{reach(by_state['trained'], '**')} tokens in the {cell.upper()} (untrained: {reach(by_state['untrained'])})"
        for cell, by_state in norms.items()
    ]
    return f"On this text the gradient has shrunk {FOLD:,}-fold {'; '.join(cells)}."


def reach(norms: Sequence[float], mark: str = "") -> str:
    """Say after how many tokens a gradient has shrunk FOLD times, for good.

    >>> reach([1.0, 0.5, 1e-9]), reach([1.0, 0.5, 0.2], "**")
    ('after 2', 'not within **2**')
    """
    still = [distance for distance, norm in enumerate(norms) if norm * FOLD > norms[0]]
    first_small = still[-1] + 1 if still else 0
    if first_small == len(norms):
        return f"not within {mark}{len(norms) - 1}{mark}"
    return f"after {mark}{first_small}{mark}"
