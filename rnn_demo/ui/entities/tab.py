"""Entities: the text with its names or parts of speech marked by type, and the tags of every word."""

from typing import Any

import gradio as gr

from rnn_demo.results import TaggedText
from rnn_demo.ui.entities.why_panel import build_why_entity_panel, offer_entities
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import (
    LATEST,
    RequestToken,
    build_note,
    build_request_counter,
    clears_on_empty,
    shows_errors,
)
from rnn_demo.ui.shared.examples import ENTITY_TEXTS, build_examples, on_pick
from rnn_demo.ui.shared.export import build_export
from rnn_demo.ui.shared.highlights import Highlights
from rnn_demo.ui.shared.names import ENTITY_NAMES
from rnn_demo.ui.shared.problems import build_problems
from rnn_demo.ui.shared.theme import ENTITY_COLOURS, PART_OF_SPEECH_COLOURS

INTRO = (
    "The network reads each sentence in both directions and marks the names of people, places and organisations. If a "
    "name occurs in several sentences, its occurrences are tagged together. **Look for names that could be two "
    "things,** and at the confidence of each."
)
PARTS_OF_SPEECH = {
    "NNP": "name",
    "NN": "noun",
    "VB": "verb",
    "MD": "verb",
    "JJ": "adjective",
    "RB": "adverb",
    "PRP": "pronoun",
    "WP": "pronoun",
    "DT": "article",
    "IN": "preposition",
    "TO": "preposition",
    "CC": "conjunction",
    "CD": "number",
}
"""Start of a Penn Treebank tag -> plain word; longer starts first. Other tags (signs, foreign words) stay unmarked."""
MARKED = ("names", "parts of speech")
HEADERS = ["word", "tag", "confidence", "part of speech"]
WIDTHS: list[str | int] = ["30%", "18%", "31%", "21%"]
"""A phone shows all four columns."""


def build_entities_tab(service: Service) -> None:
    """Lay out the tab."""
    build_problems(service.store, "ner")
    models = service.store.names("ner")
    if not models:
        return

    @shows_errors
    @clears_on_empty(None, None, "", gr.update(choices=[], value=None), None, None, None)
    def tag(turn: RequestToken, text: str, model: str, marked: str) -> tuple[Any, ...]:
        turn.end()
        result = service.tag(text, model)
        rows = [[token.token, token.tag, f"{token.confidence:.3f}", token.pos] for token in result.tokens]
        marks = mark(result) if marked == MARKED[0] else mark_parts_of_speech(result)
        return marks, rows, text, *offer_entities(result)

    first_marked, first_rows, *_ = tag(RequestToken(), ENTITY_TEXTS[0], models[0], MARKED[0])

    gr.Markdown(INTRO)
    text = gr.Textbox(ENTITY_TEXTS[0], label="Text", lines=3, max_lines=12)
    note = build_note()
    examples = build_examples(text, ENTITY_TEXTS)
    with gr.Row():
        model = gr.Dropdown(models, value=models[0], label="Model", filterable=False, visible=len(models) > 1)
        what = gr.Radio(MARKED, value=MARKED[0], label="Mark")
        start = gr.Button("Tag", variant="primary")
    marked = gr.HighlightedText(
        first_marked, label="The text", color_map=ENTITY_COLOURS | PART_OF_SPEECH_COLOURS, elem_id="entities"
    )
    table = gr.Dataframe(
        first_rows,
        headers=HEADERS,
        column_widths=WIDTHS,
        label="One row per word. B- starts a name, I- continues it, O is outside",
        interactive=False,
        wrap=True,
        elem_id="tagged-words",
    )
    read_text = gr.State(ENTITY_TEXTS[0])  # the textbox may have changed since
    build_export(service.tag, [read_text, model], "entities.json")
    turn, counter = gr.State(RequestToken()), build_request_counter()
    first = service.tag(ENTITY_TEXTS[0], models[0])
    explained = build_why_entity_panel(service, turn, read_text, model, first)

    outputs = [marked, table, read_text, *explained, note]
    triggers = [start.click, text.submit, model.change, what.change, counter.change]
    gr.on(triggers, tag, [turn, text, model, what], outputs, **LATEST)
    on_pick(examples, text, counter)


def mark(result: TaggedText) -> Highlights:
    """Cut a text into names and the text between them; joined, the parts are the text."""
    parts: Highlights = []
    end = 0
    for entity in result.entities:
        parts.append((result.text[end : entity.start], None))
        parts.append((result.text[entity.start : entity.end], ENTITY_NAMES.get(entity.label, entity.label)))
        end = entity.end
    parts.append((result.text[end:], None))
    return [part for part in parts if part[0]]


def mark_parts_of_speech(result: TaggedText) -> Highlights:
    """Cut a text into words, labelled with their parts of speech, and the text between them."""
    parts: Highlights = []
    end = 0
    for token in result.tokens:
        name = next((name for tag, name in PARTS_OF_SPEECH.items() if token.pos.startswith(tag)), None)
        parts += [(result.text[end : token.start], None), (result.text[token.start : token.end], name)]
        end = token.end
    parts.append((result.text[end:], None))
    return [part for part in parts if part[0]]
