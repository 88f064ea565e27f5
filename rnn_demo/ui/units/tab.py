"""Units: the text coloured by one unit, what the units track, and the held-out passages with its extremes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from rnn_demo.errors import CheckpointError
from rnn_demo.microscope.correlations import RankedUnit
from rnn_demo.tasks import TASKS
from rnn_demo.ui.model_store import say_which_encoder
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import (
    INSTANT,
    LATEST,
    RequestToken,
    build_request_counter,
    clears_on_empty,
    count_request,
    for_newest_request,
    shows_errors,
)
from rnn_demo.ui.shared.examples import UNIT_TEXTS, on_pick
from rnn_demo.ui.shared.export import build_export, require_displayed
from rnn_demo.ui.shared.highlights import Highlights
from rnn_demo.ui.shared.layout import TabFields, build_text_input
from rnn_demo.ui.shared.names import layer_choices
from rnn_demo.ui.shared.problems import build_problems
from rnn_demo.ui.shared.quantities import quantity_choices
from rnn_demo.ui.shared.theme import GATE_COLOURS, HERE_COLOUR, UNIT_COLOURS
from rnn_demo.ui.units.captions import (
    colour_unit,
    describe,
    describe_colours,
    describe_similar,
    first_unit,
    mark_contexts,
    say_why_unknown,
    scale_of,
    unit_choices,
)

INTRO = (
    "A unit is one number that changes from word to word, and some track what we have a word for: **look where the "
    "colour turns.**"
)
TABLE_CAPTION = (
    "For each feature, the unit that tracks it best, by their correlation r over held-out text: at 1 or −1 the unit "
    "follows the feature exactly, at 0 not at all. **Click a row** to colour the text by its unit."
)
SIMILAR_CAPTION = (
    "Copy some words from your text to find held-out passages that activate the same units, those that stay beyond the "
    "threshold through all of these words. **What else looks alike to the network?**"
)
THRESHOLD = 0.15
HEADERS = ["feature", "unit", "r"]
WAIT = "Reading held-out text: the first time takes some seconds …"

Request = tuple[str, str, int, str]
"""Text, model, layer and quantity."""
Shown = tuple[Any, Any, str, Highlights, Highlights, str, Any, Request]


class Reading(NamedTuple):
    """What every request but Find fills, in the order of `Shown`."""

    unit: gr.Dropdown
    marked: gr.HighlightedText
    summary: gr.Markdown
    highest: gr.HighlightedText
    lowest: gr.HighlightedText
    caption: gr.Markdown
    table: gr.Dataframe
    request: gr.State


class Search(NamedTuple):
    """The accordion that finds similar passages."""

    words: gr.Textbox
    threshold: gr.Slider
    find: gr.Button
    summary: gr.Markdown
    passages: gr.HighlightedText


def make_show(service: Service) -> Callable[[str, str, int, str, int | None], Iterator[Shown]]:
    """Return the handler that reads a text; it shows the text first where the held-out passages take longer."""

    @shows_errors
    @clears_on_empty(*[None] * len(Reading._fields))
    def show(text: str, model: str, layer: int, quantity: str, unit: int | None) -> Iterator[Shown]:
        reading, predictor = service.units(text, model, layer, quantity), service.store.find(model)
        meaning = service.quantities(model)[quantity]
        choices = unit_choices(reading)
        if unit not in [number for _, number in choices]:
            unit = first_unit(reading, TASKS[predictor.task].first_feature)
        offered = gr.update(choices=choices, value=unit)
        rows = [row_of(best, unit) for best in reading.by_feature]
        reading = replace(reading, trace=reading.trace.by_word())
        caption = TABLE_CAPTION if rows else f"{say_why_unknown(quantity)}."
        table = gr.update(value=rows, visible=bool(rows))
        sentences, encoder = describe(text, reading, unit, quantity), say_which_encoder(predictor)

        def shown(scale: float | None, highest: Highlights, lowest: Highlights) -> Shown:
            marked = colour_unit(text, reading, unit, meaning, scale)
            coloured = gr.update(value=marked, color_map=GATE_COLOURS if meaning.is_gate else UNIT_COLOURS)
            summary = f"{sentences} {describe_colours(meaning, scale)}{encoder}"
            return offered, coloured, summary, highest, lowest, caption, table, (text, model, layer, quantity)

        if meaning.bounded and not service.has_contexts(model, quantity):
            yield shown(scale_of(meaning, []), [(WAIT, None)], [(WAIT, None)])
            offered = gr.skip()  # the visitor may have chosen another unit meanwhile
        try:
            highest, lowest = service.contexts(model, layer, unit, quantity)
        except CheckpointError as error:
            yield shown(scale_of(meaning, []), [(str(error), None)], [(str(error), None)])
        else:
            yield shown(scale_of(meaning, [*highest, *lowest]), mark_contexts(highest), mark_contexts(lowest))

    return show


def row_of(best: RankedUnit, chosen: int) -> list[str]:
    """Return a row of the table; that of the chosen unit is marked.

    >>> row_of(RankedUnit(7, "digits", 0.5), 7), row_of(RankedUnit(8, "digits", 0.5), 7)[0]
    (['▸ digits', '7', '+0.50'], 'digits')
    """
    mark = "▸ " if best.unit == chosen else ""
    return [f"{mark}{best.feature}", str(best.unit), f"{best.correlation:+.2f}"]


def build_units_tab(service: Service) -> TabFields | None:
    """Lay out the tab."""
    build_problems(service.store)
    models = service.store.names()
    if not models:
        return None
    show = make_show(service)
    layers, quantities = choices_of(service, models[0])
    shows = list(show(UNIT_TEXTS[0], models[0], layers[-1][1], "h", None))
    offered, first = shows[0][0], shows[-1]

    text, model, start, examples, note = build_text_input(INTRO, UNIT_TEXTS, "Read", service.store.choices())
    with gr.Row(elem_classes="ask"):
        unit = gr.Dropdown(offered["choices"], value=offered["value"], label="Unit", min_width=260)
    reading = build_reading(service, unit, first)
    with gr.Accordion("Layer and quantity", open=False), gr.Row():
        layer = gr.Dropdown(layers, value=layers[-1][1], label="Layer", filterable=False)
        quantity = gr.Dropdown(quantities, value="h", label="Show", filterable=False)
    search = build_search()

    turn, counter = gr.State(RequestToken()), build_request_counter()
    count_request(gr.on([layer.input, quantity.input], lambda: None, None, unit, **INSTANT), counter)
    of_model = [layer, quantity, unit, search.summary, search.passages]
    offer = shows_errors(partial(offer_choices, service))
    count_request(model.change(offer, [turn, model], of_model, **INSTANT), counter)
    on_pick(examples, text, counter)
    count_request(reading.table.select(pick_unit, None, unit, **INSTANT), counter)
    triggers = [start.click, text.submit, unit.input, counter.change]
    gr.on(triggers, show, [text, model, layer, quantity, unit], [*reading, note], **LATEST)
    gr.on(
        [search.find.click, search.words.submit],
        shows_errors(for_newest_request(partial(find_similar, service))),
        [turn, text, search.words, model, layer, quantity, search.threshold],
        [search.summary, search.passages],
        **LATEST,
    )
    return TabFields(counter, text, {"model": model})


def build_reading(service: Service, unit: gr.Dropdown, first: Shown) -> Reading:
    """Lay out what is shown of a text, with what the page opens with."""
    with gr.Row():
        with gr.Column(scale=3, min_width=320):
            marked = build_marked(first[1]["value"])
            summary = gr.Markdown(first[2], elem_id="unit-summary")
        with gr.Column(scale=2, min_width=300):
            table = build_table(first[6])
            caption = gr.Markdown(first[5])
    request = gr.State(first[7])  # the boxes may have changed since
    build_export(lambda request: service.units(*require_displayed(request, "press Read")), request, "units.json")
    highest = build_passages(first[3], "Held-out passages with its highest values", "unit-highest")
    lowest = build_passages(first[4], "Held-out passages with its lowest values", "unit-lowest")
    return Reading(unit, marked, summary, highest, lowest, caption, table, request)


def build_marked(value: Highlights) -> gr.HighlightedText:
    """Show the text, coloured by a unit."""
    return gr.HighlightedText(
        value,
        label="The text, coloured by the unit’s value after each word",
        color_map=UNIT_COLOURS,
        show_legend=True,
        show_inline_category=False,
        elem_id="unit-text",
    )


def build_table(first: Any) -> gr.Dataframe:
    """Lay out the table of features; a click on a row chooses its unit."""
    return gr.Dataframe(
        first["value"],
        headers=HEADERS,
        column_widths=["56%", "22%", "22%"],
        label="What the units track",
        interactive=False,
        wrap=True,
        max_height=360,
        visible=first["visible"],
        elem_id="unit-table",
    )


def build_search() -> Search:
    """Lay out the accordion that finds similar passages."""
    with gr.Accordion("Find similar passages", open=False):
        gr.Markdown(SIMILAR_CAPTION)
        words = gr.Textbox(label="Words", placeholder="said the old man", lines=1)
        with gr.Row():
            threshold = gr.Slider(0.05, 0.95, THRESHOLD, step=0.05, label="Threshold", buttons=[])
            find = gr.Button("Find", variant="secondary")
        summary = gr.Markdown(elem_id="similar-summary")
        passages = build_passages([], "Held-out passages, most similar first", "similar")
    return Search(words, threshold, find, summary, passages)


def build_passages(value: Highlights, label: str, elem_id: str) -> gr.HighlightedText:
    """Show held-out passages, one per line."""
    return gr.HighlightedText(
        value, label=label, color_map=HERE_COLOUR, show_legend=False, show_inline_category=False, elem_id=elem_id
    )


def choices_of(service: Service, model: str) -> tuple[list[tuple[str, int]], list[tuple[str, str]]]:
    """List a model's layers and quantities for the menus."""
    return layer_choices(service.num_layers(model)), quantity_choices(service.quantities(model))


def offer_choices(service: Service, turn: RequestToken, model: str) -> tuple[Any, Any, None, str, Highlights]:
    """Fill the menus for another model, and empty the similar passages, which are of the model before."""
    layers, quantities = choices_of(service, model)
    turn.end()
    return gr.update(choices=layers, value=layers[-1][1]), gr.update(choices=quantities, value="h"), None, "", []


def find_similar(
    service: Service, text: str, words: str, model: str, layer: int, quantity: str, threshold: float
) -> tuple[str, Highlights]:
    """Find the held-out passages that activate the same units as some words of the text."""
    matches = service.similar_spans(text, words, model, layer, threshold, quantity)
    return describe_similar(matches, threshold), mark_contexts([match.context for match in matches.matches])


def pick_unit(event: gr.SelectData) -> int:
    """Return the unit of the row that was clicked."""
    return int(event.row_value[HEADERS.index("unit")])
