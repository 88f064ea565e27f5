"""Parts of a text with their labels, for gradio's HighlightedText: joined, the parts are always the text."""

from collections.abc import Iterable
from html import unescape

from rnn_demo.plots.style import token_label

Highlights = list[tuple[str, str | float | None]]
"""Parts of a text, each with its label or None."""


def mark_runs(text: str, labelled: Iterable[tuple[int, str | None]]) -> Highlights:
    """Cut a text into runs of tokens that have the same label.

    Args:
        text: as typed.
        labelled: where each token ends, in order, and its label.

    >>> mark_runs("a fine day", [(1, None), (6, "+"), (10, "+")])
    [('a', None), (' fine day', '+')]
    """
    parts: Highlights = []
    end = 0
    for token_end, label in labelled:
        piece, end = text[end:token_end], max(end, token_end)
        if not piece and not parts:
            continue
        if parts and (parts[-1][1] == label or not piece):
            parts[-1] = (parts[-1][0] + piece, parts[-1][1])
        else:
            parts.append((piece, label))
    return parts


def name_change(change: float, small: float, large: float) -> str | None:
    """Name a change for the better or the worse; None is smaller than `small` and does not matter.

    >>> [name_change(change, 0.1, 0.5) for change in (-0.6, -0.2, 0.0, 0.2, 0.6)]
    ['−−', '−', None, '+', '++']
    """
    if abs(change) < small:
        return None
    sign = "+" if change > 0 else "−"
    return sign * 2 if abs(change) >= large else sign


def plain(token: str) -> str:
    r"""Write a token into Markdown so that nothing in it is taken for a sign of Markdown or HTML.

    >>> plain(" fine"), plain("*"), plain("\n"), plain("<b>")
    ('fine', '&#42;', '&#9166;', '&#60;b&#62;')
    """
    return "".join(c if c.isalnum() else f"&#{ord(c)};" for c in unescape(token_label(token)))
