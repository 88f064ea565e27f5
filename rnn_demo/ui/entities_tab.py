"""Entities: the text with its names marked by type, and every word's tag."""

from typing import Any

import gradio as gr

from rnn_demo.results import TaggedText
from rnn_demo.ui.answers import Answers
from rnn_demo.ui.events import PRIVATE, Marks, shows_errors
from rnn_demo.ui.examples import ENTITY_TEXTS, build_examples, on_pick
from rnn_demo.ui.notices import build_notices
from rnn_demo.ui.theme import ENTITY_COLOURS

__all__ = ["build_entities_tab"]

INTRO = (
    "The network reads the text in both directions and marks the names of people, places and organisations. "
    "**Look for names that could be two things,** and at how sure it is of each."
)
TYPES = {"PER": "person", "LOC": "place", "ORG": "organisation", "MISC": "other name"}
"""CoNLL-2003's four types in plain words; another tag set is shown as it is."""
HEADERS = ["word", "tag", "confidence"]


def build_entities_tab(answers: Answers) -> None:
    """Lay out the tab."""
    build_notices(answers.shelf, "ner")
    models = answers.shelf.names("ner")
    if not models:
        return

    @shows_errors
    def tag(text: str, model: str) -> tuple[Marks, list[list[str]]]:
        result = answers.tag(text, model)
        return mark(result), [[token.token, token.tag, f"{token.confidence:.3f}"] for token in result.tokens]

    first_marked, first_rows = tag(ENTITY_TEXTS[0], models[0])

    gr.Markdown(INTRO)
    text = gr.Textbox(ENTITY_TEXTS[0], label="Text", lines=3, max_lines=12)
    examples = build_examples(text, ENTITY_TEXTS)
    with gr.Row():
        model = gr.Dropdown(models, value=models[0], label="Model", filterable=False, visible=len(models) > 1)
        start = gr.Button("Find names", variant="primary")
    marked = gr.HighlightedText(first_marked, label="Names", color_map=ENTITY_COLOURS, elem_id="entities")
    table = gr.Dataframe(
        first_rows, headers=HEADERS, label="Every word: B- begins a name, I- goes on, O is no name", interactive=False
    )

    run: dict[str, Any] = {"fn": tag, "inputs": [text, model], "outputs": [marked, table], **PRIVATE}
    gr.on([start.click, text.submit, model.change], **run)
    on_pick(examples, text).then(**run)


def mark(result: TaggedText) -> Marks:
    """Cut a text into names and what stands between them; the parts, joined, give it back."""
    parts: Marks = []
    end = 0
    for entity in result.entities:
        parts.append((result.text[end : entity.start], None))
        parts.append((result.text[entity.start : entity.end], TYPES.get(entity.label, entity.label)))
        end = entity.end
    parts.append((result.text[end:], None))
    return [part for part in parts if part[0]]
