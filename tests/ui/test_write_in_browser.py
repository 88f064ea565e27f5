"""The Write tab in Debian's chromium: the text as it is written, the bars of its steps, and clicks on both."""

import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect
from serving import call, serve
from tiny_models import tiny_checkpoint, tiny_model
from visitor import fill, needs_browser, open_page, settled, tab, value_of

from rnn_demo.checkpoint import save_checkpoint
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.ui.service import Service

pytestmark = needs_browser

START = [0.7, 0, 0.9, 1, "any", None, True]
"""What the page sends to a writing endpoint after the length, from the temperature on."""
LONDON = re.compile("^London.{20,}", re.DOTALL)
HOSTILE = "<script>fail()</script><img src=x onerror=fail()>{{value}}${value}`"
MUCH = re.compile(".{60,}", re.DOTALL)


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """Open the page."""
    with open_page(browser, url) as page:
        written(page).locator(".token").first.wait_for()
        yield page


def written(page: Page) -> Locator:
    return page.locator("#written .write-text")


def readable(page: Page) -> Locator:
    """Return the tokens that a pointer can reach: the tiny networks also write spaces and bytes."""
    return written(page).locator(".token:not(.blank)")


def number_of(token: Locator) -> int:
    """Return a token's place in the text, from 1."""
    return int(token.get_attribute("data-number") or "") + 1


def bars(page: Page) -> Locator:
    return page.locator("#written .write-bars")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def shows(page: Page, text: str) -> None:
    """Wait until the text is exactly this one; `to_have_text` would take any white space for any other."""
    expect(written(page)).to_have_js_property("textContent", text)


def generated(url: str, prompt: str, model: str = "lm-lstm", length: int = 80, *, seed: int = 1) -> str:
    """Return what the endpoint writes with the page's settings."""
    text: str = call(url, "generate", [prompt, model, length, *START[:3], seed, *START[4:]])[-1][1][0]
    return text


def write_longest(page: Page, length: int = 400) -> None:
    """Set the length, in tokens."""
    page.get_by_text("More settings").click()
    fill(tab(page), "Length", str(length))


def write_at_once(page: Page) -> None:
    """Show a text as fast as it comes."""
    page.get_by_label("Pace").select_option("at once")


def clamp_a_unit(page: Page, units: str) -> None:
    """Unfold the panel and name units."""
    page.get_by_text("Clamp a unit").click()
    fill(tab(page), "Units and values", units)


MOMENT = """() => {
  const [tokens, drawn] = [".token", "li.drawn"].map((each) => document.querySelectorAll(`#written ${each}`));
  const labels = [...tokens].map((token) => token.textContent.trim());
  const label = [...drawn].map((row) => row.querySelector(".label").textContent.replaceAll("␣", ""));
  return [tokens.length, labels, document.querySelector("#written .caption").textContent, label.join()];
}"""
"""Everything at once: between two questions the network writes on."""


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 400 tokens take 12 seconds or more: the tiny networks would be through before a Stop."""
    for name in ("write", "write_steps"):
        monkeypatch.setattr(Service, name, slowed(getattr(Service, name)))


def slowed(method: Any) -> Any:
    def write(self: Service, *args: Any, **kwargs: Any) -> Iterator[Any]:
        for step in method(self, *args, **kwargs):
            time.sleep(0.03)
            yield step

    return write


def test_page_opens_with_a_text_already_written(page: Page, url: str) -> None:
    expect(page.get_by_role("heading", name="RNN workbench")).to_be_visible()
    shows(page, generated(url, "Once upon a time there was a little fox who"))
    expect(bars(page).locator("li:not(.unused)")).to_have_count(10)
    assert (page.locator("#written").bounding_box() or {})["y"] < 320


def test_writing_streams_and_the_same_seed_writes_the_same(page: Page) -> None:
    first = value_of(written(page))
    press(page, "Again")
    expect(written(page)).not_to_have_js_property("textContent", first)
    assert settled(written(page)) != first
    page.get_by_text("More settings").click()
    fill(tab(page), "Seed", "1")
    press(page, "Write")
    shows(page, first)


@pytest.mark.usefixtures("slowly")
def test_stop_stops(page: Page, url: str) -> None:
    write_longest(page)
    page.get_by_label("Prompt").fill("London")
    press(page, "Write")
    expect(written(page)).to_have_text(LONDON)
    press(page, "Stop")
    stopped = settled(written(page))
    complete = generated(url, "London", length=400)
    assert complete.startswith(stopped)
    assert value_of(written(page)) == stopped != complete
    expect(page.locator("#written .write-status")).to_contain_text("Stopped after")
    press(page, "Write")
    expect(written(page)).not_to_have_js_property("textContent", stopped)


def test_stop_ends_what_the_page_has_not_shown_yet(page: Page) -> None:
    """The tiny network is through long before the page has shown its text."""
    write_longest(page)
    page.get_by_label("Pace").select_option("slow")
    press(page, "Again")
    expect(bars(page).locator("li.drawn")).to_be_visible()
    press(page, "Stop")
    expect(page.locator("#written .write-status")).to_contain_text("Stopped after")
    count = written(page).locator(".token").count()
    page.wait_for_timeout(1500)
    assert written(page).locator(".token").count() == count < 100


@pytest.mark.usefixtures("slowly")
def test_again_while_writing_leaves_one_text(page: Page, url: str) -> None:
    """The text that was being written stops, and the two never mix."""
    write_at_once(page)
    write_longest(page, 150)
    page.get_by_label("Prompt").fill("London")
    press(page, "Write")
    expect(written(page)).to_have_text(LONDON)
    press(page, "Again")
    shows(page, generated(url, "London", length=150, seed=2))
    expect(page.get_by_label("Seed")).to_have_value("2")


def test_an_example_is_written_on_and_the_bars_follow_the_prompt(page: Page, url: str) -> None:
    prompt = "The captain looked at the sea and"
    page.get_by_role("button", name=prompt).click()
    shows(page, generated(url, prompt))
    page.get_by_label("Prompt").fill("London")
    expect(bars(page)).to_contain_text("First, after your prompt")
    listed = call(url, "next_tokens", ["London", "lm-lstm", 10, 0.7])[-1][1][0]
    labels = [item["token"].replace(" ", "␣") for item in listed]
    assert bars(page).locator("li:not(.unused) .label").all_text_contents() == labels


def test_the_bars_follow_the_text_and_mark_what_was_drawn(page: Page) -> None:
    page.get_by_label("Pace").select_option("slow")
    press(page, "Again")
    expect(written(page)).to_have_class(re.compile("live"))
    seen = set()
    while len(seen) < 3:
        count, labels, caption, drawn = page.evaluate(MOMENT)
        if count:
            assert (caption.startswith(f"Token {count}"), drawn) == (True, labels[count - 1])
            seen.add(count)
        page.wait_for_timeout(300)


def test_a_token_shows_its_step_by_pointer_and_by_keyboard(page: Page) -> None:
    token = readable(page).nth(4)
    token.hover()
    expect(bars(page)).to_contain_text(f"Token {number_of(token)}, after")
    assert "%" in (token.get_attribute("aria-label") or "")
    assert "%" in (written(page).locator(".word").first.get_attribute("title") or "")
    token.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    second = written(page).locator(".token:not(:empty)").nth(1)
    expect(second).to_be_focused()
    expect(bars(page)).to_contain_text(f"Token {number_of(second)}, after")
    page.keyboard.press("Enter")
    expect(second).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Tab")
    expect(bars(page)).to_contain_text(f"Token {number_of(second)}, after")


def test_a_click_on_a_bar_writes_its_token_and_the_text_goes_on(page: Page) -> None:
    write_at_once(page)
    before = value_of(written(page))
    tokens, row = written(page).locator(".token"), bars(page).locator("li:not(.drawn, .unused)").first
    readable(page).nth(3).click()
    place = number_of(readable(page).nth(3)) - 1
    kept, label = tokens.all_text_contents()[:place], row.locator(".label").inner_text()
    row.get_by_role("button").click()
    expect(tokens.nth(place)).to_have_class(re.compile("yours"))
    assert settled(written(page)) != before
    assert tokens.all_text_contents()[:place] == kept
    tokens.nth(place).focus()
    expect(bars(page).locator("li.yours .label")).to_have_text(label)


def test_the_drawn_bar_writes_what_was_there_and_a_bar_at_the_end_lengthens_the_text(page: Page) -> None:
    write_at_once(page)
    text = value_of(written(page))
    readable(page).nth(20).click()
    bars(page).locator("li.drawn button").focus()
    page.keyboard.press("Enter")
    expect(written(page).locator(".token.yours")).to_have_count(1)
    longer = settled(written(page))
    assert longer.startswith(text)
    bars(page).locator("li button").first.click()
    expect(written(page).locator(".token.yours")).to_have_count(2)
    assert settled(written(page)).startswith(longer)


def test_the_bars_of_a_prompt_that_is_typed_write_on(page: Page) -> None:
    write_at_once(page)
    page.get_by_label("Prompt").fill("London")
    expect(bars(page)).to_contain_text("First, after your prompt")
    bars(page).locator("li button").nth(1).click()
    expect(written(page).locator(".prompt")).to_have_text("London")
    expect(written(page).locator(".token").first).to_have_class(re.compile("yours"))


def test_three_cells_write_side_by_side(page: Page, url: str) -> None:
    write_at_once(page)
    prompt = page.get_by_label("Prompt").input_value()
    page.get_by_label("Compare cells").check()
    columns = page.locator("#written .write-column")
    expect(columns.locator("h2")).to_have_text(["RNN", "GRU", "LSTM"])
    for column, name in zip(columns.all(), ("lm-rnn", "lm-gru", "lm-lstm"), strict=True):
        expect(column.locator(".write-text")).to_have_js_property("textContent", generated(url, prompt, name))
    others = [value_of(columns.nth(i).locator(".write-text")) for i in (0, 2)]
    columns.nth(1).locator(".token:not(.blank)").nth(2).click()
    columns.nth(1).locator("li:not(.drawn, .unused) button").first.click()
    expect(columns.nth(1).locator(".token.yours")).to_have_count(1)
    assert [value_of(columns.nth(i).locator(".write-text")) for i in (0, 2)] == others
    page.get_by_label("Compare cells").uncheck()
    expect(columns).to_have_count(1)


def test_a_text_is_copied_and_downloaded(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press(page, "Copy")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == value_of(written(page))
    with page.expect_download() as waiting:
        press(page, "Download .txt")
    assert waiting.value.suggested_filename == "write-lm-lstm-once-upon-a-time-there.txt"
    assert waiting.value.path().read_text(encoding="utf-8") == value_of(written(page))


@pytest.mark.parametrize(
    "prompt", ["", "<script>fail()</script><img src=x onerror=fail()>{{value}}${value}`", "é 🎉 東京"]
)
def test_whatever_is_typed_is_shown_as_text(page: Page, url: str, prompt: str) -> None:
    write_at_once(page)
    page.get_by_label("Prompt").fill(prompt)
    press(page, "Write")
    shows(page, generated(url, prompt))
    expect(page.locator("#written img, #written script")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_three_columns_fit_a_phone_and_can_be_read_by_everyone(browser: Browser, url: str, dark: bool) -> None:
    with open_page(browser, url, 390, dark=dark) as page:
        page.get_by_label("Compare cells").check()
        expect(page.locator("#written .write-column")).to_have_count(3)
        page.locator("#written .token:not(.blank)").first.click()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []


def test_write_both_shows_the_unmodified_and_the_clamped_text(page: Page, url: str) -> None:
    panel = tab(page)
    clamp_a_unit(page, "3: 5, 7: -5")
    expect(panel.locator("#clamp-direction")).to_contain_text(re.compile(r"python train.py \w+ lm-lstm"))
    expect(panel.get_by_role("slider", name=re.compile("Sentiment direction"))).to_have_count(0)
    press(page, "Write both")
    expect(page.locator("#clamp-summary")).to_contain_text("sentiment-lstm scores")
    prompt = panel.get_by_label("Prompt").input_value()
    unmodified, clamped = (
        call(url, "generate_holding", [prompt, units, "lm-lstm", -1, 80, *START[:5], 0, *START[5:]])[-1][1][0]
        for units in ({}, {"3": 5, "7": -5})
    )
    expect(page.locator("#written-unmodified textarea")).to_have_value(unmodified)
    expect(page.locator("#written-clamped textarea")).to_have_value(clamped)
    assert unmodified == value_of(written(page))  # the tab's own text, with the same settings
    panel.get_by_label("Units and values").fill("3 5")
    press(page, "Write both")
    expect(page.get_by_test_id("toast-body")).to_contain_text("not a unit with a value")


@pytest.mark.usefixtures("slowly")
def test_stop_stops_both_texts(page: Page) -> None:
    write_longest(page)
    clamp_a_unit(page, "3: 5")
    clamped, stopped = page.locator("#written-clamped textarea"), ""
    for moment in range(3):
        press(page, "Write both")
        expect(clamped).not_to_have_value(stopped)
        expect(clamped).to_have_value(MUCH)
        page.wait_for_timeout(300 * moment)
        press(page, "Stop")
        stopped = settled(clamped)
        expect(page.locator("#clamp-summary")).to_have_text("")  # what a text that was not stopped ends with
    page.wait_for_timeout(1000)
    assert clamped.input_value() == stopped


@pytest.mark.usefixtures("slowly")
def test_write_both_ends_the_text_above(page: Page, url: str) -> None:
    first = value_of(written(page))
    write_at_once(page)
    write_longest(page)
    clamp_a_unit(page, "3: 5")
    press(page, "Again")
    expect(written(page)).not_to_have_js_property("textContent", first)
    press(page, "Write both")
    expect(page.locator("#written-clamped textarea")).to_have_value(MUCH)
    above, complete = (
        settled(written(page)),
        generated(url, "Once upon a time there was a little fox who", length=400, seed=2),
    )
    assert complete.startswith(above)
    assert above != complete


def test_another_model_writes_anew_and_empties_both_texts(
    browser: Browser, checkpoints_dir: Path, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    """Also one that does not know the style that was chosen."""
    folder = Path(shutil.copytree(checkpoints_dir, tmp_path / "checkpoints"))
    for name, data in (("lm-lstm", "imdb/train"), ("lm-rnn", "tiny_shakespeare/train")):
        model = tiny_model(name, tokenizer.vocab_size)
        save_checkpoint(folder / name, model, tokenizer, replace(tiny_checkpoint(name), data=[data]))
    with serve(folder) as url, open_page(browser, url) as page:
        before = bars(page).text_content() or ""
        page.get_by_text("More settings").click()
        page.get_by_label("Style").click()
        page.get_by_role("option", name="review").click()
        clamp_a_unit(page, "3: 5")
        press(page, "Write both")
        expect(page.locator("#clamp-summary")).to_contain_text("The texts")
        tab(page).get_by_label("Model").click()
        page.get_by_role("option", name="RNN").click()
        shows(page, generated(url, page.get_by_label("Prompt").input_value(), "lm-rnn"))
        for shown in ("#written-unmodified textarea", "#written-clamped textarea"):
            expect(page.locator(shown)).to_have_value("")
        expect(page.locator("#clamp-summary")).to_have_text("")
        expect(bars(page)).not_to_have_text(before)
        expect(page.get_by_test_id("toast-body")).to_have_count(0)


def test_bars_show_what_is_left_out(page: Page) -> None:
    page.get_by_text("More settings").click()
    fill(tab(page), "Top-p", "1")
    expect(bars(page)).to_contain_text("First, after your prompt")
    expect(bars(page).get_by_text("left out")).to_have_count(0)
    fill(tab(page), "Top-k", "3")
    expect(bars(page).get_by_text("left out")).to_have_count(7)


def test_an_empty_seed_gets_a_message_that_stays_until_it_is_mended(page: Page) -> None:
    page.get_by_text("More settings").click()
    fill(tab(page), "Seed", "")
    press(page, "Write")
    message = page.get_by_test_id("toast-body")
    expect(message).to_contain_text("the seed is empty")
    fill(tab(page), "Seed", "2")
    expect(message).to_have_count(1)
    press(page, "Write")
    expect(message).to_have_count(0)
