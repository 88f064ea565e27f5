"""A visitor at the page, in Debian's chromium. Any error on the browser's console fails the test."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page

__all__ = ["CHROMIUM", "FLAGS", "SLOW_MS", "needs_browser", "open_page", "open_tab"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", OFFLINE]
SLOW_MS = 60_000  # two cores, maybe with a training beside

needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="needs a browser: apt-get install --no-install-recommends chromium fonts-dejavu-core"
)


@contextmanager
def open_page(browser: Browser, url: str, width: int = 1280, *, dark: bool = False) -> Iterator[Page]:
    """Open an address, and fail at the end if the console told of an error."""
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
    assert errors == []


def open_tab(page: Page, title: str) -> Locator:
    """Go to a tab; gives what is on it."""
    page.get_by_role("tab", name=title, exact=True).click()
    return page.get_by_role("tabpanel").filter(visible=True)
