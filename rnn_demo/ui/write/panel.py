"""The text and its bars: a component with its own page part (write.html) and script, fed by message.py."""

from functools import lru_cache
from pathlib import Path

import gradio as gr

from rnn_demo.ui.write.message import Message

SCRIPTS = ("words.js", "text.js", "bars.js", "column.js", "page.js")


def build_panel(first: Message) -> gr.HTML:
    """Lay out the text and its bars.

    The styles go into the page's head once: gradio would set those of a `css_template` anew at every step of a text.

    Args:
        first: what the tab opens with.
    """
    return gr.HTML(
        first,
        html_template=part("write.html"),
        js_on_load="\n".join(map(part, SCRIPTS)),
        head=f"<style>{part('write.css')}</style>",
        apply_default_css=False,
        elem_id="written",
        typed="",
    )


@lru_cache
def part(name: str) -> str:
    """Return a file of this folder."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
