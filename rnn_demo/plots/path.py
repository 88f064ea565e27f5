"""The common parts of trajectory figures in 2-D and 3-D: colours, scale, legend, and what the page needs to walk them.

A path is drawn twice: all of it, and the trail behind the newest word, which is empty while all is shown. Gradio does
not pass frames to plotly, so the page moves the points itself: see ui/hidden_states/steps.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnn_demo.microscope.trajectory import Trajectory
from rnn_demo.plots.style import GREY, INDIGO, ORANGE, token_label

LINES: tuple[dict[str, Any], ...] = (
    {"color": "#a3aec0", "dash": "solid", "symbol": "circle"},
    {"color": "#10b981", "dash": "dash", "symbol": "diamond"},
    {"color": "#ec4899", "dash": "dot", "symbol": "square"},
    {"color": "#0ea5e9", "dash": "dashdot", "symbol": "triangle-up"},
)
"""The styles of the texts, in their order."""
MAX_LABELS = 60
"""With more points, tokens appear only on hover: their labels would overlap."""
JUMP = 1.25
"""A label stands where a step is that many times the median step, and at both ends of a path."""
NARROW_WIDTH, AXES_HEIGHT, LETTER, LINE, DOT, BESIDE = 300, 130, 8, 15, 6, 12
"""Pixels: the plot's width on a phone, the height above and below the plot, letter, line, point, gap."""
SIDES = {"top center": (0, 1), "bottom center": (0, -1), "middle right": (1, 0), "middle left": (-1, 0)}
"""Positions of a label, best first: plotly's name -> direction to the right and up."""


@dataclass(frozen=True)
class TracedPath:
    """The path of one text."""

    name: str
    """The text or its beginning, for the legend."""
    tokens: tuple[str, ...]
    trajectory: Trajectory
    values: Sequence[float | str]
    """The numbers or names that set the colour of each token."""


@dataclass(frozen=True)
class Colouring:
    """The colours of the points of a path: a scale for numbers, or a colour per name."""

    title: str
    scale: str | list[list[Any]] = ""
    """A plotly colour scale; empty for names."""
    low: float = 0
    high: float | None = None
    """None leaves room above the largest value: the palest end of some scales disappears on a light page."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Name -> colour; other names are grey."""


BY_POSITION = Colouring("token", "Plasma", low=1)
BY_SCORE = Colouring("P(positive)", [[0, ORANGE], [0.5, "#a8b3c4"], [1, INDIGO]], high=1)
BY_SURPRISAL = Colouring("surprisal, bits", [[0, INDIGO], [0.35, "#a8b3c4"], [1, ORANGE]], high=16)


def text_label(text: str) -> str:
    """Return a text as a legend label, escaped word by word like tokens.

    >>> text_label("not <b>good</b>")
    'not &lt;b&gt;good&lt;/b&gt;'
    """
    return " ".join(token_label(word) for word in text.split())


def mode_of(paths: Sequence[TracedPath]) -> str:
    """Return plotly's mode; a short text has labels."""
    few = sum(len(path.tokens) for path in paths) <= MAX_LABELS
    return "lines+markers+text" if few else "lines+markers"


def labels_with_room(
    paths: Sequence[TracedPath], x_range: Sequence[float], y_range: Sequence[float], height: int
) -> list[dict[str, list[str]]]:
    """Label the jumps that have room on a phone, the longest first.

    Args:
        paths: in the plane.
        x_range: the ends of the x axis.
        y_range: the ends of the y axis.
        height: of the figure, pixels.

    Returns:
        For each path plotly's `text`, a label per token, empty where it would cover another; and `textposition`.
    """
    scale = NARROW_WIDTH / np.ptp(x_range), (height - AXES_HEIGHT) / np.ptp(y_range)
    positions = [path.trajectory.points.astype(np.float64) * scale for path in paths]  # pixels
    steps = [np.linalg.norm(np.diff(points, axis=0, prepend=np.inf), axis=1) for points in positions]
    labels = [{"text": [""] * len(points), "textposition": ["top center"] * len(points)} for points in positions]
    taken = [(x, y, DOT, DOT) for points in positions for x, y in points]  # centre, width, height of points and labels
    seen = set()  # while two texts are equal, so are their points
    tokens = [(i, j) for i, path in enumerate(paths) for j in jumps_of(path.trajectory.points)]
    for i, j in sorted(tokens, key=lambda token: -steps[token[0]][token[1]]):
        name = token_label(paths[i].tokens[j])
        if (name, *positions[i][j]) in seen:
            continue
        seen.add((name, *positions[i][j]))
        width = LETTER * len(unescape(name))
        for side, (right, up) in SIDES.items():
            x, y = positions[i][j] + (right * (width / 2 + BESIDE), up * BESIDE)
            if not any(2 * abs(x - x2) < width + w and 2 * abs(y - y2) < LINE + h for x2, y2, w, h in taken):
                taken.append((x, y, width, LINE))
                labels[i]["text"][j], labels[i]["textposition"][j] = name, side
                break
    return labels


def marker_of(path: TracedPath, colouring: Colouring, size: int, symbol: str) -> dict[str, Any]:
    """Return plotly's marker for the points of a path."""
    marker: dict[str, Any] = {"size": size, "symbol": symbol, "line": {"color": GREY, "width": 1}}
    if colouring.scale:
        return {**marker, "color": list(path.values), "coloraxis": "coloraxis"}
    return {**marker, "color": [colouring.names.get(str(name), GREY) for name in path.values]}


def hover_rows(path: TracedPath, colouring: Colouring) -> list[list[Any]]:
    """Return the number, label and value of each token."""
    return [
        [number, token_label(token), value_label(value, colouring)]
        for number, (token, value) in enumerate(zip(path.tokens, path.values, strict=True), 1)
    ]


def value_label(value: float | str, colouring: Colouring) -> str:
    """Return the value that colours a token as a hover line; nothing if the hover shows it anyway.

    >>> value_label(0.5, BY_SCORE), value_label("", Colouring("entity")), value_label(3, BY_POSITION)
    ('<br>P(positive): 0.5', '', '')
    """
    if colouring == BY_POSITION or value == "":
        return ""
    return f"<br>{colouring.title}: " + (token_label(value) if isinstance(value, str) else f"{value:.3g}")


def add_scale(figure: go.Figure, paths: Sequence[TracedPath], colouring: Colouring) -> None:
    """Add a colour scale at the upper right, or names in a legend below, also of several texts.

    Legend entries are traces without points: plotly would list a path of several colours in black.
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


def add_walk(figure: go.Figure, coordinates: Sequence[dict[str, list[float]]], size: int, first: int = 0) -> None:
    """Add the trails of paths that are already drawn, and what the page needs to walk them.

    Args:
        figure: has a trace per path, in consecutive order.
        coordinates: per path, axis -> values.
        size: of a point, pixels.
        first: the index of the first path's trace.
    """
    drawn, others = list(figure.data[first:]), list(figure.data[:first])
    trails = [trace.__class__(trace) for trace in drawn]
    for trail, path in zip(trails, coordinates, strict=True):
        trail.update({axis: [None] * len(values) for axis, values in path.items()}, showlegend=False)
        trail.line.width *= 2
    figure.data = ()
    figure.add_traces([*others, *(trace for pair in zip(drawn, trails, strict=True) for trace in pair)])
    nothing = {"type": "buttons", "bgcolor": "rgba(0,0,0,0)", "borderwidth": 0, "x": 0, "y": 0, "pad": {"t": 0}}
    button = {"label": " ", "method": "skip", "args": []}
    meta = {"paths": list(coordinates), "first": first, "size": size}
    figure.update_layout(meta=meta, updatemenus=[{**nothing, "buttons": [button]}])


def jumps_of(points: np.ndarray) -> list[int]:
    """Return the points of a path that are worth a label: both ends, and those after a long step.

    Args:
        points: float (point, axis).

    >>> jumps_of(np.array([[0.0], [1.0], [2.0], [9.0], [10.0], [11.0]]))
    [0, 3, 5]
    """
    steps = np.linalg.norm(np.diff(points.astype(np.float64), axis=0), axis=1)
    long = steps >= JUMP * np.median(steps) if len(steps) else steps > 0
    return sorted({0, *(np.flatnonzero(long) + 1).tolist(), len(points) - 1})
