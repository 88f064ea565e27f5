"""How far each step can stretch the state: what unfolds in the Memory tab."""

from collections.abc import Mapping
from statistics import median

import gradio as gr
from gradio.components import Component

from rnn_demo.plots import Figure, draw_singular_values
from rnn_demo.results import JacobianNorms
from rnn_demo.ui.answers import Answers
from rnn_demo.ui.events import LATEST, in_turn, shows_errors
from rnn_demo.ui.export import build_export

__all__ = ["build_singular_values_panel"]

INTRO = (
    "Each line above is a product of one factor a token. This is the largest that the factor can be: by how much the "
    "step stretches the direction that it stretches most. **Below 1 the gradient must shrink, above 1 it may grow.**"
)


def build_singular_values_panel(
    answers: Answers, tasks: Mapping[str, str], turn: gr.State, text: gr.Textbox, which: gr.Radio
) -> list[Component]:
    """Lay out the accordion.

    Args:
        answers: where to ask.
        tasks: by the titles that `which` offers.
        turn: ended by whoever draws other lines above.
        text: what to read.
        which: of which task.

    Returns:
        The figure and what is said of it, for whoever draws other lines above to empty.
    """

    @shows_errors
    @in_turn
    def measure(text: str, title: str) -> tuple[Figure, str]:
        measured = answers.singular_values(text, tasks[title])
        return draw_singular_values(measured), describe(measured)

    with gr.Accordion("How far each step can stretch it", open=False):
        gr.Markdown(INTRO)
        start = gr.Button("Measure the steps", variant="secondary")
        lines = gr.Plot(show_label=False, elem_id="singular-values")
        summary = gr.Markdown(elem_id="singular-values-summary")
        build_export(
            lambda text, title: answers.singular_values(text, tasks[title]), [text, which], "singular-values.json"
        )
    start.click(measure, [turn, text, which], [lines, summary], **LATEST)
    return [lines, summary]


def describe(measured: Mapping[str, JacobianNorms]) -> str:
    """Say in numbers what the figure shows.

    >>> describe({"rnn": JacobianNorms(("a", "b", "c"), (0.5, 1.25, 2.0), (1.0, 1.0, 1.0))})
    'The median step on this text stretches by at most **1.25** in the RNN (untrained: 1.00; above 1 at 2 of 3 tokens, \
at most 2.00). Where the gradient shrinks all the same, it seldom points the way that is stretched.'
    """
    cells = [
        f"**{median(norms.trained):.2f}** in the {cell.upper()} (untrained: {median(norms.untrained):.2f}; "
        f"above 1 at {sum(value > 1 for value in norms.trained)} of {len(norms.trained)} tokens, "
        f"at most {max(norms.trained):.2f})"
        for cell, norms in measured.items()
    ]
    return (
        f"The median step on this text stretches by at most {', '.join(cells)}. Where the gradient shrinks all the "
        "same, it seldom points the way that is stretched."
    )
