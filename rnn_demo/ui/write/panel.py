"""The text and its bars: a component with its own page part (write.html) and script, fed by message.py."""

import gradio as gr

from rnn_demo.ui.shared.files import read_files
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
        html_template=read_files("write", "write.html"),
        js_on_load=read_files("write", *SCRIPTS),
        head=f"<style>{read_files('write', 'write.css')}</style>",
        apply_default_css=False,
        elem_id="written",
        typed="",
    )
