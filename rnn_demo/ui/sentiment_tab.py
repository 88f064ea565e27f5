"""Sentiment: a score, and the text coloured by how each token moved it."""

import gradio as gr
from scipy.special import expit, logit

from rnn_demo.microscope.attribution import Attribution
from rnn_demo.plots import Figure, draw_running_score
from rnn_demo.results import SentimentScore
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import (
    LATEST,
    SLOW_LATEST,
    RequestToken,
    build_request_counter,
    for_newest_request,
    shows_errors,
)
from rnn_demo.ui.shared.examples import SENTIMENT_TEXTS, build_examples, on_pick
from rnn_demo.ui.shared.export import build_export
from rnn_demo.ui.shared.highlights import Highlights, mark_runs, name_change
from rnn_demo.ui.shared.problems import build_problems
from rnn_demo.ui.shared.theme import MOVE_COLOURS

INTRO = (
    "The network reads a review from left to right and keeps changing its mind. **Look for the words that turn it:** "
    "`++` and `+` made it more positive, `−−` and `−` more negative."
)
WHY = (
    "Which tokens move the score from that of a text of empty tokens, which need not be neutral, to that of this text. "
    "Two methods that often disagree: the first follows the gradient from the one text to the other, the second leaves "
    "each token out in turn. **Look for words on which both agree.**"
)
SHARE, LARGE_SHARE = 0.15, 0.6
"""Logits; a token with a smaller share is left uncoloured."""
MOVE, LARGE_MOVE = 0.03, 0.12
"""A token that moves the score by less is left uncoloured; one that moves it by more gets the strong colour."""


def build_sentiment_tab(service: Service) -> None:
    """Lay out the tab."""
    build_problems(service.store, "sentiment")
    models = service.store.names("sentiment")
    if not models:
        return

    @shows_errors
    def score(
        turn: RequestToken, text: str, model: str
    ) -> tuple[str, Highlights, Figure, str, Highlights, Highlights, str]:
        result = service.score(text, model)
        no_reasons: tuple[Highlights, Highlights, str] = ([], [], "")  # what stands there is of another verdict
        before = service.score_before(model)
        moves = colour_moves(text, result, before)
        line = draw_running_score(result, before)
        turn.end()
        return describe(result), moves, line, text, *no_reasons

    @shows_errors
    @for_newest_request
    def explain(text: str, model: str) -> tuple[Highlights, Highlights, str]:
        found = service.attribute(text, model)
        falls = service.leave_one_out(text, model)
        ends = [found.tokens[0].start, *(token.end for token in found.tokens)]
        by_gradient = [None, *(name_change(token.attribution, SHARE, LARGE_SHARE) for token in found.tokens)]
        by_absence = [None] * (len(ends) - len(falls)) + [name_change(fall, SHARE, LARGE_SHARE) for fall in falls]
        return (
            mark_runs(text, zip(ends, by_gradient, strict=True)),
            mark_runs(text, zip(ends, by_absence, strict=True)),
            describe_shares(found, service.score(text[found.tokens[0].start :], model).score),
        )

    first_verdict, first_moves, first_line, *_ = score(RequestToken(), SENTIMENT_TEXTS[0], models[0])

    gr.Markdown(INTRO)
    text = gr.Textbox(SENTIMENT_TEXTS[0], label="Text", lines=3, max_lines=12)
    examples = build_examples(text, SENTIMENT_TEXTS)
    with gr.Row():
        model = gr.Dropdown(models, value=models[0], label="Model", filterable=False, visible=len(models) > 1)
        start = gr.Button("Score", variant="primary")
    verdict = gr.HTML(first_verdict, elem_id="verdict")
    moves = gr.HighlightedText(
        first_moves, label="How each token moved the score", color_map=MOVE_COLOURS, elem_id="moves"
    )
    gr.Markdown("**The score after each token**")
    line = gr.Plot(first_line, show_label=False, elem_id="running-score")
    read_text = gr.State(SENTIMENT_TEXTS[0])  # what stands in the textbox may be another by now
    build_export(service.score, [read_text, model], "running-score.json")

    with gr.Accordion("Why this verdict", open=False):
        gr.Markdown(WHY)
        why = gr.Button("Explain", variant="secondary")
        shares = gr.HighlightedText(label="By integrated gradients", color_map=MOVE_COLOURS, elem_id="shares")
        left_out = gr.HighlightedText(label="By leaving each token out", color_map=MOVE_COLOURS, elem_id="left-out")
        sums = gr.Markdown(elem_id="shares-sum")
        build_export(service.attribute, [read_text, model], "why-this-verdict.json")

    reasons = [shares, left_out, sums]
    outputs = [verdict, moves, line, read_text, *reasons]
    turn, counter = gr.State(RequestToken()), build_request_counter()
    triggers = [start.click, text.submit, model.change, counter.change]
    gr.on(triggers, score, [turn, text, model], outputs, **LATEST)
    on_pick(examples, text, counter)
    why.click(explain, [turn, read_text, model], reasons, **SLOW_LATEST)


def describe(result: SentimentScore) -> str:
    """Write the verdict: the label, the score, and a mark on a scale. Nothing that a visitor typed goes in here."""
    return (
        f'<div class="verdict"><b>{result.label}</b> score {result.score:.2f}'
        f'<div class="scale"><div class="mark" style="left:{result.score:.1%}"></div></div>'
        '<div class="ends"><span>0 negative</span><span>neutral</span><span>positive 1</span></div></div>'
    )


def describe_shares(found: Attribution, score: float) -> str:
    """Say in numbers from where to where the shares move the score.

    Args:
        found: the shares.
        score: of what they were computed of, the last tokens of a long text.

    >>> describe_shares(Attribution((), 0.07, 0.01), 0.66)
    'A text of as many empty tokens starts from P(positive) 0.64; the shares move it to 0.66, by +0.07 logits (added \
up, they are +0.08).'
    """
    start = expit(logit(score) - found.difference)
    return (
        f"A text of as many empty tokens starts from P(positive) {start:.2f}; the shares move it to {score:.2f}, by "
        f"{found.difference:+.2f} logits (added up, they are {found.difference + found.gap:+.2f})."
    )


def colour_moves(text: str, result: SentimentScore, first: float) -> Highlights:
    """Cut a text into runs of tokens that moved the score alike.

    Args:
        text: as typed; the parts, joined, give it back.
        result: its tokens' spans lie in the text.
        first: the score before the first token.
    """
    before = [first, *(token.score for token in result.tokens)]
    labels = [
        name_change(token.score - score, MOVE, LARGE_MOVE) for token, score in zip(result.tokens, before, strict=False)
    ]
    return mark_runs(text, zip((token.end for token in result.tokens), labels, strict=True))
