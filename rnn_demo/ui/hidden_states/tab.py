"""Hidden states: the path of the state as a text is read, and the value of each unit."""

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import gradio as gr

from rnn_demo.cells import CELLS, Quantity
from rnn_demo.errors import InputError
from rnn_demo.microscope.trace import HiddenTrace
from rnn_demo.microscope.units import most_active_units
from rnn_demo.plots import draw_heatmap
from rnn_demo.ui.hidden_states.drawing import (
    SPACES,
    View,
    colourings_of,
    describe_axes,
    describe_close_up,
    describe_paths,
    draw_picture,
    picture_of,
    views_of_cells,
)
from rnn_demo.ui.hidden_states.paths import numbers_of_paths
from rnn_demo.ui.hidden_states.steps import build_steps, steps_of
from rnn_demo.ui.model_store import say_which_encoder
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import (
    INSTANT,
    LATEST,
    build_request_counter,
    clears_on_empty,
    count_request,
    shows_errors,
)
from rnn_demo.ui.shared.examples import HIDDEN_TEXTS, PAIRS, on_pick
from rnn_demo.ui.shared.export import build_export, require_displayed
from rnn_demo.ui.shared.layout import TabFields, build_text_input
from rnn_demo.ui.shared.names import layer_choices
from rnn_demo.ui.shared.problems import build_problems
from rnn_demo.ui.shared.quantities import describe_gate, quantity_choices

INTRO = (
    "After each word the network holds a summary of the text so far, its hidden state: **look for words that make it "
    "jump.**"
)
CHOICES_TITLE = "Every cell, layers, colours, 3-D, subwords"
COMPARE = "a word to swap, such as good -> bad, or another text on each line"
MAX_OTHERS = 3
"""Texts that are drawn beside the first."""
CELLS_LABEL = "The same text with every cell"
MAP_CAPTION = "**The units,** one per row, sorted by the word at which they stand out most."
FIRST_MODEL = "sentiment-lstm"  # its state makes the larger jumps, at the words that matter
MAX_COLUMNS, MAX_UNITS = 200, 40
"""The most columns and rows of the heat map; the endpoint returns every token and unit."""
CELL_HEIGHT = 380
"""Pixels of each of the figures side by side."""


class Choices(NamedTuple):
    """What a visitor can set on this tab besides the text."""

    other: gr.Textbox
    with_cells: gr.Checkbox
    layer: gr.Dropdown
    quantity: gr.Dropdown
    colour: gr.Radio
    space: gr.Radio
    subwords: gr.Checkbox
    pairs: gr.Dataset


def build_hidden_states_tab(service: Service) -> TabFields | None:
    """Lay out the tab."""
    build_problems(service.store)
    models = service.store.names()
    if not models:
        return None
    cleared = [None] * 5, [""], [gr.skip()], [None] * (2 * len(CELLS))  # a row cannot be emptied
    read = shows_errors(clears_on_empty(*chain(*cleared))(partial(show, service)))
    first_model = FIRST_MODEL if FIRST_MODEL in models else models[0]
    (_, first_layer), first_colour = layers_of(service, first_model)[-1], colours_of(service, first_model)[0]
    first_summary, first_path, first_map, first_caption, first_shown, first_steps, *_ = read(
        HIDDEN_TEXTS[0], first_model, "", False, first_layer, "h", first_colour, "2-D", False
    )

    text, model, start, examples, note = build_text_input(
        INTRO, HIDDEN_TEXTS, "Read", service.store.choices(), model=first_model
    )
    steps = build_steps(first_steps)
    path = gr.Plot(first_path["value"], show_label=False, elem_id="trajectory")
    with gr.Row(visible=False) as cells_row:
        of_cells = [component for cell in CELLS for component in build_cell(cell)]
    summary = gr.Markdown(first_summary, elem_id="trace-summary")
    displayed = gr.State(first_shown)  # the boxes may have changed since
    build_export(
        lambda values: numbers_shown(service, *require_displayed(values, "press Read")), displayed, "hidden-states.json"
    )
    choices = build_choices(service, first_model, text)
    map_caption = gr.Markdown(first_caption, elem_id="map-caption")
    heatmap = gr.Plot(first_map, show_label=False, elem_id="heatmap")

    counter = build_request_counter()
    of_model = [choices.layer, choices.quantity, choices.colour]
    count_request(model.change(shows_errors(partial(offer_choices, service)), model, of_model, **INSTANT), counter)
    on_pick(examples, text, counter)
    count_request(choices.pairs.click(pick_pair, choices.pairs, [text, choices.other], **INSTANT), counter)
    changed = [choices.layer.input, choices.quantity.input, choices.with_cells.input]
    changed += [choices.colour.input, choices.space.input, choices.subwords.input]
    inputs = [text, model, *choices[:-1]]
    outputs = [summary, path, heatmap, map_caption, displayed, steps, cells_row, *of_cells, note]
    events = [start.click, text.submit, choices.other.submit, *changed, counter.change]
    # Not checked by gradio, which has the new menus while a browser may still send a choice of the old: see `fit_view`.
    gr.on(events, read, inputs, outputs, preprocess=False, **LATEST)
    return TabFields(counter, text, {"model": model, "other": choices.other})


def build_choices(service: Service, first_model: str, text: gr.Textbox) -> Choices:
    """Lay out the accordion with the settings."""
    layers, colours = layers_of(service, first_model), colours_of(service, first_model)
    quantities = quantity_choices(service.quantities(first_model))
    with gr.Row(elem_classes="compare"):
        other = gr.Textbox("", label="Compare with", placeholder=COMPARE, lines=1, max_lines=MAX_OTHERS, scale=2)
        pairs = gr.Dataset(
            components=[text, other],
            samples=[list(pair) for pair in PAIRS.values()],
            sample_labels=list(PAIRS),
            label="Or try a pair",
        )
    with gr.Accordion(CHOICES_TITLE, open=False):
        with gr.Row():
            layer = gr.Dropdown(layers, value=layers[-1][1], label="Layer", filterable=False)
            quantity = gr.Dropdown(quantities, value="h", label="Show", filterable=False)
        with gr.Row():
            colour = gr.Radio(colours, value=colours[0], label="Colour by")
            space = gr.Radio(list(SPACES), value="2-D", label="Dimensions")
        with gr.Row():
            with_cells = gr.Checkbox(False, label=CELLS_LABEL)
            subwords = gr.Checkbox(False, label="Show subwords")
    return Choices(other, with_cells, layer, quantity, colour, space, subwords, pairs)


def build_cell(cell: str) -> tuple[gr.Plot, gr.Markdown]:
    """Lay out one of the figures side by side; on a phone they stand one below the other."""
    with gr.Column(min_width=300):
        gr.Markdown(f"**{cell.upper()}**")
        return gr.Plot(show_label=False, elem_id=f"cell-{cell}"), gr.Markdown(elem_id=f"cell-{cell}-summary")


def layers_of(service: Service, model: str) -> list[tuple[str, int]]:
    """List a model's layers for the menu."""
    return layer_choices(service.num_layers(model))


def colours_of(service: Service, model: str) -> list[str]:
    """List what a model's paths can be coloured by."""
    return list(colourings_of(service.store.find(model).task))


def offer_choices(service: Service, model: str) -> tuple[Any, Any, Any]:
    """Fill the menus with the layers, quantities and colours of another model."""
    layers, colours = layers_of(service, model), colours_of(service, model)
    return (
        gr.update(choices=layers, value=layers[-1][1]),
        gr.update(choices=quantity_choices(service.quantities(model)), value="h"),
        gr.update(choices=colours, value=colours[0]),
    )


def pick_pair(sample: list[str]) -> tuple[str, str]:
    """Return the two texts of an example."""
    text, other = sample
    return text, other


def show(
    service: Service,
    text: str,
    model: str,
    other: str,
    with_cells: bool,
    layer: int,
    quantity: str,
    colour: str,
    space: str,
    subwords: bool,
) -> list[Any]:
    """Read the texts and fill the tab."""
    texts = [text, *other_texts(text, other)]
    view = fit_view(service, View(model, layer, quantity, colour, space, subwords))
    picture = picture_of(service, texts, view)
    trace = picture.paths.untrimmed[0]
    mapped = (trace if subwords else trace.by_word()).cut(slice(MAX_COLUMNS))
    units = most_active_units(mapped, MAX_UNITS)
    meaning = service.quantities(model)[view.quantity]
    return [
        f"{describe_paths(picture.paths)} {describe_axes(picture)} {describe(trace, mapped, units)}"
        + say_which_encoder(service.store.find(model)),
        gr.update(value=draw_picture(picture), visible=not with_cells),
        draw_heatmap(mapped, units, view.quantity, is_gate=meaning.is_gate),
        caption_map(meaning),
        (texts, view, with_cells),
        steps_of([trace.tokens for trace in picture.paths.traces]),
        gr.update(visible=with_cells),
        *(draw_cells(service, texts, view) if with_cells else [gr.skip()] * (2 * len(CELLS))),
    ]


def other_texts(text: str, other: str) -> list[str]:
    r"""Return the texts to compare with: lines of their own, or the text with a word swapped.

    Raises:
        InputError: there are too many, or the word to swap is not in the text.

    >>> other_texts("A good film.", "good -> bad"), other_texts("A good film.", "A film.\nNo film.")
    (['A bad film.'], ['A film.', 'No film.'])
    """
    lines = [line for line in other.split("\n") if line.strip()]
    if len(lines) > MAX_OTHERS:
        raise InputError(f"{len(lines)} texts are given to compare with; at most {MAX_OTHERS} are drawn")
    return [swapped(text, line) for line in lines]


def swapped(text: str, line: str) -> str:
    """Return the line itself, or for `old -> new` the text with every `old` swapped, where it is a word of its own."""
    old, arrow, new = (part.strip() for part in line.replace("→", "->").partition("->"))
    if not (old and arrow and new):
        return line
    swap, count = re.subn(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, text)
    if not count:
        raise InputError(f"the word to swap, {old!r:.40}, is not in the text")
    return swap


def fit_view(service: Service, view: View) -> View:
    """Replace what a model does not have by its default: another model may be chosen before the menus follow."""
    quantities, colours = service.quantities(view.model), colours_of(service, view.model)
    return replace(
        view,
        layer=min(view.layer, service.num_layers(view.model) - 1),
        quantity=view.quantity if view.quantity in quantities else "h",
        colour=view.colour if view.colour in colours else colours[0],
    )


def draw_cells(service: Service, texts: Sequence[str], view: View) -> list[Any]:
    """Return a figure and a sentence per cell, for the same texts."""
    views = views_of_cells(service, view)
    figures: list[Any] = []
    for cell in CELLS:
        if cell in views:
            of_cell = views[cell]
            picture = picture_of(service, texts, of_cell)
            name = f"{service.store.title(of_cell.model)}, layer {of_cell.layer}, {of_cell.quantity}."
            sentences = f"{name} {describe_paths(picture.paths)}{describe_close_up(picture)}"
            figures += [draw_picture(picture, CELL_HEIGHT), sentences]
        else:
            figures += [None, "There is no model of this task with this cell."]
    return figures


def numbers_shown(service: Service, texts: Sequence[str], view: View, with_cells: bool) -> list[dict[str, Any]]:
    """Return the numbers on the tab: per model its view, and per text what the endpoint returns.

    And `values`, what the points are coloured by. The cells side by side come without their states: no figure shows
    more of them than the points.
    """
    cells = views_of_cells(service, view).values() if with_cells else ()
    numbers = []
    for number, each in enumerate([view, *cells]):
        picture = picture_of(service, texts, each)
        of_texts = numbers_of_paths(picture.paths)
        for of_text, traced in zip(of_texts, picture.traced, strict=True):
            of_text["values"] = list(traced.values)
            if number:
                del of_text["states"]
        numbers.append({**asdict(each), "texts": of_texts})
    return numbers


def caption_map(quantity: Quantity) -> str:
    """Return the caption of the heat map."""
    if quantity.is_gate:
        return f"{MAP_CAPTION} {describe_gate(quantity)}. Full indigo is 1."
    return f"{MAP_CAPTION} Indigo is above 0, orange below."


def describe(trace: HiddenTrace, mapped: HiddenTrace, units: list[int]) -> str:
    """Return the size of the text and of the layer, and how much of both the heat map shows."""
    num_tokens, num_units = trace.states.shape
    cut = f" over the first {MAX_COLUMNS}" if mapped.spans[-1] != trace.spans[-1] else ""
    which = f"the {len(units)} that change most" if len(units) < num_units else "all of them"
    return f"{num_tokens} tokens. Layer {trace.layer} has {num_units} units; the heat map shows {which}{cut}."
