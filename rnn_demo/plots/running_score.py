"""P(positive) after each token of a text."""

from itertools import pairwise

import plotly.graph_objects as go

from rnn_demo.plots.style import INDIGO, base_figure, token_label
from rnn_demo.results import SentimentScore

__all__ = ["draw_running_score"]

MOST_MARKERS = 80
NUM_NAMED = 6
"""Tokens that are named in the figure: those that moved the score most. Hover tells the others."""


def draw_running_score(result: SentimentScore) -> go.Figure:
    """Draw the score as a line over the tokens; the band is what counts as neutral.

    Args:
        result: one token or more.
    """
    labels = [token_label(token.token) for token in result.tokens]
    scores = [token.score for token in result.tokens]
    moves = [0.0, *(abs(after - before) for before, after in pairwise(scores))]
    named = sorted(range(len(moves)), key=moves.__getitem__)[-NUM_NAMED:]
    figure = base_figure(height=260)
    figure.add_hrect(y0=0.4, y1=0.6, fillcolor="rgba(148,163,184,.18)", line_width=0)
    figure.add_scatter(
        x=list(range(1, len(labels) + 1)),
        y=scores,
        mode="lines+markers+text" if len(labels) <= MOST_MARKERS else "lines+text",
        text=[label if place in named and moves[place] > 0 else "" for place, label in enumerate(labels)],
        textposition=["bottom center" if score > 0.8 else "top center" for score in scores],
        cliponaxis=False,
        line={"color": INDIGO, "width": 2},
        customdata=labels,
        hovertemplate="after token %{x}, <b>%{customdata}</b>: %{y:.3f}<extra></extra>",
    )
    figure.update_xaxes(title={"text": "tokens read", "font": {"size": 12}}, showgrid=False, nticks=8)
    figure.update_yaxes(
        range=[-0.03, 1.03], tickvals=[0, 0.4, 0.6, 1], ticktext=["negative 0", "0.4", "0.6", "positive 1"]
    )
    return figure
