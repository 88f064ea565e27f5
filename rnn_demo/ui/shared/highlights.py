"""Parts of a text with their labels, for gradio's HighlightedText; joined, the parts are always the text."""

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
        run, end = text[end:token_end], max(end, token_end)
        if not run and not parts:
            continue
        if parts and (parts[-1][1] == label or not run):
            parts[-1] = (parts[-1][0] + run, parts[-1][1])
        else:
            parts.append((run, label))
    return parts


def name_change(change: float, small: float, large: float) -> str | None:
    """Return the sign of a change, doubled from `large` on; None below `small`.

    >>> [name_change(change, 0.1, 0.5) for change in (-0.6, -0.2, 0.0, 0.2, 0.6)]
    ['−−', '−', None, '+', '++']
    """
    if abs(change) < small:
        return None
    sign = "+" if change > 0 else "−"
    return sign * 2 if abs(change) >= large else sign


def plain(token: str) -> str:
    r"""Escape a token for Markdown and HTML.

    >>> plain(" fine"), plain("*"), plain("\n"), plain("<b>")
    ('fine', '&#42;', '&#9166;', '&#60;b&#62;')
    """
    return "".join(c if c.isalnum() else f"&#{ord(c)};" for c in unescape(token_label(token)))
