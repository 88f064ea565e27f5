"""The line attractor: states along texts, fixed points, slow modes and time constants, trained and untrained."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from rnn_demo.microscope.fixed_points import FixedPoints
from rnn_demo.plots.style import GREY, GRID, INDIGO, ORANGE, base_figure, log_axis

READOUT_COLOUR, MODE_COLOUR = "#10b981", "#ec4899"
ORANGE_TO_INDIGO = [[0, ORANGE], [0.5, "#94a3b8"], [1, INDIGO]]
ARROW_SHARE, MODE_SHARE = 0.9, 0.25
"""Lengths of the readout and of a slow mode, relative to the extent of the states along texts."""


def draw_fixed_points(networks: Mapping[str, FixedPoints]) -> go.Figure:
    """Draw each network in the plane of the first two principal components of its states along texts, side by side.

    Args:
        networks: title -> fixed points.
    """
    figure = base_figure(420, "attractor-fixed-points")
    make_subplots(rows=1, cols=len(networks), subplot_titles=list(networks), horizontal_spacing=0.16, figure=figure)
    for column, points in enumerate(networks.values(), start=1):
        for trace in traces_of(facing_right(points), legend=column == 1):
            figure.add_trace(trace, row=1, col=column)
        first, second = points.explained_variance[:2]
        figure.update_xaxes(title_text=f"→ positive ({first:.0%})", row=1, col=column)
        figure.update_yaxes(title_text=f"component 2 ({second:.0%})", row=1, col=column)
    axis = {"gridcolor": GRID, "zeroline": False, "automargin": True, "fixedrange": True, "title_font_size": 12}
    figure.update_xaxes(**axis).update_yaxes(**axis, title_standoff=2)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0})
    figure.update_layout(margin={"l": 8, "r": 8, "t": 28, "b": 8})
    return figure


def facing_right(points: FixedPoints) -> FixedPoints:
    """Turn the first component round where the score would rise to the left: its sign is arbitrary."""
    if points.readout[0] >= 0:
        return points
    turned = {
        name: getattr(points, name) * np.array([-1.0, *[1.0] * (getattr(points, name).shape[-1] - 1)])
        for name in ("points", "visited", "readout", "mode_directions")
    }
    return replace(points, **turned)


def traces_of(points: FixedPoints, legend: bool) -> list[go.Scatter]:
    """Return the traces of a network: states along texts, readout, fixed points, and slow modes through them."""
    reach = float(np.abs(points.visited[:, :2]).max(initial=1e-6))
    steps = points.mode_directions[:, :2] * MODE_SHARE * reach
    at = points.points[points.mode_points, :2]
    arrow = points.readout[:2] * ARROW_SHARE * reach / max(float(np.linalg.norm(points.readout[:2])), 1e-12)
    gap = [[None, None]]
    slow = [
        row for point, step in zip(at, steps, strict=True) for row in [*np.stack([point - step, point + step]), *gap]
    ]
    scores = 1 / (1 + np.exp(-points.logits))
    kind = "where h stands still" if len(points.memory_variance) else "fixed points"  # an LSTM's c still moves there
    return [
        scatter(points.visited, "states along texts", legend, marker={"size": 3, "color": GREY, "opacity": 0.3}),
        scatter(
            [-arrow, arrow],
            "this way the score rises",
            legend,
            mode="lines+markers",
            line={"color": READOUT_COLOUR, "width": 2, "dash": "dot"},
            marker={"symbol": "arrow", "size": [0, 14], "angleref": "previous", "color": READOUT_COLOUR},
        ),
        scatter(
            points.points,
            f"{kind} (indigo: positive)",
            legend,
            marker={
                "size": 8,
                "color": scores.tolist(),
                "colorscale": ORANGE_TO_INDIGO,
                "cmin": 0,
                "cmax": 1,
                "line": {"color": GREY, "width": 0.5},
            },
            text=[f"P(positive) {score:.2f}" for score in scores],
            hovertemplate="%{text}<extra></extra>",
        ),
        scatter(
            slow,
            "changes along it fade slowest",
            legend,
            mode="lines",
            line={"color": MODE_COLOUR, "width": 2.5},
        ),
    ]


def scatter(points: object, name: str, legend: bool, mode: str = "markers", **style: object) -> go.Scatter:
    """Return a trace of points (point, 2 or more); a row of None breaks a line."""
    rows = [[None if value is None else round(float(value), 4) for value in row[:2]] for row in points]  # type: ignore[attr-defined]
    style = {"hoverinfo": "skip", **style} if "hovertemplate" not in style else style
    return go.Scatter(
        x=[row[0] for row in rows],
        y=[row[1] for row in rows],
        name=name,
        legendgroup=name,
        showlegend=legend,
        mode=mode,
        **style,
    )


def draw_time_constants(networks: Mapping[str, FixedPoints]) -> go.Figure:
    """Draw the time constants of the modes, longest first: median and range over the fixed points.

    Args:
        networks: title -> fixed points.
    """
    figure, drawn = base_figure(280, "attractor-time-constants"), [1.0]
    for (title, points), colour in zip(networks.items(), (INDIGO, GREY), strict=False):
        constants = np.maximum(points.time_constants, 0.1)
        if not len(constants):
            continue
        middle, low, high = np.median(constants, axis=0), constants.min(axis=0), constants.max(axis=0)
        drawn += [*low, *high]
        figure.add_scatter(
            x=list(range(1, len(middle) + 1)),
            y=middle.tolist(),
            name=title,
            mode="lines+markers",
            line={"color": colour},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": (high - middle).tolist(),
                "arrayminus": (middle - low).tolist(),
                "thickness": 1,
            },
            hovertemplate="mode %{x}: %{y:,.0f} tokens",
        )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.3, "yanchor": "top", "x": 0})
    figure.update_xaxes(title={"text": "mode", "font": {"size": 12}})
    figure.update_yaxes(
        title={"text": "time constant (tokens)", "font": {"size": 12}}, **log_axis(min(drawn), max(drawn))
    )
    return figure
