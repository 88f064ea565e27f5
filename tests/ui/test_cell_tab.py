"""The tab "How a cell works": what it sends, and what a visitor meets in the browser."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect
from serving import call, serve
from test_growth import MinGRUCell
from tiny_models import tiny_checkpoint, tiny_model, write_checkpoints
from visitor import needs_browser, open_page, open_tab

from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import CHECKPOINTS_DIR, save_checkpoint
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.ui.cell.tab import read_with_cells
from rnn_demo.ui.model_store import ModelStore
from rnn_demo.ui.service import Service

TITLE = "How a cell works"
FIFTY_WORDS = " ".join(["It was a fine evening, said Ada, and she walked to London again."] * 4)
HOSTILE = '<img src=x onerror="window.hacked=1"> "quoted" ${window.hacked=2} {{text}} </script> `x`'


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    with open_page(browser, url) as page:
        yield page


def open_cell(page: Page, model: str = "") -> Locator:
    """Open the tab; choose a model."""
    panel = open_tab(page, TITLE)
    panel.locator(".board svg").wait_for()
    if model:
        panel.get_by_role("combobox", name="Model").click()
        page.get_by_role("option", name=re.compile(f"language model: {model.split('-')[1].upper()}$")).click()
        expect(panel.locator(".switch button")).to_have_count(3)
    return panel


def show(panel: Locator, text: str) -> None:
    panel.get_by_label("Text", exact=True).fill(text)
    panel.get_by_role("button", name="Show", exact=True).click()
    expect(panel.locator(".token").first).to_have_text(re.compile(re.escape(text[0])))


@needs_browser
def test_walking_through_fifty_words_asks_the_server_once(page: Page) -> None:
    panel = open_cell(page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    show(panel, FIFTY_WORDS)
    expect(panel.locator(".word:not(.glued)")).to_have_count(52)
    asked = [url for url in requests if "queue/join" in url]
    assert len(asked) == 1
    requests.clear()
    count = panel.locator(".token").count()
    panel.locator(".board").focus()
    for _ in range(1, count):
        page.keyboard.press("ArrowRight")
    expect(panel.locator(".count")).to_have_text(f"{count} / {count}")
    assert not [url for url in requests if "heartbeat" not in url]


def shown(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}".replace("-", "−")
    return text.removeprefix("−") if float(f"{value:.{digits}f}") == 0 else text


@needs_browser
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_unit_is_followed_through_the_equations(page: Page, url: str, cell: str) -> None:
    """The numbers beside the drawing are those of the endpoint, for the hovered unit at the chosen word."""
    text, unit, t = "Ada walked to London", 3, 2
    panel = open_cell(page, "lm-lstm")
    show(panel, text)
    panel.locator(f".switch [data-cell={cell}]").click()
    panel.locator(f".token[data-t='{t}']").click()
    panel.locator(".follow").nth(unit).hover()
    steps = call(url, "cell_steps", [text, f"lm-{cell}", -1])[-1][1][0]
    expect(panel.locator(".story")).to_contain_text(f"Unit {steps['units'][unit]}.")
    digits = {name: 3 if quantity.is_gate else 2 for name, quantity in CELLS[cell].quantities.items()}
    for term in panel.locator(".term").all():
        name = str(term.get_attribute("data-term"))
        expect(term.locator(".filled")).to_have_text(
            re.compile(rf"= {re.escape(shown(steps['values'][name][t][unit], digits[name]))}\s*$")
        )
        if f"{name}_sum" in steps["values"]:
            expect(term.locator(".filled")).to_contain_text(f"({shown(steps['values'][f'{name}_sum'][t][unit], 2)})")
    for wire in panel.locator(".board .number").all():
        assert re.fullmatch(r"−?\d+\.\d+", wire.text_content() or "")


@needs_browser
def test_a_part_of_the_drawing_lights_its_equation_and_is_explained(page: Page) -> None:
    panel = open_cell(page)
    forget = panel.locator(".term[data-term=forget]")
    box = panel.locator(".box[data-term=forget]")
    expect(box).not_to_have_class(re.compile(r"\blit\b"))
    box.hover()
    expect(forget).to_have_class(re.compile(r"\blit\b"))
    expect(panel.locator(".meaning")).to_contain_text("how much of the old memory stays")
    page.mouse.move(0, 0)
    expect(forget).not_to_have_class(re.compile(r"\blit\b"))
    forget.focus()
    expect(box).to_have_class(re.compile(r"\blit\b"))


@needs_browser
def test_steps_are_played_and_taken_by_keys_and_clicks(page: Page) -> None:
    panel = open_cell(page)
    count = panel.locator(".token").count()
    now = panel.locator(".count")
    expect(now).to_have_text(f"1 / {count}")
    panel.get_by_role("button", name="Next step").click()
    panel.locator(".word[aria-current]").press("ArrowRight")
    expect(now).to_have_text(f"3 / {count}")
    panel.get_by_role("button", name="Previous step").click()
    panel.get_by_role("slider", name="Step").fill(str(count - 2))
    expect(now).to_have_text(f"{count - 1} / {count}")
    panel.get_by_role("button", name="Play").click()
    expect(now).to_have_text(f"{count} / {count}")
    expect(panel.get_by_role("button", name="Play")).to_be_visible()  # it stops at the end


@needs_browser
def test_another_cell_is_shown_at_the_same_word_without_the_server(page: Page) -> None:
    panel = open_cell(page, "lm-gru")
    show(panel, "Ada walked to London")
    panel.get_by_role("button", name="Next step").click()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    for cell, terms in (("rnn", 1), ("lstm", 6), ("gru", 4)):
        panel.locator(f".switch [data-cell={cell}]").click()
        expect(panel.locator(".term")).to_have_count(terms)
        expect(panel.locator(".count")).to_have_text(re.compile(r"^2 /"))
    assert not [url for url in requests if "heartbeat" not in url]


@needs_browser
@pytest.mark.parametrize(("width", "dark"), [(390, True), (1440, False)])
def test_nothing_is_wrong_with_it_while_a_part_is_lit(browser: Browser, url: str, width: int, dark: bool) -> None:
    """No fault that axe knows; the page is not wider than the window, and the result begins in the first screen."""
    with open_page(browser, url, width, dark=dark) as page:
        panel = open_cell(page)
        panel.locator(".term").first.focus()
        panel.get_by_text("Another layer").click()
        page.wait_for_timeout(500)
        assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
        top = panel.locator("#cell-drawing").bounding_box()
        assert top is not None
        assert top["y"] <= (480 if width == 390 else 320)


@needs_browser
def test_a_training_step_is_cut_on_request(page: Page, url: str) -> None:
    panel = open_cell(page)
    caption = panel.locator(".clip-caption")
    for text in ("I expected nothing, but in the end I loved it.", "Ada <b>met</b> Babbage"):
        if "Ada" in text:
            panel.get_by_label("Text", exact=True).fill(text)
            panel.get_by_role("button", name="Take a training step").click()
        step = call(url, "clipped_step", [text, "lm-rnn", 1.0, 1.0])[-1][1][0]
        expect(caption).to_contain_text(f"“{text}”: the gradient has the norm {step['norm']:.2f}")
        expect(caption).to_contain_text(f"from {step['loss']:.2f} to {step['loss_clipped']:.2f}")
    expect(panel.locator(".arrow")).to_have_count(2)


@needs_browser
def test_hostile_text_is_shown_as_text(page: Page) -> None:
    panel = open_cell(page)
    show(panel, HOSTILE)
    expect(panel.locator(".words")).to_contain_text("onerror")
    panel.get_by_role("button", name="Next step").click()
    assert panel.locator("#cell-drawing img").count() == 0
    assert page.evaluate("window.hacked") is None


@needs_browser
def test_an_empty_text_empties_the_tab_and_the_next_fills_it(page: Page) -> None:
    panel = open_cell(page)
    panel.get_by_label("Text", exact=True).fill(" ")
    panel.get_by_role("button", name="Show", exact=True).click()
    expect(panel.locator(".board")).to_be_hidden()
    expect(panel.get_by_text("give at least one word")).to_be_visible()
    show(panel, "Ada")
    expect(panel.locator(".board")).to_be_visible()
    expect(panel.get_by_text("give at least one word")).to_have_count(0)


@needs_browser
def test_a_long_text_is_cut_and_the_page_says_so(page: Page) -> None:
    panel = open_cell(page)
    show(panel, "Ada walked again " * 150)
    expect(panel.locator("p.cut")).to_contain_text("Only the first 200 tokens")
    expect(panel.locator(".count")).to_have_text("1 / 200")


@needs_browser
def test_a_cell_without_a_drawing_of_its_own_gets_one(
    browser: Browser, tokenizer: Tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CELLS, "mingru", MinGRUCell)
    checkpoint = replace(tiny_checkpoint("lm-gru"), cell="mingru")
    save_checkpoint(tmp_path / "lm-mingru", tiny_model("lm-mingru", tokenizer.vocab_size), tokenizer, checkpoint)
    with serve(tmp_path) as url, open_page(browser, url) as page:
        panel = open_cell(page)
        expect(panel.locator(".term")).to_have_count(3)
        expect(panel.locator(".term").first).to_contain_text("update gate")
        panel.locator(".box").first.hover()
        expect(panel.locator(".meaning")).to_contain_text("0 = keep, 1 = replace")


def message_of(service: Service, text: str, model: str, layer: int = 1) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(read_with_cells(service, text, model, layer)["json"])
    return message


def test_every_model_is_sent_with_the_cells_that_it_is_compared_with(tokenizer: Tokenizer, tmp_path: Path) -> None:
    service = Service(ModelStore(write_checkpoints(tmp_path, tokenizer)))
    for model, cells in (("lm-gru", {"rnn", "gru", "lstm"}), ("sentiment-lstm", {"lstm"}), ("ner-lstm", {"lstm"})):
        message = message_of(service, "Ada walked again", model)
        assert (message["first"], set(message["cells"])) == (model.split("-")[1], cells)
    gradient = message_of(service, "Ada walked again", "sentiment-lstm")["cells"]["lstm"]["gradient"]
    assert gradient == pytest.approx(service.gradient("Ada walked again", "sentiment-lstm")[::-1][1:], rel=0.01)
    assert message_of(service, "Ada walked again", "ner-lstm")["cells"]["lstm"]["gradient"] == []


@pytest.mark.shipped
def test_fifty_words_are_small() -> None:
    service = Service(ModelStore(CHECKPOINTS_DIR))
    assert len(read_with_cells(service, FIFTY_WORDS, "sentiment-lstm-equal", 1)["json"].encode()) < 300_000
