"""P(positive) after each token of a text."""

from collections.abc import Sequence
from itertools import pairwise

import plotly.graph_objects as go

from rnn_demo.plots.style import INDIGO, base_figure, token_label
from rnn_demo.results import SentimentScore

MAX_MARKERS = 80
NUM_LABELS = 6
"""The figure labels the tokens that moved the score most; the others appear on hover."""


def draw_running_score(result: SentimentScore, before: float) -> go.Figure:
    """Draw the score as a line over the tokens, with a band for neutral scores.

    Args:
        result: has a token or more.
        before: the score before the first token, drawn at 0; not always neutral.
    """
    scores = [before, *(token.score for token in result.tokens)]
    names = ["", *(token_label(token.token) for token in result.tokens)]
    moves = [0.0, *(abs(here - last) for last, here in pairwise(scores))]
    labelled = sorted(range(len(moves)), key=moves.__getitem__)[-NUM_LABELS:]
    texts = [name if i in labelled and moves[i] > 0 else "" for i, name in enumerate(names)]
    figure = base_figure(260, "sentiment-running-score")
    figure.add_hrect(y0=0.4, y1=0.6, fillcolor="rgba(148,163,184,.18)", line_width=0)
    figure.add_scatter(
        x=list(range(len(scores))),
        y=scores,
        mode="lines+markers+text" if len(names) <= MAX_MARKERS else "lines+text",
        text=[f"{before:.2f}", *texts[1:]],
        textposition=label_positions(scores),
        cliponaxis=False,
        line={"color": INDIGO, "width": 2},
        marker={"symbol": ["circle-open", *["circle"] * len(result.tokens)]},
        customdata=[
            "before reading",
            *(f"after token {i}, <b>{name}</b>" for i, name in enumerate(names) if i),
        ],
        hovertemplate="%{customdata}: %{y:.3f}<extra></extra>",
    )
    title = {"text": "tokens read (0: before reading)", "font": {"size": 12}}
    figure.update_xaxes(title=title, showgrid=False, nticks=8)
    figure.update_yaxes(
        range=[-0.12, 1.12],  # room for labels above 1 and below 0
        tickvals=[0, 0.4, 0.6, 1],
        ticktext=["negative 0", "0.4", "0.6", "positive 1"],
    )
    return figure


def label_positions(scores: Sequence[float]) -> list[str]:
    """Return the position of each point's label, on a side without the line.

    Args:
        scores: the heights of the points.

    >>> label_positions([0.5, 0.9, 0.7, 0.1, 0.4, 0.8])
    ['bottom center', 'top center', 'top right', 'bottom center', 'top left', 'top center']
    """
    around = zip([scores[0], *scores], scores, [*scores[1:], scores[-1]], strict=False)
    return [label_position(last, here, following) for last, here, following in around]


def label_position(last: float, here: float, following: float) -> str:
    """Return the position of a point's label, from its height and those of its neighbours."""
    if here >= max(last, following):
        return "top center"
    if here <= min(last, following):
        return "bottom center"
    return "top left" if last < following else "top right"
