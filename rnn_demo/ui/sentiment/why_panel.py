"""Why this score: which tokens account for it; an accordion of the Sentiment tab."""

import gradio as gr
import torch
from gradio.components import Component

from rnn_demo.microscope.attribution import Attribution
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import SLOW_LATEST, for_newest_request, shows_errors
from rnn_demo.ui.shared.export import attribution_numbers, build_export
from rnn_demo.ui.shared.highlights import Highlights, mark_runs, name_change
from rnn_demo.ui.shared.theme import MOVE_COLOURS

INTRO = (
    "Which tokens account for the score, compared with a blank input? (A blank input does not always score neutral.) "
    "Two methods that often disagree: integrated gradients follow the gradient from the blank input to your text, "
    "leave-one-out leaves out each token in turn. **Look for words on which both agree.**"
)
SMALL, LARGE = 0.15, 0.6
"""Logits: tokens with a smaller attribution are not coloured, those from LARGE on get the strong colour."""
NOTHING: tuple[Highlights, Highlights, str] = ([], [], "")
"""What stands in the accordion before Explain is pressed."""


def build_why_score_panel(service: Service, turn: gr.State, read_text: gr.State, model: gr.Dropdown) -> list[Component]:
    """Lay out the accordion.

    Args:
        service: answers.
        turn: ended when another text is scored.
        read_text: the text whose score is on the page; the textbox may have changed since.
        model: scored it.

    Returns:
        What NOTHING empties.
    """

    @shows_errors
    @for_newest_request
    def explain(text: str, model: str) -> tuple[Highlights, Highlights, str]:
        attribution = service.attribute(text, model)
        drops = service.leave_one_out(text, model)
        ends = [attribution.tokens[0].start, *(token.end for token in attribution.tokens)]
        by_gradient = [None, *(name_change(token.attribution, SMALL, LARGE) for token in attribution.tokens)]
        by_absence = [None] * (len(ends) - len(drops)) + [
            name_change(token.attribution, SMALL, LARGE) for token in drops
        ]
        return (
            mark_runs(text, zip(ends, by_gradient, strict=True)),
            mark_runs(text, zip(ends, by_absence, strict=True)),
            describe_attribution(attribution),
        )

    with gr.Accordion("Why this score", open=False):
        gr.Markdown(INTRO)
        why = gr.Button("Explain", variant="secondary")
        shares = gr.HighlightedText(label="Integrated gradients", color_map=MOVE_COLOURS, elem_id="shares")
        left_out = gr.HighlightedText(label="Leave-one-out", color_map=MOVE_COLOURS, elem_id="left-out")
        sums = gr.Markdown(elem_id="shares-sum")
        build_export(
            lambda text, model: attribution_numbers(service.attribute(text, model)),
            [read_text, model],
            "why-this-score.json",
        )
    why.click(explain, [turn, read_text, model], [shares, left_out, sums], **SLOW_LATEST)
    return [shares, left_out, sums]


def describe_attribution(attribution: Attribution) -> str:
    """Return from where to where the attributions move the score.

    >>> describe_attribution(Attribution((), 0.07, 0.01, 0.66))
    'A blank input of the same length scores 0.64. The attributions move the score to 0.66, by +0.07 logits (they add \
up to +0.08).'
    """
    start, score = torch.tensor([attribution.logit - attribution.difference, attribution.logit]).sigmoid().tolist()
    total = attribution.difference + attribution.completeness_error
    return (
        f"A blank input of the same length scores {start:.2f}. The attributions move the score to {score:.2f}, by "
        f"{attribution.difference:+.2f} logits (they add up to {total:+.2f})."
    )
