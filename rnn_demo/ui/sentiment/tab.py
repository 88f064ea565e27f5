"""Sentiment: a score, and the text coloured by how each token moved it."""

import gradio as gr
import torch

from rnn_demo.microscope.attribution import Attribution
from rnn_demo.plots import Figure, draw_running_score
from rnn_demo.results import SentimentScore
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import (
    LATEST,
    SLOW_LATEST,
    RequestToken,
    build_request_counter,
    clears_on_empty,
    for_newest_request,
    shows_errors,
)
from rnn_demo.ui.shared.examples import SENTIMENT_TEXTS, on_pick
from rnn_demo.ui.shared.export import attribution_numbers, build_export
from rnn_demo.ui.shared.highlights import Highlights, mark_runs, name_change
from rnn_demo.ui.shared.layout import TabFields, build_text_input
from rnn_demo.ui.shared.problems import build_problems
from rnn_demo.ui.shared.theme import MOVE_COLOURS

INTRO = (
    "The network reads from left to right and updates its score after every token: **look for the words that turn it.**"
)
WHY = (
    "Which tokens account for the score, compared with a blank input? (A blank input does not always score neutral.) "
    "Two methods that often disagree: integrated gradients follow the gradient from the blank input to your text, "
    "leave-one-out leaves out each token in turn. **Look for words on which both agree.**"
)
SMALL, LARGE = 0.15, 0.6
"""Logits: tokens with a smaller attribution are not coloured, those from LARGE on get the strong colour."""
SMALL_MOVE, LARGE_MOVE = 0.03, 0.12
"""P(positive): the same for what a token changes in the running score."""


def build_sentiment_tab(service: Service) -> TabFields | None:
    """Lay out the tab."""
    build_problems(service.store, "sentiment")
    models = service.store.names("sentiment")
    if not models:
        return None

    @shows_errors
    @clears_on_empty(None, None, None, "", None, None, None)
    def score(
        turn: RequestToken, text: str, model: str
    ) -> tuple[str, Highlights, Figure, str, Highlights, Highlights, str]:
        turn.end()
        result = service.score(text, model)
        no_reasons: tuple[Highlights, Highlights, str] = ([], [], "")  # they explain the score before
        before = service.score_before(model)
        moves = colour_moves(text, result, before)
        line = draw_running_score(result, before)
        return describe(result), moves, line, text, *no_reasons

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

    first_verdict, first_moves, first_line, *_ = score(RequestToken(), SENTIMENT_TEXTS[0], models[0])

    text, model, start, examples, note = build_text_input(
        INTRO, SENTIMENT_TEXTS, "Score", service.store.choices("sentiment")
    )
    verdict = gr.HTML(first_verdict, elem_id="verdict")
    moves = gr.HighlightedText(
        first_moves, label="How each token moved the score", color_map=MOVE_COLOURS, elem_id="moves"
    )
    gr.Markdown("**The score after each token**")
    line = gr.Plot(first_line, show_label=False, elem_id="running-score")
    read_text = gr.State(SENTIMENT_TEXTS[0])  # the textbox may have changed since
    build_export(service.score, [read_text, model], "running-score.json")

    with gr.Accordion("Why this score", open=False):
        gr.Markdown(WHY)
        why = gr.Button("Explain", variant="secondary")
        shares = gr.HighlightedText(label="Integrated gradients", color_map=MOVE_COLOURS, elem_id="shares")
        left_out = gr.HighlightedText(label="Leave-one-out", color_map=MOVE_COLOURS, elem_id="left-out")
        sums = gr.Markdown(elem_id="shares-sum")
        build_export(
            lambda text, model: attribution_numbers(service.attribute(text, model)),
            [read_text, model],
            "why-this-score.json",
        )

    reasons = [shares, left_out, sums]
    outputs = [verdict, moves, line, read_text, *reasons, note]
    turn, counter = gr.State(RequestToken()), build_request_counter()
    triggers = [start.click, text.submit, model.change, counter.change]
    gr.on(triggers, score, [turn, text, model], outputs, **LATEST)
    on_pick(examples, text, counter)
    why.click(explain, [turn, read_text, model], reasons, **SLOW_LATEST)
    return TabFields(counter, text, {"model": model})


def describe(result: SentimentScore) -> str:
    """Return the label, the score and a mark on a scale, as HTML. The visitor's own words are never part of it."""
    return (
        f'<div class="verdict"><b>{result.label}</b> score {result.score:.2f}'
        f'<div class="scale"><div class="mark" style="left:{result.score:.1%}"></div></div>'
        '<div class="ends"><span>0 negative</span><span>neutral</span><span>positive 1</span></div></div>'
    )


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


def colour_moves(text: str, result: SentimentScore, first: float) -> Highlights:
    """Cut a text into runs of tokens that moved the score by about as much; joined, the parts are the text.

    Args:
        text: as typed.
        result: its tokens' spans lie in the text.
        first: the score before the first token.
    """
    before = [first, *(token.score for token in result.tokens)]
    labels = [
        name_change(token.score - score, SMALL_MOVE, LARGE_MOVE)
        for token, score in zip(result.tokens, before, strict=False)
    ]
    return mark_runs(text, zip((token.end for token in result.tokens), labels, strict=True))
