"""Sentiment: a score, and the text coloured by how each word moved it."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from rnn_demo.comparison import trained_alike
from rnn_demo.plots import Figure, draw_running_score
from rnn_demo.plots.running_score import RunningScore
from rnn_demo.ui.sentiment.scores import colour_moves, describe, describe_line, score_rows, scores_at
from rnn_demo.ui.sentiment.why_panel import NOTHING, build_why_score_panel
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import LATEST, RequestToken, build_request_counter, clears_on_empty, shows_errors
from rnn_demo.ui.shared.examples import SENTIMENT_TEXTS, on_pick
from rnn_demo.ui.shared.export import build_export, build_table_export
from rnn_demo.ui.shared.highlights import Highlights
from rnn_demo.ui.shared.layout import TabFields, build_text_input
from rnn_demo.ui.shared.problems import build_problems
from rnn_demo.words import Word, each_token, words_of

INTRO = (
    "The network reads from left to right and updates its score after every word: **look for the words that turn it.**"
)
SCALES = ("probability", "log-odds")
"""A long text's score comes so near to 0 or 1 that only log-odds show how it moves."""


def build_sentiment_tab(service: Service) -> TabFields | None:
    """Lay out the tab."""
    build_problems(service.store, "sentiment")
    models = service.store.choices("sentiment")
    if not models:
        return None

    def read(text: str, model: str, subwords: bool) -> tuple[Sequence[Word], RunningScore]:
        words = (each_token if subwords else words_of)(service.score(text, model).tokens)
        return words, running_score(service, text, words, model)

    @shows_errors
    @clears_on_empty(None, None, None, "", "", None, None, None)
    def score(
        turn: RequestToken, text: str, model: str, subwords: bool, all_cells: bool, scale: str
    ) -> tuple[str, str, Figure, str, str, Highlights, Highlights, str]:
        turn.end()
        words, line = read(text, model, subwords)
        lines = running_scores_of_cells(service, text, words) if all_cells else [line]
        figure = draw_running_score([word.text for word in words], lines, log_odds=scale == SCALES[1])
        caption = describe_line(lines, all_cells and are_alike(service))
        moves = colour_moves(text, words, line)
        return describe(service.score(text, model)), moves, figure, caption, text, *NOTHING

    defaults: tuple[Any, ...] = (False, False, SCALES[0])
    first = score(RequestToken(), SENTIMENT_TEXTS[0], models[0][1], *defaults)

    text, model, start, examples, note = build_text_input(INTRO, SENTIMENT_TEXTS, "Score", models)
    verdict = gr.HTML(first[0], elem_id="verdict")
    moves = gr.HTML(first[1], elem_id="moves")
    line = gr.Plot(first[2], show_label=False, elem_id="running-score")
    with gr.Row(elem_classes="settings"):
        subwords = gr.Checkbox(label="Show subwords", container=False)
        cells = service.store.names_by_cell("sentiment")
        all_cells = gr.Checkbox(label="All cells side by side", container=False, visible=len(cells) > 1)
        scale = gr.Radio(SCALES, value=SCALES[0], label="Scale", container=False)
        read_text = gr.State(SENTIMENT_TEXTS[0])  # the textbox may have changed since
        build_export(service.score, [read_text, model], "sentiment.json")
        rows = [read_text, model, subwords]
        build_table_export(lambda *values: score_rows(*read(*values)), rows, "sentiment.csv")
    caption = gr.Markdown(first[3], elem_id="score-caption", elem_classes="explanation")
    turn, counter = gr.State(RequestToken()), build_request_counter()
    reasons = build_why_score_panel(service, turn, read_text, model)

    inputs = [turn, text, model, subwords, all_cells, scale]
    changed = [model.change, subwords.change, all_cells.change, scale.change]
    outputs = [verdict, moves, line, caption, read_text, *reasons, note]
    gr.on([start.click, text.submit, counter.change, *changed], score, inputs, outputs, **LATEST)
    on_pick(examples, text, counter)
    return TabFields(counter, text, {"model": model, "scale": scale, "cells": all_cells})


def running_score(service: Service, text: str, words: Sequence[Word], model: str) -> RunningScore:
    """Return the score of a text after each of its words."""
    before = service.score_before(model)
    cell = service.store.find(model).checkpoint.cell
    scores = scores_at(words, service.score(text, model), before)
    return RunningScore(service.store.title(model), cell, before, scores)


def running_scores_of_cells(service: Service, text: str, words: Sequence[Word]) -> list[RunningScore]:
    """Return the scores of a network of each cell, which is called as its cell."""
    names = service.store.names_by_cell("sentiment").values()
    lines = [running_score(service, text, words, name) for name in names]
    return [RunningScore(line.cell.upper(), line.cell, line.before, line.scores) for line in lines]


def are_alike(service: Service) -> bool:
    """Return whether the networks of the cells were trained alike."""
    names = service.store.names_by_cell("sentiment").values()
    return trained_alike([service.store.find(name).checkpoint for name in names])
