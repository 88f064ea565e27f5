"""Every tab opens with its result in the first screen."""

import pytest
from playwright.sync_api import Browser
from visitor import needs_browser, open_page, open_tab

from rnn_demo.ui import TABS

pytestmark = needs_browser

LARGEST_TOP = {1440: 320, 390: 480}
"""Width of the page -> pixels from its top."""
RESULTS = {
    "Write": "#written",
    "How a cell works": "#cell-drawing",
    "Sentiment": "#verdict",
    "Entities": "#entities",
    "Reading": "#surprises, #surprisal",
    "Hidden states": "#trajectory",
    "Units": "#unit-text",
    "Memory": "#gradients, #gradient-summary",
    "Attractor": "#fixed-points, #attractor-summary",
    "Models": ".js-plotly-plot, #models",
}
"""Tab -> its first result; a new tab has its own line."""


@pytest.mark.parametrize("width", LARGEST_TOP)
def test_the_first_result_stands_in_the_first_screen(browser: Browser, url: str, width: int) -> None:
    tops = {}
    with open_page(browser, url, width) as page:
        for title in TABS:
            result = open_tab(page, title).locator(RESULTS[title]).filter(visible=True).first
            result.wait_for()
            page.wait_for_timeout(300)
            box = result.bounding_box()
            assert box is not None
            tops[title] = round(box["y"])
    assert {title: top for title, top in tops.items() if top > LARGEST_TOP[width]} == {}
