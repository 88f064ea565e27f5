"""Reading: words coloured by their surprisal, and what a text costs each model in plain words."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect
from serving import call
from visitor import SLOW_MS, needs_browser, open_page, open_tab

from rnn_demo.microscope.surprisal import Surprisal, SurprisingToken
from rnn_demo.ui.reading_tab import NOT_COPIED, bits_of, colour_surprise, compare_readings, describe
from rnn_demo.ui.shared.theme import DARK_SURPRISE_COLOURS, SURPRISE_COLOURS
from rnn_demo.words import words_of

ELEPHANT = ((" an", 1.0), (" e", 10.0), ("le", 2.0), ("phant", 1.0), (".", 1.0))


def surprisal_of(subwords: Sequence[tuple[str, float]]) -> Surprisal:
    """Make up the surprisal of a text of these subwords."""
    ends = [sum(len(subword) for subword, _ in subwords[:n]) for n in range(len(subwords) + 1)]
    tokens = zip(subwords, ends, ends[1:], strict=False)
    return Surprisal(tuple(SurprisingToken(subword, *span, bits) for (subword, bits), *span in tokens), 2.2, 45.25, 0)


def described(subwords: Sequence[tuple[str, float]]) -> str:
    surprisal = surprisal_of(subwords)
    words = words_of(surprisal.tokens)
    bits = {"LSTM, best": bits_of(words, surprisal)}
    return describe(words, bits, {"LSTM, best": surprisal}, {"LSTM, best": "lstm"})


def test_the_most_surprising_word_has_the_bits_of_all_its_subwords() -> None:
    description = described(ELEPHANT)
    assert "The LSTM found “elephant” most surprising: **1 in 8,192** (13.0 bits)" in description
    assert "LSTM, best **2.20** (perplexity 45)" in description
    assert "“&#60;b” most surprising" in described((("a", 1.0), (" <b", 10.0)))


def test_a_word_is_coloured_by_its_bits_which_stand_in_its_note() -> None:
    costs = (0.0, 2.0, 2.1, 6.5, 30.0)
    surprisal = surprisal_of([(f" {word}", bits) for word, bits in zip("abcde", costs, strict=True)])
    words = words_of(surprisal.tokens)
    html = colour_surprise(" a b c d e", words, bits_of(words, surprisal))
    looks = [f'<mark class="surprise-{level}" data-note="' for level in (0, 0, 1, 2, 3)]
    places = [html.index(look) for look in looks]
    assert places == sorted(places)
    assert 'data-note="6.5 bits: 1 in 91">d</mark>' in html
    for name in SURPRISE_COLOURS:
        assert f">{name}</mark>" in html


def test_the_greatest_surprise_is_brightest_on_a_dark_page() -> None:
    assert list(DARK_SURPRISE_COLOURS) == list(SURPRISE_COLOURS)
    brightness = [sum(bytes.fromhex(colour[1:])) for colour in DARK_SURPRISE_COLOURS.values()]
    assert max(brightness) == brightness[-1]


def test_a_second_reading_is_compared_with_the_first() -> None:
    def reading_of(again: float) -> Surprisal:
        return surprisal_of([("Ada", 8.0), (" ran", 4.0), (" Ada", again), (" ran", 3.0)])

    comparison = compare_readings("Ada ran Ada ran", {"LSTM": reading_of(6.0), "GRU": reading_of(9.0)})
    assert "LSTM 12.0 and **9.0**; GRU 12.0 and **12.0**." in comparison
    assert NOT_COPIED in comparison
    assert NOT_COPIED not in compare_readings("Ada ran Ada ran", {"LSTM": reading_of(1.0)})
    assert compare_readings("Ada ran Ada sat", {"LSTM": reading_of(6.0)}) == ""
    assert compare_readings("Ada ran Ada ran", {"LSTM": replace(reading_of(6.0), num_skipped=1)}) == ""


@needs_browser
def test_lines_are_named_at_their_ends_and_words_stand_whole_on_the_axis(browser: Browser, url: str) -> None:
    with open_page(browser, url) as page:
        panel = open_tab(page, "Reading")
        read(page, "His elephant met Zanzibar.")
        names = panel.locator("#surprisal .annotation")
        expect(names).to_have_count(3)
        for title in ("LSTM", "GRU", "RNN"):
            expect(names.filter(has_text=title)).to_have_count(1)
        expect(panel.locator("#surprisal .legendtext")).to_have_count(0)
        expect(panel.locator("#surprisal .xaxislayer-above")).to_contain_text("elephant")
        words = panel.locator("#surprises .marked mark")
        expect(words).to_have_text(["His", "elephant", "met", "Zanzibar", "."])
        tokens = call(url, "surprisal", ["His elephant met Zanzibar.", "lm-lstm"])[-1][1][0]["tokens"]
        elephant = sum(token["bits"] for token in tokens if token["start"] >= 3 and token["end"] <= 12)
        note = words.nth(1).get_attribute("data-note")
        assert note is not None
        assert note.startswith(f"{elephant:.1f} bits: 1 in ")
        panel.get_by_label("Show subwords").check()
        expect(words).to_have_count(sum(bool(token["token"].strip()) for token in tokens))


@needs_browser
def test_the_words_are_saved_as_a_table_with_a_column_a_model(browser: Browser, url: str) -> None:
    with open_page(browser, url) as page:
        panel = open_tab(page, "Reading")
        read(page, "Ada met =1+1")
        panel.get_by_label("Text", exact=True).fill("another text")
        with page.expect_download(timeout=SLOW_MS) as waiting:
            panel.get_by_role("button", name="Download table").click()
        headers, *rows = waiting.value.path().read_text(encoding="utf-8").splitlines()
    assert headers == 'word,start,end,"bits, LSTM","bits, GRU","bits, RNN"'
    assert [row.split(",")[0] for row in rows] == ["Ada", "met", "'=", "1", "'+", "1"]


@needs_browser
@pytest.mark.parametrize("text", ["Фильм был хорош " * 20, "我喜欢这部电影" * 60, "x" * 300, "👩‍👧 " * 40 + "a"])
def test_odd_texts_keep_their_shape_on_a_phone(browser: Browser, url: str, text: str) -> None:
    with open_page(browser, url, 390) as page:
        read(page, text)
        assert page.locator("#surprises .marked").text_content() == text
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def read(page: Page, text: str) -> None:
    """Read a text and wait until it is shown."""
    panel = open_tab(page, "Reading")
    panel.get_by_label("Text", exact=True).fill(text)
    panel.get_by_role("button", name="Read", exact=True).click()
    expect(panel.locator("#surprises .marked")).to_have_text(text)
