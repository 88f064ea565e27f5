"""How much each step can amplify the gradient; an accordion of the Memory tab."""

from collections.abc import Mapping
from statistics import median

import gradio as gr
from gradio.components import Component

from rnn_demo.microscope.jacobians import JacobianNorms
from rnn_demo.plots import Figure, draw_singular_values
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import LATEST, clears_on_empty, for_newest_request, shows_errors
from rnn_demo.ui.shared.export import build_export, require_displayed

INTRO = (
    "Each line above is a product of one factor per token. This figure shows the largest that each factor can be: the "
    "largest singular value of the step's Jacobian. **Below 1 the gradient must shrink, above 1 it may grow.**"
)

Request = tuple[str, str]
"""A text, and the title of a task."""


def build_singular_values_panel(
    service: Service, tasks: Mapping[str, str], turn: gr.State, text: gr.Textbox, which: gr.Dropdown, note: gr.Markdown
) -> list[Component]:
    """Lay out the accordion.

    Args:
        service: answers.
        tasks: title -> task, as `which` offers them.
        turn: ended when other lines are drawn above.
        text: what to read.
        which: the title of a task.
        note: the line by the box.

    Returns:
        The figure, its summary and its request, to be emptied when other lines are drawn above.
    """

    @shows_errors
    @clears_on_empty(None, None, None)
    @for_newest_request
    def measure(text: str, title: str) -> tuple[Figure, str, Request]:
        names = {cell: service.store.title(name) for cell, name in service.store.names_by_cell(tasks[title]).items()}
        measured = {names[cell]: norms for cell, norms in service.singular_values(text, tasks[title]).items()}
        lines = draw_singular_values(measured, {name: cell for cell, name in names.items()})
        return lines, describe(measured), (text, title)

    def numbers(request: Request | None) -> dict[str, JacobianNorms]:
        text, title = require_displayed(request, "press Measure the steps")
        return service.singular_values(text, tasks[title])

    with gr.Accordion("How much each step can amplify the gradient", open=False):
        gr.Markdown(INTRO)
        start = gr.Button("Measure the steps", variant="secondary")
        lines = gr.Plot(show_label=False, elem_id="singular-values")
        summary = gr.Markdown(elem_id="singular-values-summary")
        request = gr.State()
        build_export(numbers, request, "singular-values.json")
    start.click(measure, [turn, text, which], [lines, summary, request, note], **LATEST)
    return [lines, summary, request]


def describe(measured: Mapping[str, JacobianNorms]) -> str:
    """Return how much the steps amplify, in this text's own numbers.

    >>> describe({"lm-rnn": JacobianNorms(("a", "b", "c"), (0.5, 1.25, 2.0), (1.0, 1.0, 1.0))})
    'The median step on this text amplifies the gradient at most **1.25** times in lm-rnn (untrained: 1.00; above 1 at \
2 of 3 tokens; maximum 2.00). Where the gradient shrinks all the same, it seldom points in the amplified direction.'
    """
    medians = [
        f"**{median(norms.trained):.2f}** times in {name} (untrained: {median(norms.untrained):.2f}; "
        f"above 1 at {sum(value > 1 for value in norms.trained)} of {len(norms.trained)} tokens; "
        f"maximum {max(norms.trained):.2f})"
        for name, norms in measured.items()
    ]
    return (
        f"The median step on this text amplifies the gradient at most {', '.join(medians)}. Where the gradient "
        "shrinks all the same, it seldom points in the amplified direction."
    )
