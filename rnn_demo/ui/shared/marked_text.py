"""A text with marked parts, each with a note on hover, as HTML: gradio's HighlightedText has no notes.

How marks look is a matter of `theme.py`. Everything that a visitor typed is escaped, and joined it is the text.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Mark:
    """A part of a text."""

    start: int
    end: int
    looks: str = ""
    """CSS classes; empty = only the note."""
    note: str = ""
    """On hover."""
    label: str = ""
    """Stands behind, small."""
    attributes: str = ""
    """HTML, with what a visitor typed escaped; begins with a space."""


def mark_text(text: str, marks: Iterable[Mark]) -> str:
    """Return a text with its marks as HTML.

    Args:
        text: as typed.
        marks: in order, none within another; white space at their ends is left out, and what is then empty is unmarked.

    >>> mark_text("1 < 2 & 3", [Mark(1, 3, "plus", "5 bits", "+")])
    '<p class="marked" dir="auto">1 <mark class="plus" data-note="5 bits">&lt;<sup>+</sup></mark> 2 &amp; 3</p>'
    """
    parts, end = [], 0
    for mark in marks:
        words = text[mark.start : mark.end].strip()
        if words:
            start = text.index(words, mark.start)
            parts += [escape(text[end:start]), _mark(words, mark)]
            end = start + len(words)
    return f'<p class="marked" dir="auto">{"".join(parts)}{escape(text[end:])}</p>'


def _mark(words: str, mark: Mark) -> str:
    note = f' data-note="{escape(mark.note)}"' if mark.note else ""
    label = f"<sup>{escape(mark.label)}</sup>" if mark.label else ""
    return f'<mark class="{mark.looks}"{note}{mark.attributes}>{escape(words)}{label}</mark>'


def legend(looks: Iterable[tuple[str, str]]) -> str:
    """Return what each look means, as HTML: pairs of CSS classes and words, none of them a visitor's.

    >>> legend([("plus", "up")])
    '<p class="legend"><mark class="plus">up</mark></p>'
    """
    marks = (f'<mark class="{look}">{words}</mark>' for look, words in looks)
    return f'<p class="legend">{" ".join(marks)}</p>'
