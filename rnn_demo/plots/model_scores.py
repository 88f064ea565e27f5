"""One metric of the models of a task as bars, with published numbers as lines."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from rnn_demo.plots.axes import wrap_name
from rnn_demo.plots.path import text_label
from rnn_demo.plots.style import CELL_COLOURS, GREY, base_figure

ROW, TITLE_WIDTH = 34, 20
"""Pixels of a row; letters in a line of a model's title."""


@dataclass(frozen=True)
class Score:
    """A bar, or a line."""

    title: str
    value: float
    cell: str = ""
    """Gives a bar its colour."""
    source: str = ""
    """Of a published number."""


def draw_model_scores(
    models: Sequence[Score], published: Sequence[Score], file_name: str, digits: int = 3
) -> go.Figure:
    """Draw a bar per model, from 0, and below them a line down to the name of each published number.

    Args:
        models: from top to bottom.
        published: their values are on the same scale.
        file_name: of the downloaded picture.
        digits: after the point.
    """
    rows, last = list(range(len(models))), len(models) + len(published) - 1
    figure = base_figure(24 + ROW * (last + 1), file_name)
    figure.add_bar(
        x=[model.value for model in models],
        y=rows,
        orientation="h",
        width=0.62,
        marker_color=[CELL_COLOURS.get(model.cell, GREY) for model in models],
        customdata=[text_label(model.title) for model in models],
        hovertemplate=f"%{{customdata}}: %{{x:.{digits}f}}<extra></extra>",
    )
    largest = max([score.value for score in (*models, *published)], default=0.0) or 1.0
    for row, score in enumerate(published, start=len(models)):
        figure.add_scatter(
            x=[score.value] * 2,
            y=[-0.5, row],
            mode="lines+text",
            text=["", f"{text_label(score.title)} {score.value:.{digits}f} "],
            textposition="middle left" if score.value > largest / 2 else "middle right",
            line={"color": GREY, "width": 1.5, "dash": "dot"},
            cliponaxis=False,
            hovertemplate=f"{text_label(score.title)}, {text_label(score.source)}: %{{x:.{digits}f}}<extra></extra>",
        )
    titles = [wrap_name(f"{text_label(model.title)} {model.value:.{digits}f}", TITLE_WIDTH) for model in models]
    figure.update_yaxes(range=[last + 0.5, -0.5], tickvals=rows, ticktext=titles, showgrid=False)
    figure.update_xaxes(range=[0, 1.03 * largest], showticklabels=False, showgrid=False)
    return figure
