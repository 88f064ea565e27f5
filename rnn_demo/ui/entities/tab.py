"""Entities: the text with its names or parts of speech marked by type, and the tags of every word."""

from typing import Any

import gradio as gr

from rnn_demo.results import TaggedText
from rnn_demo.ui.entities.correction_panel import (
    Corrections,
    build_correction_panel,
    show_corrections,
    tag_corrected,
)
from rnn_demo.ui.entities.marks import compare_cells, entity_rows, mark_entities, mark_parts_of_speech
from rnn_demo.ui.entities.why_panel import build_why_entity_panel, offer_entities
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import LATEST, RequestToken, build_request_counter, clears_on_empty, shows_errors
from rnn_demo.ui.shared.examples import ENTITY_TEXTS, on_pick
from rnn_demo.ui.shared.export import build_export, build_table_export
from rnn_demo.ui.shared.files import read_files
from rnn_demo.ui.shared.layout import TabFields, build_text_input
from rnn_demo.ui.shared.problems import build_problems

INTRO = (
    "The network marks people, places and organisations; the longer its line, the surer a name. **Look for "
    "names that could be two things, and click one to correct it.**"
)
EXPLANATION = (
    "Each sentence is read by itself, in both directions. If a name occurs in several sentences, its occurrences are "
    "tagged together."
)
MARKED = ("names", "parts of speech")
HEADERS = ["word", "tag", "confidence", "part of speech"]
WIDTHS: list[str | int] = ["30%", "18%", "31%", "21%"]
"""A phone shows all four columns."""
HIDDEN: Any = gr.update(visible=False)


def build_entities_tab(service: Service) -> TabFields | None:
    """Lay out the tab."""
    build_problems(service.store, "ner")
    models = service.store.choices("ner")
    if not models:
        return None

    @shows_errors
    @clears_on_empty(
        None, HIDDEN, None, "", (), HIDDEN, HIDDEN, "", gr.update(choices=[], value=None), None, None, None
    )
    def tag(
        turn: RequestToken,
        text: str,
        model: str,
        marked: str,
        least: float,
        all_cells: bool,
        tagged: str,
        corrections: Corrections,
    ) -> tuple[Any, ...]:
        turn.end()
        corrections = corrections if text == tagged else ()
        result = tag_corrected(service, text, model, corrections)
        names = mark_entities(result, least, corrections) if marked == MARKED[0] else mark_parts_of_speech(result)
        cells = gr.update(value=mark_cells(service, text, least), visible=True) if all_cells else HIDDEN
        corrected = show_corrections(service, text, model, corrections)
        return names, cells, word_rows(result), text, *corrected, *offer_entities(service.tag(text, model))

    first = service.tag(ENTITY_TEXTS[0], models[0][1])

    text, model, start, examples, note = build_text_input(INTRO, ENTITY_TEXTS, "Tag", models)
    marked = gr.HTML(mark_entities(first), js_on_load=read_files("entities", "marks.js"), elem_id="entities")
    read_text = gr.State(ENTITY_TEXTS[0])  # the textbox may have changed since
    turn, counter = gr.State(RequestToken()), build_request_counter()
    correction = build_correction_panel(service, marked, read_text, model, counter)
    cells = gr.HTML(visible=False, elem_id="entities-by-cell")
    with gr.Row(elem_classes="settings"):
        what = gr.Radio(MARKED, value=MARKED[0], label="Mark", container=False)
        several = len(service.store.names_by_cell("ner")) > 1
        all_cells = gr.Checkbox(label="All cells side by side", container=False, visible=several)
        least = gr.Slider(0, 1, 0, step=0.05, label="Hide names below", elem_classes="least")
        displayed = [read_text, model, correction.corrections]
        build_export(lambda *values: tag_corrected(service, *values), displayed, "entities.json")
        build_table_export(lambda *values: entity_rows(tag_corrected(service, *values)), displayed, "entities.csv")
    gr.Markdown(EXPLANATION, elem_classes="explanation")
    with gr.Accordion("Table of all words", open=False):
        table = build_word_table(first)
    explained = build_why_entity_panel(service, turn, read_text, model, first)

    inputs = [turn, text, model, what, least, all_cells, read_text, correction.corrections]
    panel = [correction.corrections, correction.row, correction.undo, correction.summary]
    outputs = [marked, cells, table, read_text, *panel, *explained, note]
    changed = [model.change, what.change, least.change, all_cells.change]
    gr.on([start.click, text.submit, counter.change, *changed], tag, inputs, outputs, **LATEST)
    on_pick(examples, text, counter)
    return TabFields(counter, text, {"model": model, "mark": what, "least": least, "cells": all_cells})


def build_word_table(result: TaggedText) -> gr.Dataframe:
    """Lay out the table of all words."""
    return gr.Dataframe(
        word_rows(result),
        headers=HEADERS,
        column_widths=WIDTHS,
        label="One row per word. B- starts a name, I- continues it, O is outside",
        interactive=False,
        wrap=True,
        elem_id="tagged-words",
    )


def word_rows(result: TaggedText) -> list[list[str]]:
    """Return a row for each word."""
    return [[token.token, token.tag, f"{token.confidence:.3f}", token.pos] for token in result.tokens]


def mark_cells(service: Service, text: str, least: float) -> str:
    """Return a text with the names that a tagger of each cell finds."""
    names = service.store.names_by_cell("ner")
    return compare_cells({cell: service.tag(text, name) for cell, name in names.items()}, least)
