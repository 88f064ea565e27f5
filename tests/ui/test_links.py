"""Links that restore a tab, and the way of a text from one tab to another."""

import re

import gradio as gr
from playwright.sync_api import Browser, expect
from serving import call
from visitor import needs_browser, open_page, open_tab, tab

from rnn_demo.ui.shared.layout import TabFields
from rnn_demo.ui.shared.links import restore


def test_a_link_restores_only_its_own_tab_and_only_what_fits() -> None:
    with gr.Blocks():
        fields = TabFields(gr.Number(0), gr.Textbox(), {"seed": gr.Slider(0, 9, 1), "model": gr.Dropdown(["a", "b"])})
        other = TabFields(gr.Number(0), gr.Textbox())
    asked = {"tab": "one", "text": "<b>é", "seed": "10", "model": "b", "unknown": "x"}
    selected, text, seed, model, others = restore(asked, ["one", "two"], {"one": fields, "two": other})
    assert (selected["selected"], text["value"], model["value"]) == ("one", "<b>é", "b")
    assert "value" not in seed
    assert "value" not in others
    unknown, *rest = restore({"tab": "three", "text": "x"}, ["one", "two"], {"one": fields})
    assert all("value" not in update and "selected" not in update for update in (unknown, *rest))


def scored(url: str, text: str) -> str:
    """Return what the page says of a text."""
    return f"score {call(url, 'score_sentiment', [text])[-1][1][0]['score']:.2f}"


@needs_browser
def test_the_address_follows_and_a_reload_loses_nothing(browser: Browser, url: str) -> None:
    with open_page(browser, f"{url}?tab=sentiment&text=Ada+was+%3Cb%3Ebad&model=sentiment-lstm") as page:
        panel = tab(page)
        expect(panel.get_by_label("Text", exact=True)).to_have_value("Ada was <b>bad")
        expect(panel.locator("#verdict")).to_contain_text(scored(url, "Ada was <b>bad"))
        panel.get_by_label("Text", exact=True).fill("Ada was fine, and so was Babbage")
        panel.get_by_label("Text", exact=True).press("Enter")
        expect(panel.locator("#verdict")).to_contain_text(scored(url, "Ada was fine, and so was Babbage"))
        followed = f"{url}?tab=sentiment&text=Ada+was+fine%2C+and+so+was+Babbage&model=sentiment-lstm"
        expect(page).to_have_url(re.compile(f"^{re.escape(followed)}(&|$)"))
        page.reload()
        expect(panel.get_by_label("Text", exact=True)).to_have_value("Ada was fine, and so was Babbage")
        expect(panel.locator("#verdict")).to_contain_text(scored(url, "Ada was fine, and so was Babbage"))
        open_tab(page, "Models")
        expect(page).to_have_url(f"{url}?tab=models")
