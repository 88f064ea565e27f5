"""The most probable next tokens as bars."""

from collections.abc import Sequence

import plotly.graph_objects as go

from rnn_demo.plots.style import INDIGO, base_figure, token_label
from rnn_demo.results import TokenProbability


def draw_next_token_bars(candidates: Sequence[TokenProbability]) -> go.Figure:
    """Draw a bar per candidate, the most probable on top; a candidate of probability 0 reads `left out`.

    Args:
        candidates: most probable first.
    """
    labels = [token_label(candidate.token, mark_space=True) for candidate in candidates]
    probs = [candidate.probability for candidate in candidates]
    rows = list(range(len(labels)))  # row numbers, because two tokens can look the same
    figure = base_figure(24 + 34 * len(labels), "write-next-token")
    figure.add_bar(
        x=probs,
        y=rows,
        orientation="h",
        marker_color=INDIGO,
        text=[label_of(prob) for prob in probs],
        textposition="outside",
        cliponaxis=False,
        customdata=labels,
        hovertemplate="%{customdata}: %{x:.2%}<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed", tickvals=rows, ticktext=labels, showgrid=False)
    figure.update_xaxes(range=[0, max([*probs, 1e-6]) * 1.25], showticklabels=False, showgrid=False)
    return figure


def label_of(prob: float) -> str:
    """Return the label of a bar.

    >>> label_of(0.5), label_of(0.0002), label_of(0.0)
    ('50.0%', '0.02%', 'left out')
    """
    if prob == 0:
        return "left out"
    return f"{prob:.1%}" if prob >= 0.001 else f"{100 * prob:.1g}%"
