"""The gradient over distance, for several networks, before and after training."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from rnn_demo.plots.style import CELL_COLOURS, GREY, base_figure

__all__ = ["draw_gradients"]

SMALLEST = 1e-12
"""Below it everything is drawn at it: the axis is logarithmic."""


def draw_gradients(norms: Mapping[str, Mapping[str, Sequence[float]]]) -> go.Figure:
    """Draw |dL_T / ds_t| over T - t, each network relative to its own distance 0.

    Args:
        norms: cell -> trained, untrained -> norm at distance 0, 1, 2, ..
    """
    figure = base_figure(height=400)
    for cell, by_state in norms.items():
        for state, values in by_state.items():
            largest = max(values[0], SMALLEST)
            figure.add_scatter(
                x=list(range(len(values))),
                y=[max(value / largest, SMALLEST) for value in values],
                name=f"{cell}, {state}",
                mode="lines",
                line={
                    "color": CELL_COLOURS.get(cell, GREY),
                    "width": 2.5 if state == "trained" else 1.5,
                    "dash": "solid" if state == "trained" else "dot",
                },
                hovertemplate="%{x} tokens back: %{y:.2e}",
            )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0})
    figure.update_xaxes(title={"text": "tokens back", "font": {"size": 12}}, nticks=8)
    figure.update_yaxes(
        type="log", title={"text": "gradient, relative", "font": {"size": 12}}, exponentformat="power", nticks=8
    )
    return figure
