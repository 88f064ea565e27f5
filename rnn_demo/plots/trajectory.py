"""The path of the hidden state from token to token, in the plane of two principal components."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from rnn_demo.microscope.basis import Basis
from rnn_demo.plots.path import (
    BY_POSITION,
    LINES,
    Colouring,
    TracedPath,
    add_scale,
    add_walk,
    hover_rows,
    labels_with_room,
    marker_of,
    mode_of,
    text_label,
)
from rnn_demo.plots.style import base_figure

DENSITY_COLOURS = [[0, "rgba(148,163,184,0)"], [1, "rgba(148,163,184,.5)"]]
"""Cells without states are transparent."""
POINT = 10
"""Pixels."""
CLOSE_UP = 0.15
"""The figure zooms in on a path that spans a smaller share of the density, in the geometric mean of both axes."""


def draw_trajectory(
    paths: Sequence[TracedPath], colouring: Colouring = BY_POSITION, basis: Basis | None = None, height: int = 460
) -> go.Figure:
    """Draw a line through the points of each text, on top of the density of held-out states.

    Args:
        paths: one text or more, on the same basis.
        colouring: how to colour the points.
        basis: its density fixes the axes for all texts that are no close-up; None for axes around the paths only.
        height: pixels.
    """
    figure = base_figure(height, "hidden-states-path")
    if basis is not None and basis.density is not None and basis.extent is not None:
        add_density(figure, basis.density, basis.extent)
    first, mode = len(figure.data), mode_of(paths)
    x_range, y_range = (axis_range(paths, basis, axis) for axis in (0, 1))
    labels = labels_with_room(paths, x_range, y_range, height) if "text" in mode else [{}] * len(paths)
    coordinates = []
    for path, line, label in zip(paths, LINES, labels, strict=False):
        points = np.round(path.trajectory.points.astype(np.float64), 4)
        coordinates.append({"x": points[:, 0].tolist(), "y": points[:, 1].tolist()})
        figure.add_scatter(
            **coordinates[-1],
            name=text_label(path.name),
            showlegend=False,
            mode=mode,
            **label,
            cliponaxis=False,
            line={"color": line["color"], "dash": line["dash"], "width": 1.5},
            marker=marker_of(path, colouring, POINT, line["symbol"]),
            customdata=hover_rows(path, colouring),
            hovertemplate="word %{customdata[0]}: <b>%{customdata[1]}</b>%{customdata[2]}"
            "<br>(%{x:.2f}, %{y:.2f})<extra></extra>",
        )
    share_x, share_y = (f"{share:.0%}" for share in paths[0].trajectory.explained_variance)
    figure.update_xaxes(title={"text": f"component 1 ({share_x} of the variance)", "font": {"size": 12}}, range=x_range)
    figure.update_yaxes(title={"text": f"component 2 ({share_y})", "font": {"size": 12}}, range=y_range)
    add_walk(figure, coordinates, POINT, first)
    add_scale(figure, paths, colouring)
    return figure


def add_density(figure: go.Figure, density: np.ndarray, extent: np.ndarray) -> None:
    """Draw the density of held-out states; its square root makes sparse regions visible."""
    (x_low, x_high), (y_low, y_high) = extent.tolist()
    rows, columns = density.shape
    figure.add_heatmap(
        z=np.round(np.sqrt(density.astype(np.float64)), 4).tolist(),
        x0=x_low + (x_high - x_low) / columns / 2,
        dx=(x_high - x_low) / columns,
        y0=y_low + (y_high - y_low) / rows / 2,
        dy=(y_high - y_low) / rows,
        colorscale=DENSITY_COLOURS,
        zsmooth="best",
        showscale=False,
        hoverinfo="skip",
    )


def axis_range(paths: Sequence[TracedPath], basis: Basis | None, axis: int) -> list[float]:
    """Return the ends of an axis around all points, and around the density unless the figure is a close-up."""
    points = np.concatenate([path.trajectory.points for path in paths])
    ends = [float(points[:, axis].min()), float(points[:, axis].max())]
    if basis is not None and basis.extent is not None and not is_close_up(paths, basis):
        ends += basis.extent[axis].tolist()
    room = 0.1 * (max(ends) - min(ends)) or 1.0
    return [min(ends) - room, max(ends) + room]


def is_close_up(paths: Sequence[TracedPath], basis: Basis) -> bool:
    """Return whether the paths span less than CLOSE_UP of the density; a single point uses the full axes."""
    points = np.concatenate([path.trajectory.points for path in paths])
    sizes = np.ptp(points[:, :2], axis=0).astype(np.float64)
    if basis.extent is None or not sizes.any():
        return False
    return bool(np.sqrt(np.prod(sizes / np.ptp(basis.extent, axis=1))) < CLOSE_UP)
