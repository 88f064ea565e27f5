"""The top of a tab: a sentence, the text with its button and the choice of a model in one row, examples in one line.

The result comes right below, so that it stands in the first screen (see theme.py for the sizes).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import gradio as gr
from gradio.components import Component

from rnn_demo.ui.shared.events import build_note
from rnn_demo.ui.shared.examples import build_examples

MAX_LINES = 3
"""Lines of a long text that are seen; the rest scrolls."""


class TextInput(NamedTuple):
    """What a visitor asks with."""

    text: gr.Textbox
    model: gr.Dropdown
    """Hidden where there is nothing to choose."""
    start: gr.Button
    examples: gr.Dataset
    note: gr.Markdown
    """The line of `clears_on_empty`."""


def build_text_input(
    intro: str,
    texts: Sequence[str],
    button: str,
    models: Sequence[tuple[str, str]] = (),
    *,
    label: str = "Text",
    model: str | None = None,
    model_label: str = "Model",
) -> TextInput:
    """Lay out the top of a tab. Enter in the text is the same as the button; Shift+Enter begins a new line.

    Args:
        intro: one sentence, Markdown.
        texts: examples; the tab opens with the first.
        button: what stands on it.
        models: (name on the page, model), the default first; empty = none to choose.
        label: of the textbox.
        model: the one that the tab opens with; default the first.
        model_label: of the menu.
    """
    gr.Markdown(intro, elem_classes="intro")
    with gr.Row(elem_classes="ask"):
        text = gr.Textbox(texts[0], label=label, lines=1, max_lines=MAX_LINES, elem_classes="ask-text", scale=1)
        chosen = model or next((name for _, name in models), None)
        menu = gr.Dropdown(
            list(models),
            value=chosen,
            label=model_label,
            filterable=False,
            visible=len(models) > 1,
            elem_classes="ask-model",
            min_width=130,
        )
        start = gr.Button(button, variant="primary", elem_classes="ask-start", min_width=90)
    examples = build_examples(text, texts)
    return TextInput(text, menu, start, examples, build_note())


@dataclass(frozen=True)
class TabFields:
    """What a link restores on a tab, and what "See this text in" fills."""

    counter: gr.Number
    """Raising it answers anew; see `build_request_counter`."""
    text: gr.Textbox | None = None
    settings: Mapping[str, Component] = field(default_factory=dict)
    """Name in the link, such as model or seed -> component."""
