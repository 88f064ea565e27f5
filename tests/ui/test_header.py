"""The head of the page: what its buttons do, and the keys that move between tabs."""

from playwright.sync_api import Browser, expect
from visitor import needs_browser, open_page, open_tab, tab

pytestmark = needs_browser


def test_arrows_move_between_tabs_and_around_the_end(browser: Browser, url: str) -> None:
    with open_page(browser, url) as page:
        first = page.get_by_role("tab").first
        first.focus()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name="How a cell works", exact=True)).to_be_focused()
        expect(tab(page).get_by_role("button", name="Show", exact=True)).to_be_visible()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_role("tab", name="Models", exact=True)).to_have_attribute("aria-selected", "true")


def test_projector_has_larger_type_over_the_full_width_and_goes_back(browser: Browser, url: str) -> None:
    with open_page(browser, url, 1600) as page:
        panel = open_tab(page, "Sentiment")
        text = panel.get_by_label("Text", exact=True)
        width = text.bounding_box()["width"]
        switch = page.get_by_role("button", name="Projector")
        switch.click()
        expect(switch).to_have_attribute("aria-pressed", "true")
        expect(panel.locator(".intro p")).to_have_css("font-size", "20px")
        assert text.bounding_box()["width"] > width + 200
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        switch.click()
        assert text.bounding_box()["width"] == width


def test_the_page_turns_dark_and_the_link_is_copied(browser: Browser, url: str) -> None:
    with open_page(browser, url) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Dark", exact=True).click()
        expect(page.locator("body")).to_have_class("dark")
        open_tab(page, "Models")
        page.get_by_role("button", name="Copy link").click()
        page.wait_for_function("async (link) => await navigator.clipboard.readText() === link", arg=f"{url}?tab=models")
