"""The README's "Three things to try", taken step by step at the shipped models."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from serving import serve
from visitor import fill, needs_browser, open_page, open_tab, tab

from rnn_demo.checkpoint import CHECKPOINTS_DIR

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SHOWN = {
    "the lines": "#gradient-summary",
    "the path": "#trace-summary",
    "the clamped text": "#written-clamped textarea",
}
"""What the predictor is told to look at, and where it stands on the page."""
FORMS = {
    "open": r"Open \*\*(.+)\*\*\.",
    "type": r"Type `(.+)` into \*\*(.+)\*\*\.",
    "unfold": r"Unfold \*\*(.+)\*\*\.",
    "press": r"Press \*\*(.+)\*\*\.",
    "look": r"Look at \*\*(.+?)\*\*: .+",
}
"""Every form that a step may have."""

pytestmark = [needs_browser, pytest.mark.shipped]


def walks() -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Read the steps of each walk: its title -> what to do, and with what."""
    section = README.split("## Three things to try\n")[1].split("\n## ")[0]
    _, *parts = re.split(r"^\*\*(.+)\*\*$", section, flags=re.MULTILINE)
    return {title: list(map(read_step, steps_of(text))) for title, text in zip(parts[::2], parts[1::2], strict=True)}


def steps_of(text: str) -> list[str]:
    """Take the numbered lines, each with its continuation."""
    return [" ".join(step.split()) for step in re.split(r"^\d+\. ", text, flags=re.MULTILINE)[1:]]


def read_step(step: str) -> tuple[str, tuple[str, ...]]:
    """Turn a sentence into what to do."""
    for action, form in FORMS.items():
        if match := re.fullmatch(form, step):
            return action, match.groups()
    raise AssertionError(f"no step: {step}")


@pytest.fixture(scope="module")
def shipped_url() -> Iterator[str]:
    with serve(CHECKPOINTS_DIR) as url:
        yield url


def value(shown: Locator) -> str:
    return shown.input_value() if "textarea" in str(shown) else shown.inner_text()


@pytest.mark.parametrize("title", walks())
def test_walk_can_be_taken(browser: Browser, shipped_url: str, title: str) -> None:
    with open_page(browser, shipped_url) as page:
        take(page, walks()[title])


def take(page: Page, steps: list[tuple[str, tuple[str, ...]]]) -> None:
    """Do each step; what the predictor has to look at must be another after the button than before."""
    panel, before = page.locator("body"), ""
    shown = page.locator(next(SHOWN[given[0]] for action, given in steps if action == "look"))
    for action, given in steps:
        if action == "open":
            panel = open_tab(page, *given)
        elif action == "type":
            fill(panel, given[1], given[0])
        elif action == "unfold":
            panel.get_by_role("button", name=given[0]).click()
        elif action == "press":
            before = value(shown)
            panel.get_by_role("button", name=given[0], exact=True).click()
        elif "textarea" in SHOWN[given[0]]:
            expect(shown).to_have_value(re.compile(rf"^(?!{re.escape(before)}$).+", re.DOTALL))
        else:
            assert before
            expect(shown).not_to_contain_text(before)
            expect(shown).to_contain_text(re.compile(r"\w"))


@pytest.mark.parametrize("link", re.findall(r"\[open it\]\(http://127\.0\.0\.1:7860/(\?[^)\s]+)\)", README))
def test_a_link_of_a_walk_fills_in_what_its_steps_type(browser: Browser, shipped_url: str, link: str) -> None:
    texts = {key: text for key, text in parse_qsl(link[1:]) if key in ("text", "other")}
    typed = [given[0] for steps in walks().values() for action, given in steps if action == "type"]
    assert set(texts.values()) <= set(typed)
    with open_page(browser, shipped_url + link) as page:
        for key, text in texts.items():
            label = "Compare with" if key == "other" else re.compile("^(Text|Prompt)$")
            expect(tab(page).get_by_role("textbox", name=label)).to_have_value(text)
        if "write" not in link:
            shown = tab(page).locator("#gradient-summary, #trace-summary")
            expect(shown).to_contain_text(re.compile("found|bad|good|sand|child"))


def test_there_are_three_walks_and_each_ends_with_something_to_see() -> None:
    assert len(walks()) == 3
    assert all(steps[0][0] == "open" and steps[-1][0] == "look" for steps in walks().values())
