"""How little each language model expected each token."""

from collections.abc import Mapping

import plotly.graph_objects as go

from rnn_demo.plots.style import CELL_COLOURS, GREY, base_figure, token_label
from rnn_demo.results import Surprisal

__all__ = ["draw_surprisal"]

MOST_MARKERS = 80
NUM_NAMED = 6
"""Tokens that are named in the figure: the least expected. Hover tells the others."""


def draw_surprisal(measured: Mapping[str, Surprisal], cells: Mapping[str, str]) -> go.Figure:
    """Draw a line for each model over the tokens; the first one's surprises are named.

    Args:
        measured: by model; all of one text.
        cells: the cell of each model, for its colour.
    """
    figure = base_figure(height=300)
    for i, (name, surprisal) in enumerate(measured.items()):
        bits = [token.bits for token in surprisal.tokens]
        labels = [token_label(token.token) for token in surprisal.tokens]
        named = sorted(range(len(bits)), key=bits.__getitem__)[-NUM_NAMED:] if i == 0 else []
        markers = "lines+markers" if len(bits) <= MOST_MARKERS else "lines"
        figure.add_scatter(
            x=list(range(1, len(bits) + 1)),
            y=bits,
            name=token_label(name),
            mode=f"{markers}+text" if named else markers,
            text=[label if place in named else "" for place, label in enumerate(labels)],
            textposition="top center",
            cliponaxis=False,
            line={"color": CELL_COLOURS.get(cells[name], GREY), "width": 2.5 if i == 0 else 1.5},
            customdata=labels,
            hovertemplate="token %{x}, <b>%{customdata}</b>: %{y:.1f} bits",
        )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.12, "x": 0}, margin={"t": 40})
    figure.update_xaxes(title={"text": "tokens read", "font": {"size": 12}}, showgrid=False, nticks=8)
    figure.update_yaxes(title={"text": "bits", "font": {"size": 12}}, rangemode="tozero", nticks=6)
    return figure
