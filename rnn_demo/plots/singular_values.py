"""How much each step can amplify the gradient, for trained and untrained networks."""

from collections.abc import Mapping

import plotly.graph_objects as go

from rnn_demo.microscope.jacobians import JacobianNorms
from rnn_demo.plots.axes import label_line_ends, put_words_on_axis
from rnn_demo.plots.gradients import state_line
from rnn_demo.plots.path import text_label
from rnn_demo.plots.style import GREY, base_figure, line_styles, log_axis, token_label

SMALLEST = 1e-12
"""Smaller values are drawn at this one: the axis is logarithmic."""


def draw_singular_values(norms_of: Mapping[str, JacobianNorms], cells: Mapping[str, str]) -> go.Figure:
    """Draw sigma_1(ds_k / ds_{k-1}) over the tokens k, with a line at 1; below it the gradient shrinks.

    Source: Pascanu et al. 2013, arXiv:1211.5063, section 2.1.

    Args:
        norms_of: title of a model -> norms; all for the same text.
        cells: title -> cell, for the colour.
    """
    figure, styles, drawn = base_figure(340, "memory-singular-values"), line_styles(cells), [1.0]
    figure.add_hline(y=1, line={"color": GREY, "width": 1.5})
    for name, norms in norms_of.items():
        labels = [token_label(token) for token in norms.tokens]
        for state, values in (("trained", norms.trained), ("untrained", norms.untrained)):
            largest = [max(value, SMALLEST) for value in values]
            drawn += largest
            figure.add_scatter(
                x=list(range(1, len(values) + 1)),
                y=largest,
                name=text_label(name),
                showlegend=state == "trained",
                mode="lines" if len(values) > 1 else "markers",
                line=state_line(state, styles[name]["color"]),
                customdata=labels,
                hovertemplate=f"<b>%{{customdata}}</b>: %{{y:.3g}}<extra>{text_label(name)}, {state}</extra>",
            )
    put_words_on_axis(figure, next(iter(norms_of.values())).tokens if norms_of else [], first=1)
    figure.update_xaxes(title={"text": "dotted: before training", "font": {"size": 12}})
    figure.update_yaxes(
        title={"text": "largest singular value", "font": {"size": 12}}, **log_axis(min(drawn), max(drawn))
    )
    label_line_ends(figure)
    return figure
