"""How much of the gradient is left over distance, for trained and untrained networks."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from rnn_demo.plots.axes import label_line_ends, put_words_on_axis
from rnn_demo.plots.path import text_label
from rnn_demo.plots.style import base_figure, line_styles, log_axis, token_label

SMALLEST = 1e-12
"""Smaller values are drawn at this one: the axis is logarithmic."""


def draw_gradients(
    shares: Mapping[str, Mapping[str, Sequence[float]]], cells: Mapping[str, str], words: Sequence[str] = ()
) -> go.Figure:
    """Draw |dL_T / ds_t| / |dL_T / ds_T| over the way back, from the end of the text to its start.

    Args:
        shares: title of a model -> trained, untrained -> share at each word or token.
        cells: title -> cell, for the colour.
        words: from the last one back; without them tokens are counted.
    """
    figure, styles, drawn = base_figure(400, "memory-gradient-over-distance"), line_styles(cells), [1.0]
    labels = [token_label(word) for word in words]
    for name, by_state in shares.items():
        for state, values in by_state.items():
            heights = [max(value, SMALLEST) for value in values]
            drawn += heights
            extra = f"<extra>{text_label(name)}, {state}</extra>"
            figure.add_scatter(
                x=list(range(1, len(heights) + 1)),
                y=heights,
                name=text_label(name),
                showlegend=state == "trained",
                mode="lines" if len(heights) > 1 else "markers",
                line=state_line(state, styles[name]["color"]),
                customdata=labels,
                hovertemplate="%{x} back, <b>%{customdata}</b>: %{y:.2%}" + extra,
            )
    title = "words, from the last one back" if words else "tokens back"
    figure.update_xaxes(title={"text": f"{title} (dotted: before training)", "font": {"size": 12}})
    if words:
        put_words_on_axis(figure, words, first=1)
    figure.update_yaxes(
        title={"text": "gradient left (1 = all)", "font": {"size": 12}}, **log_axis(min(drawn), max(drawn))
    )
    label_line_ends(figure)
    return figure


def state_line(state: str, colour: str) -> dict[str, object]:
    """Return the line of a network that is trained or untrained."""
    trained = state == "trained"
    return {"color": colour, "width": 2.5 if trained else 1.5, "dash": "solid" if trained else "dot"}
