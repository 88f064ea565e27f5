"""Words on an axis, and names at the ends of lines instead of a legend."""

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from rnn_demo.graphemes import graphemes, width_of
from rnn_demo.plots.style import token_label

MAX_WORDS = 60
"""Of more words every second, third, .. has a label. A phone shows fewer still: see `RULES` in ui/shared/theme.py."""
MAX_WIDTH = 14
"""Letters of a label; a wide letter, such as a Chinese one, counts twice."""
NAME_WIDTH, LETTER, LINE = 13, 7.5, 15
"""Of the names at the ends of lines: letters in a line of text, pixels of a letter and of a line of text."""
AXIS_HEIGHT = 90
"""Pixels that an axis with upright words takes; with fewer, names stand farther apart than they must."""


def put_words_on_axis(figure: go.Figure, words: Sequence[str], *, axis: str = "x", first: int = 0) -> None:
    """Label an axis with words: all where they fit, else every second, third, ..; the others appear on hover.

    Plotly writes them level where there is room and turns them where there is not, so the figure needs no width.

    Args:
        figure: its traces give the words in full on hover, as `token_label` returns them.
        words: as they stand in the text.
        axis: x or y.
        first: where the first word stands on the axis; the others follow at distance 1.
    """
    step = -(-len(words) // MAX_WORDS) or 1
    kept = range(0, len(words), step)
    labels = [shorten_label(words[i]) for i in kept]
    ticks: dict[str, Any] = {"tickmode": "array", "tickvals": [first + i for i in kept], "ticktext": labels}
    if axis == "x":
        figure.update_xaxes(**ticks, autotickangles=[0, -45, -90], showgrid=False, ticklabelstandoff=4)
    else:
        figure.update_yaxes(**ticks, showgrid=False)


def shorten_label(word: str, most: int = MAX_WIDTH) -> str:
    """Return a word as a label, cut with … where it is wide; never within an emoji or before its accents.

    >>> shorten_label(" the"), shorten_label(" Donaudampfschifffahrt"), shorten_label("a<bc", 3)
    ('the', 'Donaudampfsch…', 'a&lt;…')
    >>> shorten_label("我喜欢这部电影"), shorten_label("👩‍👩‍👧👩‍👩‍👧", 3)
    ('我喜欢这部电影', '👩‍👩‍👧…')
    """
    if width_of(word.strip()) <= most:
        return token_label(word)
    start = ""
    for part in graphemes(word.strip()):
        if width_of(start + part) >= most:
            break
        start += part
    return token_label(start) + "…"


def label_line_ends(figure: go.Figure) -> None:
    """Write each line's name at its right end, instead of a legend; names move apart where they would overlap.

    A dot in the line's colour stands before the name, which has the page's text colour and so enough contrast.

    Args:
        figure: has its height, its names escaped, and its lines; those with showlegend=False get no name. The range of
            its y axis is set around the lines where it has none.
    """
    lines = [line for line in figure.data if line.name and line.showlegend is not False and has_values(line)]
    names = [wrap_name(line.name) for line in lines]
    low, high = y_range(figure, lines)
    figure.update_layout(showlegend=False, yaxis_range=[low, high])
    if not figure.layout.xaxis.range and lines:  # plotly would make room for the names within the axis, too
        figure.update_xaxes(range=[min(min(line.x) for line in lines), max(max(line.x) for line in lines)])
    heights = [(on_axis(figure, last_value(line)) - low) / ((high - low) or 1.0) for line in lines]
    margin = figure.layout.margin
    plot_height = figure.layout.height - (margin.t or 0) - (margin.b or 0) - AXIS_HEIGHT
    sizes = [(name.count("<br>") + 1) * LINE / plot_height for name in names]
    for line, name, height in zip(lines, names, spread_apart(heights, sizes), strict=True):
        colour = line.line.color or (line.marker.color if isinstance(line.marker.color, str) else "")
        figure.add_annotation(
            x=list(line.x)[-1],
            y=height,
            yref="paper",
            xanchor="left",
            xshift=8,
            align="left",
            showarrow=False,
            text=f'<span style="color:{colour}">●</span> {name}',
        )
    widest = max((len(part) for name in names for part in name.split("<br>")), default=0)
    figure.update_layout(margin_r=max(margin.r or 0, round((widest + 2) * LETTER) + 12))


def has_values(line: Any) -> bool:
    """Return whether a trace has a point that is drawn."""
    return any(value is not None and math.isfinite(value) for value in line.y)


def last_value(line: Any) -> float:
    """Return the height at which a line ends."""
    return next(float(value) for value in reversed(line.y) if value is not None and math.isfinite(value))


def on_axis(figure: go.Figure, value: float) -> float:
    """Return a value as the range of the y axis counts it: plotly gives a logarithmic one in decades."""
    return math.log10(value) if figure.layout.yaxis.type == "log" else value


def y_range(figure: go.Figure, lines: Sequence[Any]) -> tuple[float, float]:
    """Return the range of the y axis: its own, or one around the lines."""
    if figure.layout.yaxis.range:
        low, high = figure.layout.yaxis.range
        return float(low), float(high)
    values = [
        on_axis(figure, value) for line in lines for value in line.y if value is not None and math.isfinite(value)
    ]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def spread_apart(centres: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Move intervals on a line apart until none overlap, each as little as possible, and their order stays.

    Intervals that touch become one group, which lies where its members would on average.

    Args:
        centres: where each would lie.
        sizes: the length of each.

    >>> spread_apart([0.5, 0.5, 0.9], [0.25, 0.25, 0.1])
    [0.375, 0.625, 0.9]
    """
    order = sorted(range(len(centres)), key=centres.__getitem__)
    groups: list[tuple[float, list[int]]] = []
    for i in order:
        groups.append((centres[i], [i]))
        while len(groups) > 1 and overlap(groups[-2], groups[-1], sizes):
            (below, members), (above, others) = groups[-2:]
            middle = (below * len(members) + above * len(others)) / (len(members) + len(others))
            groups[-2:] = [(middle, members + others)]
    placed = dict.fromkeys(order, 0.0)
    for middle, members in groups:
        edge = middle - sum(sizes[i] for i in members) / 2
        for i in members:
            placed[i] = edge + sizes[i] / 2
            edge += sizes[i]
    return [placed[i] for i in range(len(centres))]


def overlap(below: tuple[float, list[int]], above: tuple[float, list[int]], sizes: Sequence[float]) -> bool:
    """Return whether two groups of intervals overlap."""
    (low, members), (high, others) = below, above
    return high - low < (sum(sizes[i] for i in members) + sum(sizes[i] for i in others)) / 2


def wrap_name(name: str, most: int = NAME_WIDTH) -> str:
    """Break a name into short lines.

    Args:
        name: escaped as HTML.
        most: letters in a line, unless a word is longer.

    >>> wrap_name("LSTM, trained like the others")
    'LSTM, trained<br>like the<br>others'
    """
    lines: list[str] = []
    for word in name.split():
        if lines and len(lines[-1]) + len(word) < most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "<br>".join(lines)
