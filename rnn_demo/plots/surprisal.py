"""The surprisal of each token under each language model."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from rnn_demo.microscope.surprisal import Surprisal
from rnn_demo.plots.style import base_figure, line_styles, token_label

MOST_MARKERS = 80
NUM_NAMED, ROOM = 6, 7
"""At most NUM_NAMED words are named, each at its most surprising token, if that costs half of what the most surprising
of all does, and if the words are at least 1 / ROOM of the text apart. Hover names the others."""
LONGEST_WORD = 20
"""Characters. Anything longer is no word, or is written without spaces."""


def draw_surprisal(measured: Mapping[str, Surprisal], cells: Mapping[str, str]) -> go.Figure:
    """Draw a line per model over the tokens, and name the words that surprised the first model most.

    Args:
        measured: by model; all of one text.
        cells: the cell of each model, for its colour.
    """
    figure = base_figure(340, "reading-surprisal")
    styles = line_styles({name: cell for name, cell in cells.items() if name in measured})
    for i, (name, surprisal) in enumerate(measured.items()):
        bits = [token.bits for token in surprisal.tokens]
        figure.add_scatter(
            x=list(range(1, len(bits) + 1)),
            y=bits,
            name=token_label(name),
            mode="lines+markers" if len(bits) <= MOST_MARKERS else "lines",
            cliponaxis=False,
            line={"width": 2.5 if i == 0 else 1.5, **styles[name]},
            customdata=[token_label(token.token) for token in surprisal.tokens],
            hovertemplate="token %{x}, <b>%{customdata}</b>: %{y:.1f} bits",
        )
    most = max((token.bits for surprisal in measured.values() for token in surprisal.tokens), default=0.0)
    names = name_surprises(list(measured.values()))
    figure.add_scatter(
        x=[place + 1 for place, _, _ in names],
        y=[height + 0.03 * most for _, _, height in names],
        text=[token_label(word) for _, word, _ in names],
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


def name_surprises(measured: Sequence[Surprisal]) -> list[tuple[int, str, float]]:
    """Choose the words to name: those that surprised the first model most, with room between them.

    Returns:
        For each word the index of its most surprising token, the word, and a height in bits above all lines near it.
    """
    tokens = measured[0].tokens
    apart = max(len(tokens) // ROOM, 2)
    enough = max((token.bits for token in tokens), default=0.0) / 2
    named: list[tuple[int, str, float]] = []
    for place in sorted(range(len(tokens)), key=lambda place: -tokens[place].bits):
        far = all(abs(place - other) >= apart for other, _, _ in named)
        if far and len(named) < NUM_NAMED and tokens[place].bits >= enough:
            near = slice(max(place - apart // 2, 0), place + apart // 2 + 1)
            height = max(token.bits for surprisal in measured for token in surprisal.tokens[near])
            named.append((place, word_around([token.token for token in tokens], place), height))
    return named


def word_around(tokens: Sequence[str], place: int) -> str:
    """Return the word that a subword belongs to.

    >>> [word_around((" his", " e", "le", "phant", "."), place).strip() for place in (0, 2, 4)]
    ['his', 'elephant', '.']
    """
    first, last = place, place
    while first and tokens[first][:1].isalnum() and tokens[first - 1][-1:].isalnum():
        first -= 1
    while last + 1 < len(tokens) and tokens[last][-1:].isalnum() and tokens[last + 1][:1].isalnum():
        last += 1
    word = "".join(tokens[first : last + 1])
    return word if len(word) <= LONGEST_WORD else tokens[place]
