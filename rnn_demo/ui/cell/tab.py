"""How a cell works: one step of an RNN, GRU or LSTM as a drawing, with the numbers of the visitor's text."""

from typing import Any

import gradio as gr

from rnn_demo.checks import require_text
from rnn_demo.microscope.cell_steps import CellSteps
from rnn_demo.predictor import ForwardPredictor
from rnn_demo.ui.cell.clip_panel import build_clip_panel
from rnn_demo.ui.cell.data import align_gradient, to_message
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import (
    INSTANT,
    LATEST,
    build_request_counter,
    clears_on_empty,
    count_request,
    shows_errors,
)
from rnn_demo.ui.shared.examples import CELL_TEXTS, on_pick
from rnn_demo.ui.shared.files import read_files
from rnn_demo.ui.shared.layout import TabFields, build_text_input
from rnn_demo.ui.shared.names import layer_choices
from rnn_demo.ui.shared.problems import build_problems

INTRO = "Press play and watch, word by word, **what the network's memory keeps, what it adds, and what it lets go.**"
FIRST_MODELS = ("sentiment-lstm-equal", "sentiment-lstm")
"""Preferred at the start, in this order: a model whose RNN and GRU were trained alike."""
SCRIPTS = ("numbers.js", "cells.js", "board.js", "unrolled.js", "page.js")

Message = dict[str, str]


def build_cell_tab(service: Service) -> TabFields | None:
    """Lay out the tab."""
    build_problems(service.store)
    models = service.store.names()
    if not models:
        return None

    @shows_errors
    @clears_on_empty({})
    def show(text: str, model: str, layer: int) -> Message:
        return read_with_cells(service, require_text("text", text), model, layer)

    first_model = next((name for name in FIRST_MODELS if name in models), models[0])
    layers = layer_choices(service.num_layers(first_model))
    first, _ = show(CELL_TEXTS[0], first_model, layers[-1][1])

    text, model, start, examples, note = build_text_input(
        INTRO, CELL_TEXTS, "Show", service.store.choices(), model=first_model
    )
    drawing = build_drawing(first)
    build_clip_panel(service, text, note, CELL_TEXTS[0])
    with gr.Accordion("Another layer", open=False):
        layer = gr.Dropdown(layers, value=layers[-1][1], label="Layer", filterable=False)

    def offer_layers(model: str) -> Any:
        offered = layer_choices(service.num_layers(model))
        return gr.update(choices=offered, value=offered[-1][1])

    counter = build_request_counter()
    count_request(model.change(shows_errors(offer_layers), model, layer, **INSTANT), counter)
    events = [start.click, text.submit, layer.input, counter.change]
    gr.on(events, show, [text, model, layer], [drawing, note], preprocess=False, **LATEST)
    on_pick(examples, text, counter)
    return TabFields(counter, text, {"model": model})


def build_drawing(first: Message) -> gr.HTML:
    """Lay out the drawing. The template is fixed, and the script writes the visitor's words as text only."""
    return gr.HTML(
        first,
        html_template=read_files("cell", "cell.html"),
        css_template=read_files("cell", "cell.css"),
        js_on_load=read_files("cell", *SCRIPTS),
        apply_default_css=False,
        elem_id="cell-drawing",
    )


def read_with_cells(service: Service, text: str, model: str, layer: int) -> Message:
    """Read a text with a model, and with those of the other cells that it is compared with."""
    names = service.names_of_cells(model)
    steps = {cell: service.cell_steps(text, name, fit_layer(service, name, layer)) for cell, name in names.items()}
    gradients = {cell: gradient_of(service, text, names[cell], part) for cell, part in steps.items()}
    return to_message(steps, service.store.find(model).checkpoint.cell, gradients)


def fit_layer(service: Service, model: str, layer: int) -> int:
    """Return a layer that a model has: another model of the text may have fewer."""
    return min(layer, service.num_layers(model) - 1)


def gradient_of(service: Service, text: str, model: str, steps: CellSteps) -> list[float]:
    """Return the gradient norm at each token that is shown; empty for a tagger, or where there is but one token."""
    predictor = service.store.find(model)
    kept = text[: steps.spans[-1][1]]
    encoded = predictor.encode(kept)
    if not isinstance(predictor, ForwardPredictor) or len(encoded.tokens) < 2:
        return []
    return align_gradient(service.gradient(kept, model), len(encoded.prefix_ids))
