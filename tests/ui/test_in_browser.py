"""What a visitor meets on the page, in Debian's chromium."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect
from serving import call, serve
from tiny_models import write_checkpoints
from visitor import SLOW_MS, fill, needs_browser, open_page, open_tab, tab

from rnn_demo.microscope.attribution import Attribution
from rnn_demo.microscope.surprisal import Surprisal
from rnn_demo.precomputed import Entry, Precomputed, write_precomputed
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.ui import TABS
from rnn_demo.ui.service import Service

pytestmark = needs_browser


@pytest.fixture(params=[1280])
def page(browser: Browser, url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open the page; a test may be asked for at another width."""
    with open_page(browser, url, request.param) as page:
        yield page


LUMINANCES = """(text) => {
  const paint = (colour, below) => {
    const [r, g, b, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
    return [r, g, b].map((value, i) => alpha * value + (1 - alpha) * below[i]);
  };
  const behind = (element) => element
    ? paint(getComputedStyle(element).backgroundColor, behind(element.parentElement)) : [255, 255, 255];
  const linear = (value) => value <= 10 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = behind(text);
  return [luminance(paint(getComputedStyle(text).fill, ground)), luminance(ground)];
}"""
"""Of a text that is drawn, and of what lies behind it; the formula is WCAG's."""


@pytest.mark.parametrize("dark", [False, True])
def test_text_in_figures_has_contrast(browser: Browser, url: str, dark: bool) -> None:
    """4.5 or more, which axe does not check within a drawing."""
    with open_page(browser, url, dark=dark) as page:
        for title in ("Sentiment", "Memory"):
            open_tab(page, title).locator(".main-svg").first.wait_for()
            texts = page.locator(".js-plotly-plot .main-svg text").filter(has_text=re.compile(r"\S")).all()
            assert texts
            for text in texts:
                dim, bright = sorted(text.evaluate(LUMINANCES))
                assert (bright + 0.05) / (dim + 0.05) >= 4.5, (title, text.text_content())


def spaced(text: str) -> re.Pattern[str]:
    """Match a text whose tokens may be apart, each with its mark."""
    return re.compile(r"[\s+−]*".join(re.escape(character) for character in text if character != " "))


def test_sentiment_is_scored(page: Page) -> None:
    panel = open_tab(page, "Sentiment")
    expect(panel.locator("#verdict b")).to_have_text(re.compile("negative|neutral|positive"))
    expect(panel.locator("#running-score .main-svg").first).to_be_visible()
    panel.get_by_label("Text").fill("Ada & <b>London</b>\nwas fine")
    panel.get_by_role("button", name="Score", exact=True).click()
    expect(panel.locator("#moves")).to_have_text(spaced("<b>London</b>"))
    panel.get_by_role("button", name="but the story is a mess").click()
    expect(panel.locator("#moves")).to_have_text(spaced("the story is a mess"))


def test_a_verdict_is_explained_on_request(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, attribute = [], Service.attribute

    def remember(self: Service, text: str, model: str, entity: float = 0) -> Attribution:
        asked.append(text)
        return attribute(self, text, model, entity)

    monkeypatch.setattr(Service, "attribute", remember)
    panel = open_tab(page, "Sentiment")
    panel.get_by_text("Why this score").click()
    explain = panel.get_by_role("button", name="Explain")
    explain.click()
    expect(panel.locator("#shares-sum")).to_contain_text("logits")
    expect(panel.locator("#left-out")).to_have_text(spaced("loved"))
    panel.get_by_label("Text").fill("Ada was bad")  # not scored yet: the reasons are of what is on the page
    explain.click()
    until(page, lambda: len(asked) == 2)
    assert asked[0] == asked[1]
    panel.get_by_role("button", name="Score", exact=True).click()
    expect(panel.locator("#left-out")).not_to_contain_text("loved")
    expect(panel.locator("#shares-sum")).to_have_text("")


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for something that is not on the page."""
    for _ in range(SLOW_MS // 100):
        if holds():
            return
        page.wait_for_timeout(100)
    pytest.fail("it does not come")


def test_reasons_that_come_too_late_are_not_shown(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another text was scored while they were computed."""
    leave_one_out, ready, begun = Service.leave_one_out, Event(), Event()

    def wait(self: Service, text: str, model: str) -> list[float]:
        begun.set()
        assert ready.wait(60)
        return leave_one_out(self, text, model)

    monkeypatch.setattr(Service, "leave_one_out", wait)
    panel = open_tab(page, "Sentiment")
    panel.get_by_text("Why this score").click()
    panel.get_by_role("button", name="Explain").click()
    until(page, begun.is_set)
    panel.get_by_role("button", name="but the story is a mess").click()
    expect(panel.locator("#moves")).to_have_text(spaced("the story is a mess"))
    ready.set()
    panel.get_by_role("button", name="Explain").click()  # waits until the other has ended
    expect(panel.locator("#left-out")).to_have_text(spaced("the story is a mess"))


def test_what_is_asked_for_last_is_what_stays(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long text is still being read when an example is clicked."""
    surprisal, ready, begun = Service.surprisal, Event(), Event()

    def wait(self: Service, text: str, model: str, cache: bool = False) -> Surprisal:
        if text == "Ada":
            begun.set()
            assert ready.wait(60)
        return surprisal(self, text, model, cache)

    monkeypatch.setattr(Service, "surprisal", wait)
    panel = open_tab(page, "Reading")
    marked = panel.locator("#surprises")
    panel.get_by_label("Text", exact=True).fill("Ada")
    panel.get_by_role("button", name="Read").click()
    until(page, begun.is_set)
    panel.get_by_role("button", name="The dogs that").click()
    page.wait_for_timeout(1500)  # an event of its own would have answered by now
    ready.set()
    expect(marked).to_have_text(spaced("barking"))
    page.wait_for_timeout(1000)
    expect(marked).to_have_text(spaced("barking"))


def saved(page: Page, button: Locator) -> dict[str, Any]:
    """Click a button that saves numbers, and read the file."""
    with page.expect_download(timeout=SLOW_MS) as waiting:
        button.click()
    assert waiting.value.suggested_filename.endswith(".json")
    numbers: dict[str, Any] = json.loads(waiting.value.path().read_text(encoding="utf-8"))
    return numbers


def test_a_figure_can_be_downloaded_as_numbers_and_as_a_picture(page: Page, url: str) -> None:
    """The numbers are those of the endpoint, for the text that the figure is of, also the second time."""
    panel = open_tab(page, "Sentiment")
    panel.locator("#running-score .main-svg").first.wait_for()
    numbers_button = panel.get_by_role("button", name="Download data").first
    for text in ("Ada was fine", "Ada was bad é 東京"):
        panel.get_by_label("Text").fill(text)
        panel.get_by_role("button", name="Score", exact=True).click()
        expect(panel.locator("#moves")).to_have_text(spaced(text))
        panel.get_by_label("Text").fill("London")  # not scored: the figure is of the other
        assert saved(page, numbers_button) == call(url, "score_sentiment", [text])[-1][1][0]
    panel.locator("#running-score").hover()
    expect(panel.locator(".modebar-btn--logo")).to_have_count(0)
    with page.expect_download(timeout=SLOW_MS) as waiting:
        panel.locator("#running-score .modebar-btn[data-title*='PNG']").click()
    assert waiting.value.suggested_filename == "sentiment-running-score.png"
    assert waiting.value.path().read_bytes().startswith(b"\x89PNG")


def test_numbers_are_of_what_is_shown_and_not_of_what_is_typed_since(page: Page, url: str) -> None:
    panel = open_tab(page, "Reading")
    panel.get_by_label("Text", exact=True).fill("Ada was fine")
    panel.get_by_role("button", name="Read", exact=True).click()
    expect(panel.locator("#surprises")).to_have_text(spaced("Ada was fine"))
    panel.get_by_label("Text", exact=True).fill("another text")
    numbers = saved(page, panel.get_by_role("button", name="Download data"))
    assert "".join(token["token"] for token in numbers["lm-lstm"]["tokens"]) == "Ada was fine"

    panel = open_tab(page, "Memory")
    save = panel.get_by_role("button", name="Download data")
    steps, clipping = (
        panel.get_by_text("How much each step can amplify the gradient"),
        panel.get_by_text("What clipping does"),
    )
    shown = saved(page, save.first)
    panel.get_by_label("Text", exact=True).fill("another text")
    assert saved(page, save.first) == shown
    assert shown != call(url, "gradient_over_distance", ["another text", "lm"])[-1][1][0]
    steps.click()
    save.nth(1).click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("nothing is shown yet: press Measure the steps")
    panel.get_by_role("button", name="Measure the steps").click()
    expect(panel.locator("#singular-values-summary")).to_contain_text("untrained")
    clipping.click()
    panel.get_by_role("button", name="Take the step").click()
    expect(panel.locator("#clipping-summary")).to_contain_text("gradient norm")
    panel.get_by_label("Text", exact=True).fill("a third one")
    stretches = saved(page, save.nth(1))
    assert stretches == call(url, "singular_values", ["another text", "lm"])[-1][1][0]
    step = saved(page, save.nth(2))["lm-gru"]
    assert step == call(url, "clipped_step", ["another text", "lm-gru", 1.0, 1.0])[-1][1][0]


def test_an_entity_is_explained_on_request(page: Page, url: str) -> None:
    panel = open_tab(page, "Entities")
    text = "Ada met Babbage 👩‍👧 in Paris"
    panel.get_by_label("Text").fill(text)
    panel.get_by_role("button", name="Tag").click()
    expect(panel.locator("#entities")).to_contain_text("Babbage")
    panel.get_by_text("Why this entity").click()
    panel.get_by_label("Entity").click()
    page.get_by_role("option").last.click()
    panel.get_by_role("button", name="Explain").click()
    expect(panel.locator("#entity-shares-sum")).to_contain_text("log-odds")
    expect(panel.locator("#entity-left-out")).to_have_text(spaced("Babbage"))
    count = len(call(url, "tag_entities", [text])[-1][1][0]["entities"])
    numbers = saved(page, panel.get_by_role("button", name="Download data").last)
    assert numbers == call(url, "attribute", [text, "ner-lstm", count - 1])[-1][1][0]
    panel.get_by_label("Entity").click()
    page.get_by_role("option").first.click()
    expect(panel.locator("#entity-shares-sum")).to_have_text("")  # it was said of another entity


def test_entities_are_marked_and_listed(page: Page) -> None:
    panel = open_tab(page, "Entities")
    panel.get_by_label("Text").fill("Ada met Babbage 👩‍👧 in Paris")
    panel.get_by_role("button", name="Tag").click()
    expect(panel.locator("#entities")).to_contain_text("Paris")
    panel.get_by_text("Table of all words").click()
    expect(panel.get_by_role("grid")).to_contain_text("Babbage")
    panel.get_by_label("parts of speech").check()
    expect(panel.locator("#entities mark")).to_have_count(6)
    panel.get_by_label("names", exact=True).check()
    panel.get_by_role("button", name="Ford said on").click()
    expect(panel.get_by_role("grid")).to_contain_text("Harrison")
    panel.get_by_label("Text").fill("Ada")  # not read: what stands there is of the other
    assert "Harrison" in saved(page, panel.get_by_role("button", name="Download data").first)["text"]


def test_reading_compares_the_language_models(page: Page) -> None:
    panel = open_tab(page, "Reading")
    expect(panel.locator("#surprisal .main-svg").first).to_be_visible()
    panel.get_by_label("Text", exact=True).fill("Ada <b>met</b> Babbage 👩‍👧")
    panel.get_by_role("button", name="Read").click()
    expect(panel.locator("#surprises")).to_have_text(spaced("<b>met</b> Babbage 👩‍👧"))
    for title in ("LSTM", "GRU", "RNN"):
        expect(panel.locator("#surprisal-summary")).to_contain_text(f"{title} ")
    panel.get_by_role("button", name="The dogs that").click()
    expect(panel.locator("#surprises")).to_have_text(spaced("barking"))
    expect(panel.locator("#surprisal-summary")).not_to_contain_text("cache")
    panel.get_by_label("Remember this text").check()
    expect(panel.locator("#surprisal-summary")).to_contain_text(re.compile(r"cache.+LSTM \d+\.\d\d to \d+\.\d\d;"))
    numbers = saved(page, panel.get_by_role("button", name="Download data"))
    assert f"{numbers['lm-lstm']['bits_per_char']:.2f}" in (panel.locator("#surprisal-summary").text_content() or "")


def test_memory_is_measured_for_each_cell(page: Page) -> None:
    panel = open_tab(page, "Memory")
    expect(panel.locator("#gradients .main-svg").first).to_be_visible()
    for name in ("RNN", "GRU", "LSTM"):
        expect(panel.locator("#gradient-summary")).to_contain_text(name)
    panel.get_by_text("How much each step can amplify the gradient").click()
    panel.get_by_role("button", name="Measure the steps").click()
    expect(panel.locator("#singular-values-summary")).to_contain_text("in GRU (untrained")
    expect(panel.locator("#singular-values .main-svg").first).to_be_visible()
    panel.get_by_text("What clipping does").click()
    panel.get_by_role("button", name="Take the step").click()
    expect(panel.locator("#clipping-summary")).to_contain_text("GRU: the gradient norm")
    expect(panel.locator("#clipping-parts")).to_contain_text("RNN")
    panel.get_by_label("Networks").click()
    page.get_by_role("option", name="sentiment").click()
    expect(panel.locator("#gradient-summary")).not_to_contain_text("RNN")
    expect(panel.locator("#singular-values-summary")).to_have_text("")  # it was said of other lines


def open_hidden_states(page: Page) -> Locator:
    """Open the tab and unfold its choices."""
    panel = open_tab(page, "Hidden states")
    expect(panel.locator("#trajectory .main-svg").first).to_be_visible()
    panel.get_by_text("Every cell, layers").click()
    return panel


def test_hidden_states_are_drawn_for_any_model_and_layer(page: Page) -> None:
    panel = open_hidden_states(page)
    expect(panel.locator("#heatmap .main-svg").first).to_be_visible()
    expect(panel.locator("#trace-summary")).to_contain_text("Layer 1 has 12 units")
    panel.get_by_label("Model").click()
    page.get_by_role("option", name="entities: LSTM").click()
    expect(panel.locator("#trace-summary")).to_contain_text("forward encoder")  # only of taggers
    panel.get_by_label("Layer").click()
    page.get_by_role("option", name="0 (nearest to the words)").click()
    expect(panel.locator("#trace-summary")).to_contain_text("Layer 0 has 12 units")
    panel.get_by_label("Show", exact=True).click()
    page.get_by_role("option", name="forget").click()
    panel.get_by_label("Text", exact=True).fill("London")
    panel.get_by_role("button", name="Read", exact=True).click()
    expect(panel.locator("#trajectory")).to_contain_text("London")


def test_a_text_is_coloured_by_one_unit_and_held_out_passages_are_shown(page: Page) -> None:
    panel = open_tab(page, "Units")
    summary = panel.locator("#unit-summary")
    expect(panel.locator("#unit-text")).to_have_text(spaced("to London,"))
    for place in ("#unit-highest", "#unit-lowest"):
        expect(panel.locator(f"{place} .token.highlighted").nth(1)).to_be_visible()
    panel.get_by_label("Unit", exact=True).click()
    page.get_by_role("option", name="unit 7", exact=True).click()
    expect(summary).to_contain_text("Unit 7 of layer 1")
    panel.get_by_text("Layer and quantity").click()
    panel.get_by_label("Layer").click()
    page.get_by_role("option", name="0 (nearest to the words)").click()
    expect(summary).to_contain_text("of layer 0")
    panel.get_by_label("Text", exact=True).fill("Ada <b>met</b> Babbage 👩‍👧")
    panel.get_by_role("button", name="Read", exact=True).click()
    expect(panel.locator("#unit-text")).to_have_text(spaced("<b>met</b> Babbage 👩‍👧"))
    panel.get_by_label("Model").click()
    page.get_by_role("option", name="entities: LSTM").click()
    expect(summary).to_contain_text("of layer 1")
    panel.get_by_role("button", name="In 1914 Dr. Watson").click()
    expect(panel.locator("#unit-text")).to_have_text(spaced("Baker Street."))


def test_a_row_of_the_table_chooses_its_unit(browser: Browser, checkpoints_dir: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoints_dir, tmp_path / "checkpoints"))
    correlations = np.eye(2, 12, dtype=np.float32) * [[0.5], [0.75]]
    section = Entry({"1.correlations": correlations}, {"features": ["inside quotes", "how positive the review is"]})
    write_precomputed(folder / "lm-lstm", Precomputed({"units": section}))
    with serve(folder) as url, open_page(browser, url) as page:
        panel = open_tab(page, "Units")
        expect(panel.locator("#unit-summary")).to_contain_text("inside quotes (r = +0.50)")
        expect(panel.locator("#unit-table")).to_contain_text("▸ inside quotes")
        panel.get_by_role("gridcell", name="how positive the review is").click()
        expect(panel.locator("#unit-summary")).to_contain_text("Unit 1 of layer 1 is highest")
        expect(panel.locator("#unit-table")).to_contain_text("▸ how positive the review is")


def test_saved_numbers_are_of_the_text_that_is_shown(page: Page) -> None:
    """They were of what stood in the textbox."""
    panel = open_tab(page, "Units")
    panel.get_by_label("Text", exact=True).fill("Ada met Babbage")
    panel.get_by_role("button", name="Read", exact=True).click()
    expect(panel.locator("#unit-text")).to_have_text(spaced("Ada met Babbage"))
    expect(panel.locator("#unit-highest .token.highlighted").first).to_be_visible()
    panel.get_by_label("Text", exact=True).fill("something else")
    numbers = saved(page, panel.get_by_role("button", name="Download data"))
    assert "".join(numbers["trace"]["tokens"]) == "Ada met Babbage"
    panel = open_hidden_states(page)
    panel.get_by_role("button", name="not bad / not good").click()
    expect(panel.locator("#trace-summary")).to_contain_text("The paths part at")
    panel.get_by_label("Text", exact=True).fill("something else")
    panel.get_by_label("Compare with").fill("")
    (numbers,) = saved(page, panel.get_by_role("button", name="Download data"))
    assert ["".join(text["tokens"]) for text in numbers["texts"]] == ["The film was not bad.", "The film was not good."]


def test_a_gate_has_its_own_colours_and_is_explained(page: Page) -> None:
    panel = open_tab(page, "Units")
    panel.get_by_text("Layer and quantity").click()
    panel.get_by_label("Show", exact=True).click()
    page.get_by_role("option", name="forget gate (0 = erase, 1 = keep)").click()
    expect(panel.locator("#unit-summary")).to_contain_text("1 (keep the cell state)")
    expect(panel.locator("#unit-text")).to_contain_text("over 0.6")
    expect(panel.locator("#unit-text")).not_to_contain_text("below 0")
    panel = open_hidden_states(page)
    panel.get_by_label("Show", exact=True).click()
    page.get_by_role("option", name="forget gate (0 = erase, 1 = keep)").click()
    expect(panel.locator("#map-caption")).to_contain_text("1 (keep the cell state)")


def test_similar_passages_are_found_for_words_of_the_text(page: Page) -> None:
    panel = open_tab(page, "Units")
    panel.get_by_label("Text", exact=True).fill("It was a fine evening in <b>Rome</b>.")
    panel.get_by_text("Find similar passages").click()
    fill(panel, "Words", "evening")
    panel.get_by_role("button", name="Find", exact=True).click()
    expect(panel.locator("#similar-summary")).to_contain_text("through these words")
    panel.get_by_label("Words").fill("<i>nowhere</i>")
    panel.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("'<i>nowhere</i>' is not in the text")


def test_a_path_is_walked_word_by_word_without_the_server(page: Page) -> None:
    panel = open_tab(page, "Hidden states")
    points = panel.locator("#trajectory .scatterlayer .trace").first.locator(".point")
    words, lit = panel.locator(".sentence span"), panel.locator(".sentence .lit")
    expect(points).to_have_count(words.count())
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    words.nth(2).click()
    expect(lit).to_have_text(" was")
    expect(points).to_have_count(3)
    panel.get_by_label("Words read").fill("2")
    expect(lit).to_have_text(" film")
    expect(points).to_have_count(2)
    panel.get_by_role("button", name="Play").click()
    expect(points).to_have_count(words.count())
    expect(panel.get_by_role("button", name="Play")).to_be_visible()
    assert [url for url in requests if "queue" in url] == []


def test_a_swapped_word_parts_the_paths(page: Page) -> None:
    panel = open_tab(page, "Hidden states")
    panel.get_by_label("Compare with").fill("good -> bad")
    panel.get_by_label("Compare with").press("Enter")
    expect(panel.locator("#trace-summary")).to_contain_text("The paths part at good / bad (number 5)")
    expect(panel.locator(".sentence")).to_have_count(2)


def test_words_are_points_and_subwords_on_request(page: Page) -> None:
    panel = open_hidden_states(page)
    panel.get_by_label("Text", exact=True).fill("Zxqvians met")
    panel.get_by_role("button", name="Read", exact=True).click()
    expect(panel.locator(".sentence span")).to_have_text(["Zxqvians", " met"])
    panel.get_by_label("Show subwords").check()
    expect(panel.locator(".sentence span").nth(2)).to_be_visible()


def test_a_path_is_compared_with_that_of_another_text(page: Page) -> None:
    panel = open_hidden_states(page)
    expect(panel.locator("#trace-summary")).not_to_contain_text("part at")
    panel.get_by_role("button", name="not bad / not good").click()
    expect(panel.locator("#trace-summary")).to_contain_text("The paths part at")
    expect(panel.locator("#trajectory .legendtext")).to_have_text(["The film was not bad.", "The film was not good."])
    panel.get_by_label("Compare with").fill("")
    panel.get_by_role("button", name="Read", exact=True).click()
    expect(panel.locator("#trace-summary")).not_to_contain_text("part at")


def test_a_path_is_coloured_and_drawn_in_space(page: Page) -> None:
    panel = open_hidden_states(page)
    figure = panel.locator("#trajectory")
    expect(figure).to_contain_text("P(positive)")
    panel.get_by_label("position").check()
    expect(figure).not_to_contain_text("P(positive)")
    panel.get_by_label("3-D").check()
    expect(figure.locator("canvas").first).to_be_visible()


def test_a_text_is_drawn_for_every_cell(page: Page) -> None:
    panel = open_hidden_states(page)
    panel.get_by_label("Model").click()
    page.get_by_role("option", name="language model: GRU").click()
    panel.get_by_label("The same text with every cell").check()
    for cell in ("rnn", "gru", "lstm"):
        expect(panel.locator(f"#cell-{cell} .main-svg").first).to_be_visible()
        expect(panel.locator(f"#cell-{cell}-summary")).to_contain_text(f"{cell.upper()}, layer 1, h.")
    expect(panel.locator("#trajectory")).to_be_hidden()


def test_fixed_points_are_computed_on_request(page: Page) -> None:
    panel = open_tab(page, "Attractor")
    expect(panel.locator("#attractor-summary")).to_contain_text("Not computed yet for LSTM")
    panel.get_by_role("button", name="Download data").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("nothing is shown yet")
    panel.get_by_role("button", name="Compute it again").click()
    fill(panel, "Text", "It was a good evening, and never bad.")
    panel.get_by_role("button", name="Compute", exact=True).click()
    expect(panel.locator("#attractor-summary")).to_contain_text("h stands still")
    expect(panel.locator("#attractor-status")).to_contain_text("Done")
    expect(panel.locator("#fixed-points .main-svg").first).to_be_visible()
    numbers = saved(page, panel.get_by_role("button", name="Download data"))
    assert f"{len(numbers['trained']['points'])} of" in (panel.locator("#attractor-summary").text_content() or "")


def test_a_search_for_fixed_points_is_stopped_and_begun_again(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    search = Service.search_fixed_points

    def search_slowly(self: Service, texts: list[str], model: str) -> Iterator[Any]:
        for step in search(self, texts, model):
            time.sleep(0.2)
            yield step

    with monkeypatch.context() as slow:
        slow.setattr(Service, "search_fixed_points", search_slowly)
        panel = open_tab(page, "Attractor")
        panel.get_by_role("button", name="Compute it again").click()
        panel.get_by_role("button", name="Compute", exact=True).click()
        expect(panel.locator("#attractor-status")).to_contain_text("Searching")
        panel.get_by_role("button", name="Stop").click()
        expect(panel.locator("#attractor-status")).to_have_text(re.compile(r"^\s*Stopped\.\s*$"))
        expect(panel.locator("#attractor-summary")).to_contain_text("Not computed yet")
    panel.get_by_role("button", name="Compute", exact=True).click()
    expect(panel.locator("#attractor-status")).to_contain_text("Done")


def unfold_all(page: Page) -> None:
    """Open every accordion of the tab."""
    for accordion in tab(page).locator("button.label-wrap:not(.open)").all()[::-1]:
        accordion.click()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_tab_can_be_read_by_everyone(browser: Browser, url: str, width: int, dark: bool) -> None:
    """No fault that axe knows (contrast, names, roles, order, keyboard), with every accordion open."""
    axe, violations = Axe(), {}
    with open_page(browser, url, width, dark=dark) as page:
        for title in TABS:
            open_tab(page, title)
            unfold_all(page)
            page.wait_for_timeout(800)
            violations[title] = [violation["id"] for violation in axe.run(page).response["violations"]]
            assert page.evaluate("document.documentElement.scrollWidth") == width, title
    assert violations == {title: [] for title in TABS}


def test_a_figure_is_saved_with_its_title_as_png_and_svg(page: Page) -> None:
    panel = open_tab(page, "Hidden states")
    panel.locator("#trajectory .main-svg").first.hover()
    camera = panel.locator("#trajectory .modebar-btn[data-title*=Shift]")
    with page.expect_download() as png:
        camera.click()
    with page.expect_download() as svg:
        camera.click(modifiers=["Shift"])
    assert png.value.suggested_filename == "hidden-states-path.png"
    width = int.from_bytes(png.value.path().read_bytes()[16:20], "big")
    box = panel.locator("#trajectory .js-plotly-plot").bounding_box()
    assert box is not None
    assert width == pytest.approx(2 * box["width"], abs=4)
    assert svg.value.suggested_filename == "hidden-states-path.svg"
    assert "Hidden states path" in svg.value.path().read_text()
    expect(panel.locator("#trajectory .gtitle")).to_have_count(0)  # on the page the tab says what it is


def test_models_are_listed(page: Page) -> None:
    panel = open_tab(page, "Models")  # without a chart, as the tiny models were not measured on the task's data
    for name in ("lm-lstm", "lm-gru", "lm-rnn", "sentiment-lstm", "ner-lstm"):
        expect(panel.get_by_role("grid")).to_contain_text(name)


def test_a_text_that_is_too_long_gets_a_message(page: Page) -> None:
    panel = open_tab(page, "Sentiment")
    panel.get_by_label("Text").fill("x" * 20_001)
    panel.get_by_role("button", name="Score", exact=True).click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("the text has 20,001")


@pytest.mark.parametrize("title", ["Sentiment", "Entities", "Reading", "Hidden states", "Units", "Memory"])
def test_an_empty_text_clears_a_tab_and_a_line_explains_it(page: Page, title: str) -> None:
    panel = open_tab(page, title)
    panel.get_by_label("Text", exact=True).first.fill("")
    panel.get_by_role("button", name=re.compile("^(Score|Tag|Read|Measure)$")).click()
    expect(panel.get_by_text("; give at least")).to_be_visible()
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
    expect(panel.get_by_text("Error", exact=True)).to_have_count(0)
    expect(panel.locator(".js-plotly-plot").filter(visible=True)).to_have_count(0)
    panel.get_by_label("Text", exact=True).first.fill("a fine film")
    panel.get_by_role("button", name=re.compile("^(Score|Tag|Read|Measure)$")).click()
    expect(panel.get_by_text("; give at least")).to_have_count(0)


def test_page_swaps_its_first_screen_with_its_model(
    browser: Browser, url: str, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    """Other weights in the same files must show: nothing on the page is stored text."""
    with open_page(browser, url) as page:
        before = first_screens(page)
    with serve(write_checkpoints(tmp_path, tokenizer, seed=1)) as other_url, open_page(browser, other_url) as page:
        after = first_screens(page)
    assert before.keys() == after.keys()
    for screen, shown in before.items():
        assert shown != after[screen], screen


def first_screens(page: Page) -> dict[str, str]:
    """Collect what the tabs show when they are opened, before anything is clicked."""
    page.locator("#written .token").first.wait_for()
    shown = {
        "text": page.locator("#written .write-text").text_content() or "",
        "bars": page.locator("#written .write-bars").text_content() or "",
    }
    open_tab(page, "Sentiment").locator("#running-score .main-svg").first.wait_for()
    shown["verdict"] = page.locator("#verdict").inner_text()
    shown["entities"] = open_tab(page, "Entities").locator("#entities").inner_html()
    open_tab(page, "Hidden states").locator("#trajectory .main-svg").first.wait_for()
    shown["path"] = page.locator("#trajectory .xaxislayer-above").text_content() or ""
    return shown


def test_a_page_without_checkpoints_says_how_to_train_them(browser: Browser, tmp_path: Path) -> None:
    with serve(tmp_path) as url, open_page(browser, url) as page:
        for title, task in (("Write", "lm"), ("Sentiment", "sentiment"), ("Entities", "ner")):
            panel = open_tab(page, title)
            expect(panel).to_contain_text(f"{task}-lstm/config.json")
            expect(panel).to_contain_text(f"python train.py {task} --cell lstm")
            expect(panel.get_by_role("button", name=re.compile("Write|Score|Find"))).to_have_count(0)
        expect(open_tab(page, "Models")).to_contain_text("cannot be used")
