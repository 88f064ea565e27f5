"""The surprisal of each word under each language model."""

from collections.abc import Mapping, Sequence
from html import escape

import plotly.graph_objects as go

from rnn_demo.plots.axes import label_line_ends, put_words_on_axis, shorten_label
from rnn_demo.plots.style import base_figure, line_styles, token_label

MAX_MARKERS = 80
NUM_LABELS, ROOM = 6, 7
"""At most NUM_LABELS words have a label at the lines, at least 1 / ROOM of the text apart, and each with half the bits
of the most surprising word or more."""


def draw_surprisal(words: Sequence[str], bits: Mapping[str, Sequence[float]], cells: Mapping[str, str]) -> go.Figure:
    """Draw a line per model over the words, and label the words that surprised the first model most.

    Args:
        words: as they stand in the text.
        bits: model -> surprisal of each word.
        cells: model -> cell, for the colour.
    """
    figure = base_figure(340, "reading-surprisal")
    styles = line_styles({name: cell for name, cell in cells.items() if name in bits})
    for i, (name, costs) in enumerate(bits.items()):
        figure.add_scatter(
            x=list(range(1, len(words) + 1)),
            y=list(costs),
            name=escape(name),
            mode="lines+markers" if len(words) <= MAX_MARKERS else "lines",
            cliponaxis=False,
            line={"width": 2.5 if i == 0 else 1.5, **styles[name]},
            customdata=[token_label(word) for word in words],
            hovertemplate="word %{x}, <b>%{customdata}</b>: %{y:.1f} bits",
        )
    most = max((cost for costs in bits.values() for cost in costs), default=0.0)
    labels = label_surprises(list(bits.values()))
    figure.add_scatter(
        x=[index + 1 for index, _ in labels],
        y=[height + 0.03 * most for _, height in labels],
        text=[shorten_label(words[index]) for index, _ in labels],
        mode="text",
        textposition="top center",
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )
    put_words_on_axis(figure, words, first=1)
    figure.update_xaxes(range=[0.4, len(words) + 0.6])
    figure.update_yaxes(
        title={"text": "surprisal (bits)", "font": {"size": 12}}, range=[0, 1.2 * max(most, 1.0)], nticks=6
    )
    label_line_ends(figure)
    return figure


def label_surprises(bits: Sequence[Sequence[float]]) -> list[tuple[int, float]]:
    """Choose the words to label: those that surprised the first model most, with room between them.

    Args:
        bits: of each word, for each model.

    Returns:
        For each chosen word its index, and the highest bits of all lines near it.
    """
    first = bits[0]
    apart = max(len(first) // ROOM, 2)
    enough = max(first, default=0.0) / 2
    labels: list[tuple[int, float]] = []
    for index in sorted(range(len(first)), key=lambda index: -first[index]):
        far = all(abs(index - other) >= apart for other, _ in labels)
        if far and len(labels) < NUM_LABELS and first[index] >= enough:
            near = slice(max(index - apart // 2, 0), index + apart // 2 + 1)
            labels.append((index, max(cost for costs in bits for cost in costs[near])))
    return labels
