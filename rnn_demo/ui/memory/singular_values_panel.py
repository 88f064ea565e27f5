"""How far each step can stretch the state: what unfolds in the Memory tab."""

from collections.abc import Mapping
from statistics import median

import gradio as gr
from gradio.components import Component

from rnn_demo.microscope.jacobians import JacobianNorms
from rnn_demo.plots import Figure, draw_singular_values
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import LATEST, for_newest_request, shows_errors
from rnn_demo.ui.shared.export import build_export, checked_shown

INTRO = (
    "Each line above is a product of one factor a token. This is the largest that the factor can be: by how much the "
    "step stretches the direction that it stretches most. **Below 1 the gradient must shrink, above 1 it may grow.**"
)


Asked = tuple[str, str]
"""A text, and the title of a task."""


def build_singular_values_panel(
    service: Service, tasks: Mapping[str, str], turn: gr.State, text: gr.Textbox, which: gr.Radio
) -> list[Component]:
    """Lay out the accordion.

    Args:
        service: where to ask.
        tasks: by the titles that `which` offers.
        turn: ended by whoever draws other lines above.
        text: what to read.
        which: of which task.

    Returns:
        The figure, what is said of it and what it is of, for whoever draws other lines above to empty.
    """

    @shows_errors
    @for_newest_request
    def measure(text: str, title: str) -> tuple[Figure, str, Asked]:
        names = service.store.names_by_cell(tasks[title])
        measured = {names[cell]: norms for cell, norms in service.singular_values(text, tasks[title]).items()}
        lines = draw_singular_values(measured, {name: cell for cell, name in names.items()})
        return lines, describe(measured), (text, title)

    def take(asked: Asked | None) -> dict[str, JacobianNorms]:
        text, title = checked_shown(asked, "press Measure the steps")
        return service.singular_values(text, tasks[title])

    with gr.Accordion("How far each step can stretch it", open=False):
        gr.Markdown(INTRO)
        start = gr.Button("Measure the steps", variant="secondary")
        lines = gr.Plot(show_label=False, elem_id="singular-values")
        summary = gr.Markdown(elem_id="singular-values-summary")
        asked = gr.State()
        build_export(take, asked, "singular-values.json")
    start.click(measure, [turn, text, which], [lines, summary, asked], **LATEST)
    return [lines, summary, asked]


def describe(measured: Mapping[str, JacobianNorms]) -> str:
    """Say in numbers what the figure shows.

    >>> describe({"lm-rnn": JacobianNorms(("a", "b", "c"), (0.5, 1.25, 2.0), (1.0, 1.0, 1.0))})
    'The median step on this text stretches by at most **1.25** in lm-rnn (untrained: 1.00; above 1 at 2 of 3 tokens, \
at most 2.00). Where the gradient shrinks all the same, it seldom points the way that is stretched.'
    """
    told = [
        f"**{median(norms.trained):.2f}** in {name} (untrained: {median(norms.untrained):.2f}; "
        f"above 1 at {sum(value > 1 for value in norms.trained)} of {len(norms.trained)} tokens, "
        f"at most {max(norms.trained):.2f})"
        for name, norms in measured.items()
    ]
    return (
        f"The median step on this text stretches by at most {', '.join(told)}. Where the gradient shrinks all the "
        "same, it seldom points the way that is stretched."
    )
