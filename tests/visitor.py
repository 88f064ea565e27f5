"""A visitor at the page, in Debian's chromium. Any error on the browser's console fails the test."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", OFFLINE]
SLOW_MS = 60_000  # two cores, maybe with a training beside
expect.set_options(timeout=SLOW_MS)

needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="needs a browser: apt-get install --no-install-recommends chromium fonts-dejavu-core"
)


@contextmanager
def open_page(browser: Browser, url: str, width: int = 1280, *, dark: bool = False) -> Iterator[Page]:
    """Open an address; at the end, fail if the console has an error."""
    errors: list[str] = []
    colours: Literal["dark", "light"] = "dark" if dark else "light"
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=colours)
    page = context.new_page()
    page.set_default_timeout(SLOW_MS)
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    page.get_by_role("tab", name="Write").wait_for()
    yield page
    context.close()
    assert not errors, errors


def open_tab(page: Page, title: str) -> Locator:
    """Open a tab and return its panel."""
    page.get_by_role("tab", name=title, exact=True).click()
    return tab(page)


def tab(page: Page) -> Locator:
    """Return the panel of the open tab."""
    return page.get_by_role("tabpanel").filter(visible=True)


def fill(panel: Locator, label: str, text: str) -> None:
    """Type into a field; of a slider, into its number.

    Repeat until the text stays: when settings unfold, gradio overwrites what was typed too early.
    """
    expect(panel.get_by_label(label).first).to_be_visible()
    number = panel.get_by_role("spinbutton", name=re.compile(re.escape(label)))
    # a text field's accessible name includes its explanation
    words = panel.get_by_role("textbox", name=re.compile(rf"^{re.escape(label)}\b"))
    field = number if number.count() else words
    stayed = 0
    for _ in range(50):
        if field.input_value() != text:
            field.fill(text)
            field.blur()
            stayed = 0
        panel.page.wait_for_timeout(200)
        stayed += field.input_value() == text
        if stayed == 2:
            return
    pytest.fail(f"{label} does not take {text}")


def value_of(field: Locator) -> str:
    """Return what stands in a text field, or else in any element."""
    return str(field.evaluate("(node) => node.value ?? node.textContent"))


def settled(field: Locator) -> str:
    """Return a text once it has not grown for a second."""
    text = value_of(field)
    while True:
        field.page.wait_for_timeout(1000)
        if (now := value_of(field)) == text:
            return now
        text = now
