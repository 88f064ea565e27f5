"""A marked text, as HTML, is the text; nothing in it is markup, and every mark has its note."""

import itertools
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_demo.ui.shared.marked_text import Mark, legend, mark_text
from rnn_demo.ui.shared.theme import CSS, MARKS


def text_of(html: str) -> str:
    """Return what a reader sees of a marked text, without the legend."""
    return unescape(re.sub("<[^>]*>", "", html.partition('<p class="legend">')[0]))


@given(st.text(), st.lists(st.integers(0, 40), max_size=8))
def test_a_marked_text_is_the_text(text: str, ends: list[int]) -> None:
    ends = [0, *sorted(min(end, len(text)) for end in ends)]
    marks = [Mark(start, end, "up-1", "<i>") for start, end in itertools.pairwise(ends)]
    assert text_of(mark_text(text, marks)) == text


def test_a_mark_is_around_the_words_and_not_the_space() -> None:
    html = mark_text("a  fine day", [Mark(1, 7, "up-2", "0.50 → 0.75", "++"), Mark(7, 8)])
    assert '>a  <mark class="up-2" data-note="0.50 → 0.75">fine<sup>++</sup></mark> day<' in html


def test_what_a_visitor_typed_is_never_markup() -> None:
    html = mark_text("<script>${alert(1)}</script>", [Mark(0, 28, note='"><img src=x>')])
    assert set(re.findall("</?[a-z]+", html)) == {"<p", "<mark", "</mark", "</p"}
    assert 'data-note="&quot;&gt;' in html


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_look_has_its_colour_and_text_on_it_has_contrast(dark: bool) -> None:
    def luminance(colour: str) -> float:
        red, green, blue = ((value / 255 / 1.055 + 0.052) ** 2.4 for value in bytes.fromhex(colour[1:]))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for name, colours in MARKS.items():
        assert f"mark.{name} {{ --tint: {colours[0]} }}" in CSS
        assert f'<mark class="{name}">' in legend([(name, "words")])
        low, high = sorted((luminance(colours[dark]), luminance("#f1f5f9" if dark else "#1e293b")))
        assert (high + 0.05) / (low + 0.05) >= 4.5, name
