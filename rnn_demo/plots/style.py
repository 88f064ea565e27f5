"""The common style of all figures: transparent backgrounds and grey lines that suit a light and a dark page.

No grey has enough contrast for small text on both pages, so `CSS` in ui/shared/theme.py sets the colour of that text.
Only 3-D figures and downloaded pictures keep the grey. Plotly reads text as HTML, so tokens pass through `token_label`.
"""

import json
import math
from collections.abc import Mapping
from html import escape
from typing import Any

import plotly.graph_objects as go

from rnn_demo.graphemes import JOINERS

GREY = "#7c8aa0"
"""Lines and markers need a contrast of 3; this has 3.5 on white and 4.2 on the panels of the dark page."""
GRID = "rgba(148,163,184,.25)"
INDIGO = "#6366f1"
ORANGE = "#f97316"
CELL_COLOURS = {"rnn": ORANGE, "gru": "#10b981", "lstm": INDIGO}
"""The colour of a cell in every figure; other cells are grey."""
DASHES = ("solid", "dash", "dot", "dashdot")
MAX_TICKS = 8


def token_label(token: str) -> str:
    r"""Return a token as a label: visible characters only, and escaped as HTML.

    Args:
        token: as typed; only a token of spaces shows its spaces, as ␣; an empty token, a byte of an incomplete
            character, becomes ….

    >>> token_label(" the"), token_label(" "), token_label("\n")
    ('the', '␣', '⏎')
    >>> token_label("<b>"), token_label("\t"), token_label("\u200b"), token_label("")
    ('&lt;b&gt;', '␉', 'U+200B', '…')
    >>> token_label("👩‍👧"), token_label("\u200d")
    ('👩‍👧', 'U+200D')
    """
    visible = "".join(
        character if character in JOINERS and 0 < i < len(token) - 1 else _visible(character)
        for i, character in enumerate(token)
    )
    visible = visible.strip(" ") or visible
    return escape(visible.replace(" ", "␣"), quote=False) or "…"


def _visible(character: str) -> str:
    if character == "\n":
        return "⏎"
    if ord(character) < 0x20:
        return chr(0x2400 + ord(character))  # the symbols of control characters: ␀, ␉, ␛
    return character if character.isprintable() else f"U+{ord(character):04X}"


class PageFigure(go.Figure):
    """A figure without plotly's logo, and with a file name for downloads."""

    file_name = "figure"

    def to_json(self, *args: Any, **kwargs: Any) -> str:
        """Return data, layout and config; gradio's plot passes the config to plotly."""
        config = {"displaylogo": False, "toImageButtonOptions": {"filename": self.file_name, "scale": 2}}
        return f'{super().to_json(*args, **kwargs)[:-1]},"config":{json.dumps(config)}}}'


def base_figure(height: int, file_name: str) -> go.Figure:
    """Return an empty figure in the page's style.

    Args:
        height: pixels.
        file_name: of the downloaded picture, tab and content, without a suffix.
    """
    figure = PageFigure()
    figure.file_name = file_name
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


def line_styles(cells: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the line style of each model: the colour of its cell, and different dashes for models of the same cell.

    Args:
        cells: model -> cell; the first model of each cell has a solid line.

    >>> line_styles({"lm-lstm": "lstm", "mine": "lstm"})["mine"]
    {'color': '#6366f1', 'dash': 'dash'}
    """
    styles: dict[str, dict[str, str]] = {}
    for i, (name, cell) in enumerate(cells.items()):
        alike = list(cells.values())[:i].count(cell)
        styles[name] = {"color": CELL_COLOURS.get(cell, GREY), "dash": DASHES[alike % len(DASHES)]}
    return styles


def log_axis(lowest: float, highest: float) -> dict[str, Any]:
    """Return a logarithmic axis of whole decades with at most MAX_TICKS ticks.

    Plotly's default ticks overlap on a narrow page; with one tick per decade, there may be none.

    Args:
        lowest: above 0.
        highest: the largest value.

    >>> log_axis(0.5, 30)["tickvals"], log_axis(4, 5)["tickvals"]
    ([0.1, 1.0, 10.0, 100.0], [1.0, 10.0])
    >>> log_axis(1e-9, 1)["ticktext"]
    ['10<sup>-10</sup>', '10<sup>-8</sup>', '10<sup>-6</sup>', '10<sup>-4</sup>', '0.01', '1']
    """
    first = math.floor(math.log10(lowest))
    last = max(math.ceil(math.log10(highest)), first + 1)
    every = math.ceil((last - first) / (MAX_TICKS - 1))
    first, last = math.floor(first / every) * every, math.ceil(last / every) * every  # gives a tick at 1
    decades = range(first, last + 1, every)
    return {
        "type": "log",
        "range": [first - 0.05, last + 0.05],  # half a line's width of room
        "tickvals": [10.0**decade for decade in decades],
        "ticktext": [f"{10.0**decade:g}" if abs(decade) <= 3 else f"10<sup>{decade}</sup>" for decade in decades],
    }
