"""P(positive) of a text so far, after each of its words, for one model or several."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import plotly.graph_objects as go

from rnn_demo.plots.axes import label_line_ends, put_words_on_axis, shorten_label
from rnn_demo.plots.style import INDIGO, base_figure, line_styles, token_label

MAX_MARKERS = 80
NUM_LABELS = 6
"""The words that moved the score of a single line most are labelled at the line too."""
NEUTRAL = (0.4, 0.6)
TICKS = (1e-6, 1e-4, 0.01, 0.1, 0.5, 0.9, 0.99, 1 - 1e-4, 1 - 1e-6)
"""P(positive) on the axis of log-odds."""
LEAST = 1e-7
"""A float32 probability this near to 0 or 1 has no log-odds."""


@dataclass(frozen=True)
class RunningScore:
    """The line of one model."""

    name: str
    cell: str
    before: float
    """The score before the first word; not always neutral."""
    scores: Sequence[float]
    """After each word."""


def draw_running_score(words: Sequence[str], lines: Sequence[RunningScore], log_odds: bool = False) -> go.Figure:
    """Draw the scores over the words, with a band for neutral scores.

    Args:
        words: one or more, as they stand in the text.
        lines: one or more; of several, each has its name and its last score at its end.
        log_odds: show how scores near 0 and 1 still move: log(p / (1 - p)).
    """
    figure = base_figure(300, "sentiment-running-score")
    scale = to_log_odds if log_odds else float
    figure.add_hrect(y0=scale(NEUTRAL[0]), y1=scale(NEUTRAL[1]), fillcolor="rgba(148,163,184,.18)", line_width=0)
    alone = len(lines) == 1
    styles = {lines[0].name: {"color": INDIGO}} if alone else line_styles({line.name: line.cell for line in lines})
    labels = ["before reading", *(f"after <b>{token_label(word)}</b>" for word in words)]
    for line in lines:
        scores = [line.before, *line.scores]
        heights = [scale(score) for score in scores]
        figure.add_scatter(
            x=list(range(len(scores))),
            y=heights,
            name=f"{escape(line.name)} {scores[-1]:.2f}",
            mode="+".join(["lines", *["markers"] * (len(words) <= MAX_MARKERS), *["text"] * alone]),
            text=label_moves(words, scores) if alone else None,
            textposition=label_positions(heights),
            cliponaxis=False,
            line={"width": 2, **styles[line.name]},
            marker={"symbol": ["circle-open", *["circle"] * len(words)]},
            customdata=list(zip(labels, scores, strict=True)),
            hovertemplate="%{customdata[0]}: %{customdata[1]:.3f}" + (" (%{y:+.1f} log-odds)" if log_odds else ""),
            hoverlabel={"namelength": -1},
        )
    put_words_on_axis(figure, ["(start)", *words])
    figure.update_xaxes(range=[-0.6, len(words) + 0.6])
    label_scores(figure, log_odds)
    if not alone:
        label_line_ends(figure)
    return figure


def to_log_odds(score: float) -> float:
    """Return log(p / (1 - p)), nats.

    >>> round(to_log_odds(0.9), 2), round(to_log_odds(1.0), 1)
    (2.2, 16.1)
    """
    score = min(max(score, LEAST), 1 - LEAST)
    return math.log(score / (1 - score))


def label_scores(figure: go.Figure, log_odds: bool) -> None:
    """Label the y axis with scores, with room for labels above the highest and below the lowest."""
    if not log_odds:
        ticks = {"tickvals": [0, 0.4, 0.6, 1], "ticktext": ["negative 0", "0.4", "0.6", "positive 1"]}
        figure.update_yaxes(range=[-0.12, 1.12], **ticks)
        return
    most = 1.2 * max([3.0, *(abs(height) for line in figure.data for height in line.y)])
    figure.update_yaxes(
        range=[-most, most],
        tickvals=[to_log_odds(score) for score in TICKS],
        ticktext=[f"{score:.6g}" for score in TICKS],
        title={"text": "score, on the scale of log-odds", "font": {"size": 12}},
    )


def label_moves(words: Sequence[str], scores: Sequence[float]) -> list[str]:
    """Return the label of each point: the score at the start, then the words that moved it most.

    Args:
        words: as they stand in the text.
        scores: before the first word, and after each.
    """
    moves = [abs(here - last) for last, here in pairwise(scores)]
    labelled = sorted(range(len(words)), key=moves.__getitem__)[-NUM_LABELS:]
    names = [shorten_label(word) if i in labelled and moves[i] > 0 else "" for i, word in enumerate(words)]
    return [f"{scores[0]:.2f}", *names]


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
