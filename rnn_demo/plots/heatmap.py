"""The values of hidden units over the tokens of a text."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from rnn_demo.microscope.trace import HiddenTrace
from rnn_demo.plots.axes import put_words_on_axis
from rnn_demo.plots.style import INDIGO, ORANGE, base_figure, token_label

COLOURS = [[0.0, ORANGE], [0.5, "rgba(148,163,184,.12)"], [1.0, INDIGO]]
"""0 is almost transparent. Colour-blind readers can tell orange from indigo."""
GATE_COLOURS = [[0.0, COLOURS[1][1]], COLOURS[2]]


def draw_heatmap(trace: HiddenTrace, units: Sequence[int], quantity: str = "h", *, is_gate: bool = False) -> go.Figure:
    """Draw a row per unit and a column per token; colours are centred on 0, or run from 0 to 1 for a gate.

    Args:
        trace: the states or gates of a text.
        units: indices, from top to bottom.
        quantity: the name of the state or gate, for the title of the scale.
        is_gate: the values lie in [0, 1].
    """
    values = trace.states[:, list(units)].T  # (unit, token)
    labels = [token_label(token) for token in trace.tokens]
    largest = float(np.abs(values).max()) or 1.0
    columns, rows = list(range(len(labels))), list(range(len(units)))
    figure = base_figure(140 + 9 * len(rows), "hidden-states-units")
    figure.add_heatmap(
        z=np.round(values, 4).tolist(),
        x=columns,
        y=rows,
        zmin=0 if is_gate else -largest,
        zmax=1 if is_gate else largest,
        colorscale=GATE_COLOURS if is_gate else COLOURS,
        colorbar={"thickness": 10, "outlinewidth": 0, "title": {"text": quantity}},
        customdata=[[[label, unit] for label in labels] for unit in units],
        hovertemplate="<b>%{customdata[0]}</b><br>unit %{customdata[1]}: %{z:.3f}<extra></extra>",
    )
    put_words_on_axis(figure, trace.tokens)
    figure.update_yaxes(autorange="reversed", showticklabels=False, showgrid=False, title="units")
    return figure
