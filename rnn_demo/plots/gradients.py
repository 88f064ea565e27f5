"""The norm of the gradient over distance, for trained and untrained networks."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from rnn_demo.plots.style import base_figure, line_styles, log_axis, token_label

SMALLEST = 1e-12
"""Smaller values are drawn at this one: the axis is logarithmic."""


def draw_gradients(norms: Mapping[str, Mapping[str, Sequence[float]]], cells: Mapping[str, str]) -> go.Figure:
    """Draw |dL_T / ds_t| over T - t, each network relative to its value at distance 0.

    Args:
        norms: model -> trained, untrained -> norms at distances 0, 1, 2, ..
        cells: model -> cell, for the colour.
    """
    figure, styles, drawn = base_figure(400, "memory-gradient-over-distance"), line_styles(cells), [1.0]
    for name, by_state in norms.items():
        for state, values in by_state.items():
            largest = max(values[0], SMALLEST)
            relative = [max(value / largest, SMALLEST) for value in values]
            drawn += relative
            figure.add_scatter(
                x=list(range(len(values))),
                y=relative,
                name=f"{token_label(name)}, {state}",
                legendgroup=name,
                showlegend=state == "trained",
                mode="lines",
                line={
                    "color": styles[name]["color"],
                    "width": 2.5 if state == "trained" else 1.5,
                    "dash": "solid" if state == "trained" else "dot",
                },
                hovertemplate="%{x} tokens back: %{y:.2e}",
            )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0})
    figure.update_xaxes(title={"text": "tokens back (dotted: untrained)", "font": {"size": 12}}, nticks=8)
    figure.update_yaxes(
        title={"text": "gradient norm (relative)", "font": {"size": 12}}, **log_axis(min(drawn), max(drawn))
    )
    return figure
