"""The surprisal of each token under each language model."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from rnn_demo.microscope.surprisal import Surprisal
from rnn_demo.plots.style import base_figure, line_styles, token_label

MAX_MARKERS = 80
NUM_LABELS, ROOM = 6, 7
"""At most NUM_LABELS words have a label, at least 1 / ROOM of the text apart, and each with half the bits of the most
surprising token or more. The others appear on hover."""
MAX_WORD = 20
"""Characters; anything longer is no word, or belongs to a script without spaces."""


def draw_surprisal(surprisals: Mapping[str, Surprisal], cells: Mapping[str, str]) -> go.Figure:
    """Draw a line per model over the tokens, and label the words that surprised the first model most.

    Args:
        surprisals: model -> surprisal; all of the same text.
        cells: model -> cell, for the colour.
    """
    figure = base_figure(340, "reading-surprisal")
    styles = line_styles({name: cell for name, cell in cells.items() if name in surprisals})
    for i, (name, surprisal) in enumerate(surprisals.items()):
        bits = [token.bits for token in surprisal.tokens]
        figure.add_scatter(
            x=list(range(1, len(bits) + 1)),
            y=bits,
            name=token_label(name),
            mode="lines+markers" if len(bits) <= MAX_MARKERS else "lines",
            cliponaxis=False,
            line={"width": 2.5 if i == 0 else 1.5, **styles[name]},
            customdata=[token_label(token.token) for token in surprisal.tokens],
            hovertemplate="token %{x}, <b>%{customdata}</b>: %{y:.1f} bits",
        )
    most = max((token.bits for surprisal in surprisals.values() for token in surprisal.tokens), default=0.0)
    labels = label_surprises(list(surprisals.values()))
    figure.add_scatter(
        x=[index + 1 for index, _, _ in labels],
        y=[height + 0.03 * most for _, _, height in labels],
        text=[token_label(word) for _, word, _ in labels],
        mode="text",
        textposition="top center",
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.25, "yanchor": "top", "x": 0})
    figure.update_xaxes(title={"text": "tokens read", "font": {"size": 12}}, showgrid=False, nticks=8)
    figure.update_yaxes(
        title={"text": "surprisal (bits)", "font": {"size": 12}}, range=[0, 1.2 * max(most, 1.0)], nticks=6
    )
    return figure


def label_surprises(surprisals: Sequence[Surprisal]) -> list[tuple[int, str, float]]:
    """Choose the words to label: those that surprised the first model most, with room between them.

    Returns:
        For each word the index of its most surprising token, the word, and the highest bits of all lines near it.
    """
    tokens = surprisals[0].tokens
    apart = max(len(tokens) // ROOM, 2)
    enough = max((token.bits for token in tokens), default=0.0) / 2
    labels: list[tuple[int, str, float]] = []
    for index in sorted(range(len(tokens)), key=lambda index: -tokens[index].bits):
        far = all(abs(index - other) >= apart for other, _, _ in labels)
        if far and len(labels) < NUM_LABELS and tokens[index].bits >= enough:
            near = slice(max(index - apart // 2, 0), index + apart // 2 + 1)
            height = max(token.bits for surprisal in surprisals for token in surprisal.tokens[near])
            labels.append((index, word_around([token.token for token in tokens], index), height))
    return labels


def word_around(tokens: Sequence[str], index: int) -> str:
    """Return the word that a subword belongs to.

    >>> [word_around((" his", " e", "le", "phant", "."), index).strip() for index in (0, 2, 4)]
    ['his', 'elephant', '.']
    """
    first, last = index, index
    while first and tokens[first][:1].isalnum() and tokens[first - 1][-1:].isalnum():
        first -= 1
    while last + 1 < len(tokens) and tokens[last][-1:].isalnum() and tokens[last + 1][:1].isalnum():
        last += 1
    word = "".join(tokens[first : last + 1])
    return word if len(word) <= MAX_WORD else tokens[index]
