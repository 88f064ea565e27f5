"""The loss along a training step, and the ends of the clipped and the unclipped step."""

from collections.abc import Mapping

import plotly.graph_objects as go

from rnn_demo.microscope.clipping import ClippedStep
from rnn_demo.plots.axes import label_line_ends
from rnn_demo.plots.path import text_label
from rnn_demo.plots.style import base_figure, line_styles


def draw_clipped_steps(steps: Mapping[str, ClippedStep], cells: Mapping[str, str]) -> go.Figure:
    """Draw L(w - l g / |g|) over l; a disc marks the end of the clipped step, a cross that of the unclipped step.

    Source: Pascanu et al. 2013, arXiv:1211.5063, section 3.2.

    Args:
        steps: title of a model -> step; all for the same text.
        cells: title -> cell, for the colour.
    """
    figure, styles = base_figure(340, "memory-clipping"), line_styles(cells)
    for name, step in steps.items():
        last = len(step.lengths) - 1
        clipped = step.lengths.index(step.clipped_length)
        figure.add_scatter(
            x=step.lengths,
            y=step.losses,
            name=text_label(name),
            mode="lines+markers",
            line={"width": 2, **styles[name]},
            marker={
                "symbol": ["circle" if i == clipped else "x" for i in range(last + 1)],
                "size": [12 if i in (clipped, last) else 0 for i in range(last + 1)],
            },
            cliponaxis=False,
            hovertemplate="step of %{x:.2f}: %{y:.2f} nats",
        )
    figure.update_xaxes(title={"text": "step length (● clipped, ✕ unclipped)", "font": {"size": 12}}, nticks=8)
    figure.update_yaxes(title={"text": "loss (nats per token)", "font": {"size": 12}}, nticks=6)
    label_line_ends(figure)
    return figure
