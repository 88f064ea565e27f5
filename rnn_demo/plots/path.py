"""What the figures of a trajectory share, in 2-D and 3-D: colours, scale, legend and the play button.

Gradio does not pass the frames of a figure to plotly, so the button itself holds them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnn_demo.microscope.trajectory import Trajectory
from rnn_demo.plots.style import GREY, GRID, INDIGO, ORANGE, token_label

LINES: tuple[dict[str, Any], ...] = (
    {"color": "#a3aec0", "dash": "solid", "symbol": "circle"},
    {"color": "#10b981", "dash": "dash", "symbol": "diamond"},
)
"""How the first text is drawn, and the second."""
MOST_LABELS = 60
"""Points of longer texts carry no names, as they would cover each other; hover names them."""
MOST_FRAMES = 60
"""A longer text is played several tokens at a time."""
NARROW_WIDTH, AXES_HEIGHT, LETTER, LINE, DOT, BESIDE = 300, 130, 8, 15, 6, 12
"""Pixels: the plot's width on a phone, the height of what is above and below it, letter and line, point, gap."""
SIDES = {"top center": (0, 1), "bottom center": (0, -1), "middle right": (1, 0), "middle left": (-1, 0)}
"""Where a name can be placed, best first: plotly's word, then the direction to the right and up."""
LONGEST_FRAME_MS, PLAY_MS = 600, 15_000


@dataclass(frozen=True)
class TracedPath:
    """The path of one text."""

    name: str
    """For the legend: the text, or its beginning."""
    tokens: tuple[str, ...]
    trajectory: Trajectory
    values: Sequence[float | str]
    """What each token is coloured by."""


@dataclass(frozen=True)
class Colouring:
    """How the points of a path are coloured: numbers on a scale, or names."""

    title: str
    scale: str | list[list[Any]] = ""
    """A colour scale of plotly's; empty for names."""
    low: float = 0
    high: float | None = None
    """None leaves room above the largest: the palest end of some scales is lost on a light page."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Name -> colour; other names are grey."""


BY_POSITION = Colouring("token", "Plasma", low=1)
BY_SCORE = Colouring("P(positive)", [[0, ORANGE], [0.5, "#a8b3c4"], [1, INDIGO]], high=1)
BY_SURPRISAL = Colouring("surprisal, bits", [[0, INDIGO], [0.35, "#a8b3c4"], [1, ORANGE]], high=16)


def text_label(text: str) -> str:
    """Escape a text for the legend, word by word like tokens.

    >>> text_label("not <b>good</b>")
    'not &lt;b&gt;good&lt;/b&gt;'
    """
    return " ".join(token_label(word) for word in text.split())


def mode_of(paths: Sequence[TracedPath]) -> str:
    """Return plotly's mode: with the names of the tokens where there are few."""
    few = sum(len(path.tokens) for path in paths) <= MOST_LABELS
    return "lines+markers+text" if few else "lines+markers"


def names_with_room(
    paths: Sequence[TracedPath], x_range: Sequence[float], y_range: Sequence[float], height: int
) -> list[dict[str, list[str]]]:
    """Name the points that have room on a phone, those after the longest steps first.

    Args:
        paths: one text or two, in the plane.
        x_range: the ends of the axis.
        y_range: the same.
        height: of the figure, pixels.

    Returns:
        For each path plotly's `text`, one name per token, empty where it would cover another; and `textposition`.
    """
    scale = NARROW_WIDTH / np.ptp(x_range), (height - AXES_HEIGHT) / np.ptp(y_range)
    places = [path.trajectory.points.astype(np.float64) * scale for path in paths]  # pixels
    steps = [np.linalg.norm(np.diff(points, axis=0, prepend=np.inf), axis=1) for points in places]
    named = [{"text": [""] * len(points), "textposition": ["top center"] * len(points)} for points in places]
    taken = [(x, y, DOT, DOT) for points in places for x, y in points]  # middle, width and height of points and names
    seen = set()  # as long as two texts are the same, so are their points
    tokens = [(i, j) for i, lengths in enumerate(steps) for j in range(len(lengths))]
    for i, j in sorted(tokens, key=lambda token: -steps[token[0]][token[1]]):
        name = token_label(paths[i].tokens[j])
        if (name, *places[i][j]) in seen:
            continue
        seen.add((name, *places[i][j]))
        width = LETTER * len(unescape(name))
        for side, (right, up) in SIDES.items():
            x, y = places[i][j] + (right * (width / 2 + BESIDE), up * BESIDE)
            if not any(2 * abs(x - x2) < width + w and 2 * abs(y - y2) < LINE + h for x2, y2, w, h in taken):
                taken.append((x, y, width, LINE))
                named[i]["text"][j], named[i]["textposition"][j] = name, side
                break
    return named


def marker_of(path: TracedPath, colouring: Colouring, size: int, symbol: str) -> dict[str, Any]:
    """Colour the points of a path."""
    marker: dict[str, Any] = {"size": size, "symbol": symbol, "line": {"color": GREY, "width": 1}}
    if colouring.scale:
        return {**marker, "color": list(path.values), "coloraxis": "coloraxis"}
    return {**marker, "color": [colouring.names.get(str(name), GREY) for name in path.values]}


def hover_rows(path: TracedPath, colouring: Colouring) -> list[list[Any]]:
    """Return number, name and value of each token."""
    return [
        [number, token_label(token), value_label(value, colouring)]
        for number, (token, value) in enumerate(zip(path.tokens, path.values, strict=True), 1)
    ]


def value_label(value: float | str, colouring: Colouring) -> str:
    """Return what a token is coloured by on a line of its own; nothing where the hover shows it anyway.

    >>> value_label(0.5, BY_SCORE), value_label("", Colouring("entity")), value_label(3, BY_POSITION)
    ('<br>P(positive): 0.5', '', '')
    """
    if colouring == BY_POSITION or value == "":
        return ""
    return f"<br>{colouring.title}: " + (token_label(value) if isinstance(value, str) else f"{value:.3g}")


def add_scale(figure: go.Figure, paths: Sequence[TracedPath], colouring: Colouring) -> None:
    """Add the key to the colours: a scale at the upper right, or names in the legend below, which also names two texts.

    The legend's entries are traces without points: plotly lists a path of several colours in black.
    """
    entries: list[dict[str, Any]] = []
    if len(paths) > 1:
        for path, line in zip(paths, LINES, strict=False):
            drawn = {"color": line["color"], "dash": line["dash"], "width": 3}
            marker = {"color": GREY, "symbol": line["symbol"], "size": 7}
            entries.append({"name": text_label(path.name), "mode": "lines+markers", "line": drawn, "marker": marker})
    if colouring.scale:
        largest = max(float(value) for path in paths for value in path.values)
        high = colouring.high if colouring.high is not None else max(largest, colouring.low + 1) * 1.15
        bar = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom", "len": 0.5, "nticks": 4}
        bar |= {"thickness": 8, "outlinewidth": 0, "title": {"text": colouring.title, "side": "top"}}
        figure.update_layout(
            coloraxis={"colorscale": colouring.scale, "cmin": colouring.low, "cmax": high, "colorbar": bar}
        )
    else:
        for name in dict.fromkeys(str(value) for path in paths for value in path.values if value):
            marker = {"color": colouring.names.get(name, GREY), "size": 7}
            entries.append({"name": text_label(name), "mode": "markers", "marker": marker})
    in_space = paths[0].trajectory.points.shape[1] == 3
    nowhere = {axis: [None] for axis in ("xyz" if in_space else "xy")}
    for entry in entries:
        figure.add_trace({"type": "scatter3d" if in_space else "scatter", **nowhere, **entry})
    legend = {"orientation": "h", "y": -0.14, "yanchor": "top", "x": 0}
    figure.update_layout(legend=legend, showlegend=bool(entries))


def frame_ends(num_tokens: int) -> list[int]:
    """Return after how many tokens each frame ends: every token, or MOST_FRAMES steps of a longer text.

    >>> frame_ends(3), len(frame_ends(2000)), frame_ends(2000)[-1]
    ([1, 2, 3], 60, 2000)
    """
    num_frames = min(num_tokens, MOST_FRAMES)
    return [-(-num_tokens * (i + 1) // num_frames) for i in range(num_frames)]


def add_play_button(figure: go.Figure, coordinates: Sequence[dict[str, list[float]]], first: int = 0) -> None:
    """Add a button that draws the paths token by token, and one that stops it.

    Args:
        figure: holds a trace for each path, one after the other.
        coordinates: of each path, by axis.
        first: the number of the first path's trace.
    """
    ends = frame_ends(max(len(path["x"]) for path in coordinates))
    traces = list(range(first, first + len(coordinates)))
    frames = [
        {"data": [{axis: values[:end] for axis, values in path.items()} for path in coordinates], "traces": traces}
        for end in ends
    ]
    duration = min(LONGEST_FRAME_MS, PLAY_MS // len(ends))
    # without a redraw plotly loses the density behind the paths
    play = {"frame": {"duration": duration, "redraw": True}, "transition": {"duration": 0}, "mode": "immediate"}
    buttons = [
        {"label": "▶ play", "method": "animate", "args": [frames, play]},
        {"label": "❚❚", "method": "animate", "args": [[None], play]},
    ]
    place = {"x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "pad": {"t": 0, "b": 6, "l": 0}}
    look = {"bgcolor": "rgba(148,163,184,.12)", "bordercolor": GRID, "font": {"color": GREY, "size": 13}}
    figure.update_layout(
        updatemenus=[
            {"type": "buttons", "direction": "right", "showactive": False, "buttons": buttons, **place, **look}
        ],
    )
