"""The head of the page: its name, a link to what is shown, a dark and a light page, and large type for a room."""

import gradio as gr

from rnn_demo.ui.shared.events import INSTANT

TITLE = "<h1>RNN workbench</h1><p>Watch recurrent networks read and write text, one word at a time.</p>"
COPY_LINK = """async () => {
  await navigator.clipboard.writeText(location.href);
  const button = document.querySelector("#copy-link"), label = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => button.textContent = label, 1500);
}"""
DARK = """() => { document.body.classList.toggle("dark"); }"""
PROJECTOR = """() => {
  const on = document.body.classList.toggle("projector");
  document.querySelector("#projector").setAttribute("aria-pressed", on);
  dispatchEvent(new Event("resize"));
}"""
"""Figures measure their room when the window says that it has changed."""


def build_header() -> None:
    """Lay out the head; only the browser is asked."""
    with gr.Row(elem_id="header"):
        gr.HTML(TITLE, elem_id="title")
        for label, name, script in (
            ("Copy link", "copy-link", COPY_LINK),
            ("Dark", "dark-page", DARK),
            ("Projector", "projector", PROJECTOR),
        ):
            button = gr.Button(label, size="sm", elem_id=name, elem_classes="export")
            button.click(None, None, None, js=script, **INSTANT)
