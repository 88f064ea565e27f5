"""The path of the hidden state from token to token, in the space of three principal components."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from rnn_demo.plots.path import (
    BY_POSITION,
    LINES,
    Colouring,
    TracedPath,
    add_scale,
    add_walk,
    hover_rows,
    jumps_of,
    marker_of,
    mode_of,
    text_label,
)
from rnn_demo.plots.style import GREY, base_figure, token_label

PALE = "#8e9bb0"
"""The grid, without transparency: plotly does not support it for 3-D lines."""
POINT = 5
"""Pixels."""


def draw_trajectory_3d(paths: Sequence[TracedPath], colouring: Colouring = BY_POSITION, height: int = 520) -> go.Figure:
    """Draw a line through the points of each text.

    Args:
        paths: one text or more, on three components of the same basis.
        colouring: how to colour the points.
        height: pixels.
    """
    figure, mode = base_figure(height, "hidden-states-path-3d"), mode_of(paths)
    coordinates = []
    for path, line in zip(paths, LINES, strict=False):
        points, jumps = np.round(path.trajectory.points.astype(np.float64), 4).T, jumps_of(path.trajectory.points)
        coordinates.append({axis: values.tolist() for axis, values in zip("xyz", points, strict=True)})
        figure.add_scatter3d(
            **coordinates[-1],
            name=text_label(path.name),
            showlegend=False,
            mode=mode,
            text=[token_label(path.tokens[i]) if i in jumps else "" for i in range(len(path.tokens))],
            textposition="top center",
            textfont={"color": GREY, "size": 12},
            line={"color": line["color"], "dash": line["dash"], "width": 4},
            marker=marker_of(path, colouring, POINT, line["symbol"]),
            customdata=hover_rows(path, colouring),
            hovertemplate="word %{customdata[0]}: <b>%{customdata[1]}</b>%{customdata[2]}<extra></extra>",
        )
    camera = {"eye": {"x": 1.5, "y": 1.5, "z": 0.7}, "center": {"x": 0, "y": 0, "z": -0.15}}
    figure.update_layout(scene={"dragmode": "turntable", "aspectmode": "cube", "camera": camera})
    for i, axis in enumerate("xyz"):
        ends = np.concatenate([path.trajectory.points[:, i] for path in paths]).astype(np.float64)
        room = float(0.08 * np.ptp(ends)) or 1.0
        style = {"gridcolor": PALE, "color": GREY, "showbackground": False, "zeroline": False, "showspikes": False}
        title = {"text": f"{i + 1} ({paths[0].trajectory.explained_variance[i]:.0%})", "font": {"size": 12}}
        axis_range = [float(ends.min()) - room, float(ends.max()) + room]
        figure.update_layout({"scene": {f"{axis}axis": {**style, "title": title, "nticks": 5, "range": axis_range}}})
    add_walk(figure, coordinates, POINT)
    add_scale(figure, paths, colouring)
    return figure
