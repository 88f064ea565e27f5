"""A visitor at the page, in Debian's chromium. Any error on the browser's console fails the test."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from serving import call, serve
from tiny_models import write_checkpoints

from rnn_demo.tokenizer import Tokenizer
from rnn_demo.ui import TABS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", OFFLINE]
SLOW_MS = 60_000  # two cores, maybe with a training beside

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs a browser: apt-get install --no-install-recommends chromium fonts-dejavu-core"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=[1280])
def page(browser: Browser, url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open the page; a test may be asked for at another width."""
    with open_page(browser, url, request.param) as page:
        yield page


@contextmanager
def open_page(browser: Browser, url: str, width: int = 1280) -> Iterator[Page]:
    """Open an address, and fail at the end if the console told of an error."""
    errors: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.set_default_timeout(SLOW_MS)
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    page.get_by_role("tab", name="Write").wait_for()
    yield page
    context.close()
    assert errors == []


def open_tab(page: Page, title: str) -> Locator:
    page.get_by_role("tab", name=title, exact=True).click()
    return page.get_by_role("tabpanel").filter(visible=True)


def written(page: Page) -> Locator:
    return page.locator("#written textarea")


def settled(page: Page) -> str:
    """Wait until the text has not grown for a second."""
    text = written(page).input_value()
    while True:
        page.wait_for_timeout(1000)
        if (now := written(page).input_value()) == text:
            return now
        text = now


def test_page_opens_with_a_text_already_written(page: Page) -> None:
    expect(page.get_by_role("heading", name="RNN workbench")).to_be_visible()
    assert len(written(page).input_value()) > len("It was a dark and stormy night, and") + 20
    expect(page.locator("#next-tokens .main-svg").first).to_be_visible(timeout=SLOW_MS)


def test_writing_streams_and_the_same_seed_writes_the_same(page: Page) -> None:
    first = written(page).input_value()
    page.get_by_role("button", name="Again").click()
    expect(written(page)).not_to_have_value(first, timeout=SLOW_MS)
    other = settled(page)
    assert other != first
    page.get_by_text("More settings").click()
    page.wait_for_timeout(500)  # a value typed while the settings unfold is lost by gradio
    page.get_by_label("Seed").fill("1")
    page.get_by_role("button", name="Write").click()
    expect(written(page)).to_have_value(first, timeout=SLOW_MS)


def write_longest(page: Page) -> None:
    """Set the length to 400 tokens, and see it set: a value typed while the settings unfold is lost by gradio."""
    page.get_by_text("More settings").click()
    for _ in range(50):
        page.get_by_role("spinbutton", name=re.compile("Length")).fill("400")
        page.get_by_label("Prompt").focus()
        page.wait_for_timeout(100)
        if page.get_by_role("slider", name=re.compile("Length")).input_value() == "400":
            return
    pytest.fail("the length does not take 400")


def test_stop_stops(page: Page) -> None:
    write_longest(page)
    page.get_by_label("Prompt").fill("London")
    page.get_by_role("button", name="Write").click()
    expect(written(page)).to_have_value(re.compile("^London.{20,}", re.DOTALL), timeout=SLOW_MS)
    page.get_by_role("button", name="Stop").click()
    page.wait_for_timeout(500)
    stopped = written(page).input_value()
    page.wait_for_timeout(1500)
    assert written(page).input_value() == stopped
    expect(page.get_by_role("button", name="Write")).to_be_enabled()


def test_again_while_writing_leaves_one_text(page: Page, url: str) -> None:
    """The text that was being written stops, and the two never mix."""
    write_longest(page)
    page.get_by_label("Prompt").fill("London")
    page.get_by_role("button", name="Write").click()
    expect(written(page)).to_have_value(re.compile("^London.{20,}", re.DOTALL), timeout=SLOW_MS)
    page.get_by_role("button", name="Again").click()
    alone = call(url, "generate", ["London", "lm-lstm", 400, 0.8, 0, 1, 2])[-1][1][0]
    expect(written(page)).to_have_value(alone, timeout=SLOW_MS)
    expect(page.get_by_label("Seed")).to_have_value("2")


def test_an_example_is_written_on_and_the_bars_follow_the_prompt(page: Page) -> None:
    bars = page.locator("#next-tokens .yaxislayer-above")
    before = bars.text_content() or ""
    page.get_by_role("button", name="The captain looked at the sea and").click()
    expect(written(page)).to_have_value(re.compile("^The captain looked at the sea and.+", re.DOTALL), timeout=SLOW_MS)
    expect(bars).not_to_have_text(before, timeout=SLOW_MS)


def test_another_model_shows_other_bars(page: Page) -> None:
    bars = page.locator("#next-tokens .yaxislayer-above")
    before = bars.text_content() or ""
    page.get_by_label("Model").click()
    page.get_by_role("option", name="lm-rnn").click()
    expect(bars).not_to_have_text(before, timeout=SLOW_MS)


def spaced(text: str) -> re.Pattern[str]:
    """Match a text whose tokens may be apart, each with its mark."""
    return re.compile(r"[\s+−]*".join(re.escape(character) for character in text if character != " "))


def test_sentiment_is_scored(page: Page) -> None:
    panel = open_tab(page, "Sentiment")
    expect(panel.locator("#verdict b")).to_have_text(re.compile("negative|neutral|positive"))
    expect(panel.locator("#running-score .main-svg").first).to_be_visible(timeout=SLOW_MS)
    panel.get_by_label("Text").fill("Ada & <b>London</b>\nwas fine")
    panel.get_by_role("button", name="Score").click()
    expect(panel.locator("#moves")).to_have_text(spaced("<b>London</b>"), timeout=SLOW_MS)
    panel.get_by_role("button", name="but the story is a mess").click()
    expect(panel.locator("#moves")).to_have_text(spaced("the story is a mess"), timeout=SLOW_MS)


def test_a_verdict_is_explained_on_request(page: Page) -> None:
    panel = open_tab(page, "Sentiment")
    panel.get_by_text("Why this verdict").click()
    panel.get_by_role("button", name="Explain").click()
    expect(panel.locator("#shares-sum")).to_contain_text("logits", timeout=SLOW_MS)
    expect(panel.locator("#left-out")).to_have_text(spaced("loved"))


def test_entities_are_marked_and_listed(page: Page) -> None:
    panel = open_tab(page, "Entities")
    panel.get_by_label("Text").fill("Ada met Babbage 👩‍👧 in Paris")
    panel.get_by_role("button", name="Read").click()
    expect(panel.locator("#entities")).to_contain_text("Paris", timeout=SLOW_MS)
    expect(panel.get_by_role("grid")).to_contain_text("Babbage", timeout=SLOW_MS)
    panel.get_by_label("parts of speech").check()
    expect(panel.locator("#entities .token.highlighted")).to_have_count(6, timeout=SLOW_MS)
    panel.get_by_label("names").check()
    panel.get_by_role("button", name="China Airlines flew").click()
    expect(panel.get_by_role("grid")).to_contain_text("Airlines", timeout=SLOW_MS)


def test_reading_compares_the_language_models(page: Page) -> None:
    panel = open_tab(page, "Reading")
    expect(panel.locator("#surprisal .main-svg").first).to_be_visible(timeout=SLOW_MS)
    panel.get_by_label("Text", exact=True).fill("Ada <b>met</b> Babbage 👩‍👧")
    panel.get_by_role("button", name="Read").click()
    expect(panel.locator("#surprises")).to_have_text(spaced("<b>met</b> Babbage 👩‍👧"), timeout=SLOW_MS)
    for name in ("lm-lstm", "lm-gru", "lm-rnn"):
        expect(panel.locator("#surprisal-summary")).to_contain_text(name)
    panel.get_by_role("button", name="The dogs that").click()
    expect(panel.locator("#surprises")).to_have_text(spaced("barking"), timeout=SLOW_MS)


def test_memory_is_measured_for_each_cell(page: Page) -> None:
    panel = open_tab(page, "Memory")
    expect(panel.locator("#gradients .main-svg").first).to_be_visible(timeout=SLOW_MS)
    for cell in ("RNN", "GRU", "LSTM"):
        expect(panel.locator("#gradient-summary")).to_contain_text(f"in the {cell}")
    panel.get_by_label("sentiment").check()
    expect(panel.locator("#gradient-summary")).not_to_contain_text("RNN", timeout=SLOW_MS)


def test_hidden_states_are_drawn_for_any_model_and_layer(page: Page) -> None:
    panel = open_tab(page, "Hidden states")
    expect(panel.locator("#trajectory .main-svg").first).to_be_visible(timeout=SLOW_MS)
    expect(panel.locator("#heatmap .main-svg").first).to_be_visible(timeout=SLOW_MS)
    expect(panel.locator("#trace-summary")).to_contain_text("Layer 1 has 12 units")
    panel.get_by_label("Model").click()
    page.get_by_role("option", name="ner-lstm").click()
    panel.get_by_label("Layer").click()
    page.get_by_role("option", name="0, nearest to the words").click()
    expect(panel.locator("#trace-summary")).to_contain_text("Layer 0 has 12 units", timeout=SLOW_MS)
    panel.get_by_label("Of each unit").click()
    page.get_by_role("option", name="forget").click()
    panel.get_by_label("Text").fill("London")
    panel.get_by_role("button", name="Read").click()
    expect(panel.locator("#trajectory")).to_contain_text("London", timeout=SLOW_MS)


def test_fixed_points_are_computed_on_request(page: Page) -> None:
    panel = open_tab(page, "Attractor")
    expect(panel.locator("#attractor-summary")).to_contain_text("not been computed yet for sentiment-lstm")
    panel.get_by_role("button", name="Compute it again").click()
    panel.get_by_label("Text").fill("It was a good evening, and never bad.")
    panel.get_by_role("button", name="Compute", exact=True).click()
    expect(panel.locator("#attractor-summary")).to_contain_text("searches ended in a fixed point", timeout=SLOW_MS)
    expect(panel.locator("#attractor-status")).to_contain_text("Done", timeout=SLOW_MS)
    expect(panel.locator("#fixed-points .main-svg").first).to_be_visible(timeout=SLOW_MS)


def test_models_are_listed(page: Page) -> None:
    panel = open_tab(page, "Models")
    for name in ("lm-lstm", "lm-gru", "lm-rnn", "sentiment-lstm", "ner-lstm"):
        expect(panel.get_by_role("grid")).to_contain_text(name)


@pytest.mark.parametrize("text", ["", "x" * 20_001], ids=["empty", "too long"])
def test_a_text_that_cannot_be_read_gets_a_message(page: Page, text: str) -> None:
    panel = open_tab(page, "Sentiment")
    panel.get_by_label("Text").fill(text)
    panel.get_by_role("button", name="Score").click()
    message = re.compile("the text (is empty|has 20,001)")
    expect(page.get_by_test_id("toast-body")).to_contain_text(message, timeout=SLOW_MS)


@pytest.mark.parametrize("page", [390], indirect=True)
def test_page_fits_a_phone(page: Page) -> None:
    for title in TABS:
        open_tab(page, title)
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, title


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
    page.locator("#next-tokens .main-svg").first.wait_for()
    shown = {"text": written(page).input_value(), "bars": page.locator("#next-tokens").text_content() or ""}
    open_tab(page, "Sentiment").locator("#running-score .main-svg").first.wait_for()
    shown["verdict"] = page.locator("#verdict").inner_text()
    shown["entities"] = open_tab(page, "Entities").get_by_role("grid").inner_text()
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
