"""Hidden states: where the state goes as a text is read, and what each unit does."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import gradio as gr

from rnn_demo.cells import CELLS, Quantity
from rnn_demo.microscope.trace import quantities_of
from rnn_demo.microscope.units import most_active_units
from rnn_demo.plots import draw_heatmap
from rnn_demo.results import HiddenTrace
from rnn_demo.ui.hidden_states.paths import (
    SPACES,
    View,
    colourings_of,
    describe_basis,
    describe_close_up,
    describe_paths,
    draw_paths,
    numbers_of_texts,
    trace_paths,
    views_of_cells,
)
from rnn_demo.ui.model_store import say_which_encoder
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import INSTANT, LATEST, build_request_counter, count_request, shows_errors
from rnn_demo.ui.shared.examples import HIDDEN_TEXTS, PAIRS, build_examples, on_pick
from rnn_demo.ui.shared.export import build_export
from rnn_demo.ui.shared.problems import build_problems
from rnn_demo.ui.shared.quantities import describe_gate, quantity_choices

INTRO = (
    "After each token a layer of the network holds a list of numbers, its hidden state: what it makes of the text so "
    "far. "
    "**Look for tokens that make it jump,** and for repeated words that lead it to the same place."
)
CHOICES_TITLE = "Compare texts and cells, colours, 3-D"
CELLS_LABEL = "The same text with every cell"
MAP_CAPTION = "**The units,** a row each, sorted by the token at which they stand out most."
FIRST_MODEL = "sentiment-lstm"  # its state makes the larger jumps, at the words that matter
MOST_TOKENS, MOST_UNITS = 200, 40
"""More would not fit the heat map; the endpoint gives all of them."""
CELL_HEIGHT = 380
"""Pixels of each of the figures side by side."""


def build_hidden_states_tab(service: Service) -> None:
    """Lay out the tab."""
    build_problems(service.store)
    store, models = service.store, service.store.names()
    if not models:
        return

    def layer_choices(model: str) -> list[tuple[str, int]]:
        num_layers = store.find(model).model.encoder.config.num_layers
        return [(name_layer(layer, num_layers), layer) for layer in range(num_layers)]

    def colour_choices(model: str) -> list[str]:
        return list(colourings_of(store.find(model).task))

    @shows_errors
    def offer_choices(model: str) -> Any:
        layers, colours = layer_choices(model), colour_choices(model)
        return (
            gr.update(choices=layers, value=layers[-1][1]),
            gr.update(choices=quantity_choices(store.find(model)), value="h"),
            gr.update(choices=colours, value=colours[0]),
        )

    @shows_errors
    def read(
        text: str, other: str, with_cells: bool, model: str, layer: int, quantity: str, colour: str, space: str
    ) -> list[Any]:
        texts = [text, other] if other.strip() else [text]
        view = View(model, layer, quantity, colour, space)
        found = trace_paths(service, texts, view)
        whole = service.trace(text, model, layer, quantity)
        drawn = replace(whole, tokens=whole.tokens[:MOST_TOKENS], states=whole.states[:MOST_TOKENS])
        units, meaning = most_active_units(drawn, MOST_UNITS), quantities_of(store.find(model))[quantity]
        return [
            f"{describe_paths(found)} {describe_basis(found)} {describe(whole, drawn, units)}"
            + say_which_encoder(store.find(model)),
            gr.update(value=draw_paths(found), visible=not with_cells),
            draw_heatmap(drawn, units, quantity, is_gate=meaning.is_gate),
            caption_map(meaning),
            (texts, view, with_cells),
            gr.update(visible=with_cells),
            *(draw_cells(service, texts, view) if with_cells else [gr.skip()] * (2 * len(CELLS))),
        ]

    first_model = FIRST_MODEL if FIRST_MODEL in models else models[0]
    first_layers, first_colours = layer_choices(first_model), colour_choices(first_model)
    first_summary, first_path, first_map, first_caption, first_shown, *_ = read(
        HIDDEN_TEXTS[0], "", False, first_model, first_layers[-1][1], "h", first_colours[0], "2-D"
    )

    gr.Markdown(INTRO)
    text = gr.Textbox(HIDDEN_TEXTS[0], label="Text", lines=2, max_lines=12)
    examples = build_examples(text, HIDDEN_TEXTS)
    start = gr.Button("Read", variant="primary")
    with gr.Accordion(CHOICES_TITLE, open=False):
        with gr.Row():
            model = gr.Dropdown(models, value=first_model, label="Model", filterable=False)
            layer = gr.Dropdown(first_layers, value=first_layers[-1][1], label="Layer", filterable=False)
            quantity = gr.Dropdown(
                quantity_choices(store.find(first_model)), value="h", label="Of each unit", filterable=False
            )
        other = gr.Textbox("", label="Compare with", placeholder="another text, drawn beside the first", max_lines=6)
        pairs = gr.Dataset(
            components=[text, other],
            samples=[list(pair) for pair in PAIRS.values()],
            sample_labels=list(PAIRS),
            label="Or try a pair",
        )
        with gr.Row():
            colour = gr.Radio(first_colours, value=first_colours[0], label="Colour by")
            space = gr.Radio(list(SPACES), value="2-D", label="Drawn in")
        with_cells = gr.Checkbox(False, label=CELLS_LABEL)
    path = gr.Plot(first_path["value"], show_label=False, elem_id="trajectory")
    with gr.Row(visible=False) as cells_row:
        of_cells = [component for cell in CELLS for component in build_cell(cell)]
    summary = gr.Markdown(first_summary, elem_id="trace-summary")
    shown = gr.State(first_shown)  # what stands in the boxes may be something else by now
    build_export(lambda shown: numbers_shown(service, *shown), shown, "hidden-states.json")
    map_caption = gr.Markdown(first_caption, elem_id="map-caption")
    heatmap = gr.Plot(first_map, show_label=False, elem_id="heatmap")

    counter = build_request_counter()
    count_request(model.change(offer_choices, model, [layer, quantity, colour], **INSTANT), counter)
    on_pick(examples, text, counter)
    count_request(pairs.click(pick_pair, pairs, [text, other], **INSTANT), counter)
    chosen = [choice.input for choice in (layer, quantity, colour, space, with_cells)]
    inputs = [text, other, with_cells, model, layer, quantity, colour, space]
    outputs = [summary, path, heatmap, map_caption, shown, cells_row, *of_cells]
    gr.on([start.click, text.submit, other.submit, *chosen, counter.change], read, inputs, outputs, **LATEST)


def build_cell(cell: str) -> tuple[gr.Plot, gr.Markdown]:
    """Lay out one of the figures side by side; on a phone they stand one below the other."""
    with gr.Column(min_width=300):
        gr.Markdown(f"**{cell.upper()}**")
        return gr.Plot(show_label=False, elem_id=f"cell-{cell}"), gr.Markdown(elem_id=f"cell-{cell}-summary")


def pick_pair(sample: list[str]) -> tuple[str, str]:
    """Take the two texts out of an example."""
    text, other = sample
    return text, other


def draw_cells(service: Service, texts: Sequence[str], view: View) -> list[Any]:
    """Draw the same texts for a model of each cell: a figure and a sentence a cell."""
    views = views_of_cells(service.store, view)
    shown: list[Any] = []
    for cell in CELLS:
        if cell in views:
            of_cell = views[cell]
            found = trace_paths(service, texts, of_cell)
            which = f"{of_cell.model}, layer {of_cell.layer}, {of_cell.quantity}."
            shown += [draw_paths(found, CELL_HEIGHT), f"{which} {describe_paths(found)}{describe_close_up(found)}"]
        else:
            shown += [None, "There is no model of this task with this cell."]
    return shown


def numbers_shown(service: Service, texts: Sequence[str], view: View, with_cells: bool) -> list[dict[str, Any]]:
    """Return the numbers of all that is shown: of each model its view, and of each text what the endpoint gives.

    And `values`, what the points are coloured by. The states of the cells side by side are left out: of these no figure
    shows more than the points.
    """
    cells = views_of_cells(service.store, view).values() if with_cells else ()
    numbers = []
    for number, one in enumerate([view, *cells]):
        found = trace_paths(service, texts, one)
        of_texts = numbers_of_texts(found)
        for of_text, path in zip(of_texts, found.paths, strict=True):
            of_text["values"] = list(path.values)
            if number:
                del of_text["states"]
        numbers.append({**asdict(one), "texts": of_texts})
    return numbers


def caption_map(quantity: Quantity) -> str:
    """Return what the heat map shows."""
    if quantity.is_gate:
        return f"{MAP_CAPTION} {describe_gate(quantity)}. Full indigo is 1."
    return f"{MAP_CAPTION} Indigo is above 0, orange below."


def name_layer(layer: int, num_layers: int) -> str:
    """Name a layer by its number and place.

    >>> name_layer(0, 2), name_layer(1, 2), name_layer(1, 3), name_layer(0, 1)
    ('0, nearest to the words', '1, the last', '1', '0, the only one')
    """
    if num_layers == 1:
        return "0, the only one"
    if layer == num_layers - 1:
        return f"{layer}, the last"
    return f"{layer}, nearest to the words" if layer == 0 else str(layer)


def describe(whole: HiddenTrace, drawn: HiddenTrace, units: list[int]) -> str:
    """Say in numbers what the heat map shows."""
    num_tokens, num_units = whole.states.shape
    cut = f" over the first {len(drawn.tokens)} tokens" if len(drawn.tokens) < num_tokens else ""
    shown = f"the {len(units)} that change most" if len(units) < num_units else "all of them"
    return f"{num_tokens} tokens. Layer {whole.layer} has {num_units} units; the map below shows {shown}{cut}."
