"""The path of the hidden state from token to token, in the plane of its two main components."""

import plotly.graph_objects as go

from rnn_demo.plots.style import GREY, base_figure, token_label
from rnn_demo.results import HiddenTrace, Trajectory

__all__ = ["draw_trajectory"]

MOST_LABELS = 60
"""Points of a longer text carry no names, as they would only cover each other; hover still tells them."""


def draw_trajectory(trace: HiddenTrace, trajectory: Trajectory) -> go.Figure:
    """Draw a line through the points; colour and number are the place in the text.

    Args:
        trace: gives the tokens.
        trajectory: of the same trace.
    """
    labels = [token_label(token) for token in trace.tokens]
    numbers = list(range(1, len(labels) + 1))
    figure = base_figure(height=440)
    figure.add_scatter(
        x=trajectory.points[:, 0].tolist(),
        y=trajectory.points[:, 1].tolist(),
        mode="lines+markers+text" if len(labels) <= MOST_LABELS else "lines+markers",
        text=labels,
        textposition="top center",
        line={"color": "rgba(148,163,184,.6)", "width": 1.5},
        marker={
            "size": 10,
            "color": numbers,
            "colorscale": "Plasma",
            "cmin": 1,
            "cmax": max(numbers[-1], 2) * 1.15,  # the palest end of the scale is lost on a light page
            "line": {"color": GREY, "width": 1},
        },
        customdata=list(zip(numbers, labels, strict=True)),
        hovertemplate="token %{customdata[0]}: <b>%{customdata[1]}</b><br>(%{x:.2f}, %{y:.2f})<extra></extra>",
    )
    first, second = trajectory.explained_variance
    figure.update_xaxes(title={"text": f"component 1 ({first:.0%} of the variance)", "font": {"size": 12}})
    figure.update_yaxes(title={"text": f"component 2 ({second:.0%})", "font": {"size": 12}})
    return figure
