"""What all figures share: they are transparent and grey, so that they read on a light and on a dark page.

No one grey is dark enough for small text on white and light enough for it on the dark page's panels: the page gives the
text of its figures its own colour, see `CSS` in ui/theme.py. Only 3-D figures and saved pictures keep the grey.

Plotly reads a text as a little HTML, so every token passes through `token_label` before it is drawn.
"""

from html import escape

import plotly.graph_objects as go

__all__ = ["CELL_COLOURS", "GREY", "GRID", "INDIGO", "ORANGE", "base_figure", "token_label"]

GREY = "#7c8aa0"
"""Lines and markers: contrast of 3.5 on white and 4.2 on the dark page's panels; 3 is what they need."""
GRID = "rgba(148,163,184,.25)"
INDIGO = "#6366f1"
ORANGE = "#f97316"
CELL_COLOURS = {"rnn": ORANGE, "gru": "#10b981", "lstm": INDIGO}
"""The same cell has the same colour in every figure; another one is grey."""


def token_label(token: str, mark_space: bool = False) -> str:
    r"""Make a token fit to be drawn: nothing invisible, nothing that plotly would take for a tag.

    Args:
        token: as typed; empty where it is a byte of a character that goes on, shown as ….
        mark_space: show a leading space as ␣; else it is left out, unless there is nothing else.

    >>> token_label(" the"), token_label(" the", mark_space=True), token_label(" "), token_label("\n")
    ('the', '␣the', '␣', '⏎')
    >>> token_label("<b>"), token_label("\t"), token_label("\u200b"), token_label("")
    ('&lt;b&gt;', '␉', 'U+200B', '…')
    """
    visible = "".join(_visible(character) for character in token)
    if not mark_space and visible.strip(" "):
        visible = visible.strip(" ")
    return escape(visible.replace(" ", "␣"), quote=False) or "…"


def _visible(character: str) -> str:
    if character == "\n":
        return "⏎"
    if ord(character) < 0x20:
        return chr(0x2400 + ord(character))  # the pictures of control characters: ␀, ␉, ␛
    return character if character.isprintable() else f"U+{ord(character):04X}"


def base_figure(height: int) -> go.Figure:
    """Make an empty figure in the page's style.

    Args:
        height: pixels.
    """
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": GREY, "size": 13},
        showlegend=False,
        dragmode=False,
        modebar={"remove": ["select2d", "lasso2d"], "bgcolor": "rgba(0,0,0,0)", "color": GREY, "activecolor": INDIGO},
    )
    axis = {"gridcolor": GRID, "zeroline": False, "automargin": True, "fixedrange": True}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure
