"""Units: the text coloured by one unit, what the units keep track of, and where held-out text drives one of them."""

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from rnn_demo.errors import CheckpointError
from rnn_demo.tasks import TASKS
from rnn_demo.ui.model_store import say_which_encoder
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import (
    INSTANT,
    LATEST,
    RequestToken,
    build_request_counter,
    count_request,
    for_newest_request,
    shows_errors,
)
from rnn_demo.ui.shared.examples import UNIT_TEXTS, build_examples, on_pick
from rnn_demo.ui.shared.export import build_export
from rnn_demo.ui.shared.highlights import Highlights
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
    "Each unit of a network is one number that changes from token to token. Some keep track of a thing that we have a "
    "word for. **Look where the colour turns,** then write a text in which it should turn elsewhere."
)
TABLE_CAPTION = (
    "The unit that goes with each feature best, by its correlation r over held-out texts: at 1 or −1 the unit tells "
    "the feature exactly, at 0 it says nothing of it. **Click a row** to colour the text by its unit."
)
SIMILAR_CAPTION = (
    "Copy some words from your text. The units that stay beyond the threshold through all of them are looked for in "
    "held-out text: **what else is alike for the network?**"
)
THRESHOLD = 0.15
HEADERS = ["feature", "unit", "r"]

WAIT = "The network reads held-out text, which takes seconds the first time …"

Read = tuple[str, str, int, str]
"""Text, model, layer and part of what is shown."""
Shown = tuple[Any, Any, str, Highlights, Highlights, str, Any, Read]


def make_show(service: Service) -> Callable[[str, str, int, str, int | None], Iterator[Shown]]:
    """Make what all but one of the events call; it shows the text at once where the held-out places take longer."""

    @shows_errors
    def show(text: str, model: str, layer: int, quantity: str, unit: int | None) -> Iterator[Shown]:
        reading, predictor = service.units(text, model, layer, quantity), service.store.find(model)
        meaning = service.quantities(model)[quantity]
        choices = unit_choices(reading)
        if unit not in [number for _, number in choices]:
            unit = first_unit(reading, TASKS[predictor.task].first_feature)
        offered = gr.update(choices=choices, value=unit)
        rows = [[str(one.feature), str(one.unit), f"{one.correlation:+.2f}"] for one in reading.by_feature]
        caption = TABLE_CAPTION if rows else f"{say_why_unknown(quantity)}."
        table = gr.update(value=rows, visible=bool(rows))
        said, which = describe(text, reading, unit, quantity), say_which_encoder(predictor)

        def shown(scale: float | None, highest: Highlights, lowest: Highlights) -> Shown:
            marked = colour_unit(text, reading, unit, meaning, scale)
            coloured = gr.update(value=marked, color_map=GATE_COLOURS if meaning.is_gate else UNIT_COLOURS)
            summary = f"{said} {describe_colours(meaning, scale)}{which}"
            return offered, coloured, summary, highest, lowest, caption, table, (text, model, layer, quantity)

        if meaning.bounded and not service.has_contexts(model, quantity):
            yield shown(scale_of(meaning, []), [(WAIT, None)], [(WAIT, None)])
            offered = gr.skip()  # another unit may be chosen by then
        try:
            highest, lowest = service.contexts(model, layer, unit, quantity)
        except CheckpointError as error:
            yield shown(scale_of(meaning, []), [(str(error), None)], [(str(error), None)])
        else:
            yield shown(scale_of(meaning, [*highest, *lowest]), mark_contexts(highest), mark_contexts(lowest))

    return show


def build_units_tab(service: Service) -> None:
    """Lay out the tab."""
    build_problems(service.store)
    models = service.store.names()
    if not models:
        return

    def choices_of(model: str) -> tuple[list[int], list[tuple[str, str]]]:
        return list(range(service.num_layers(model))), quantity_choices(service.quantities(model))

    @shows_errors
    def offer_choices(turn: RequestToken, model: str) -> tuple[Any, Any, None, str, Highlights]:
        layers, parts = choices_of(model)
        turn.end()
        similar: tuple[str, Highlights] = ("", [])  # what stands there is of the model before
        return gr.update(choices=layers, value=layers[-1]), gr.update(choices=parts, value="h"), None, *similar

    @shows_errors
    @for_newest_request
    def find_similar(
        text: str, words: str, model: str, layer: int, quantity: str, threshold: float
    ) -> tuple[str, Highlights]:
        found = service.similar_spans(text, words, model, layer, threshold, quantity)
        return describe_similar(found, threshold), mark_contexts([match.context for match in found.matches])

    show = make_show(service)
    layers, parts = choices_of(models[0])
    shows = list(show(UNIT_TEXTS[0], models[0], layers[-1], "h", None))
    offered, first = shows[0][0], shows[-1]

    gr.Markdown(INTRO)
    text = gr.Textbox(UNIT_TEXTS[0], label="Text", lines=2, max_lines=12)
    examples = build_examples(text, UNIT_TEXTS)
    with gr.Row():
        model = gr.Dropdown(models, value=models[0], label="Model", filterable=False)
        unit = gr.Dropdown(offered["choices"], value=offered["value"], label="Unit", scale=2, min_width=260)
        start = gr.Button("Read", variant="primary")
    with gr.Accordion("Layer, and what of each unit", open=False), gr.Row():
        layer = gr.Dropdown(
            layers, value=layers[-1], label="Layer", info="0 is nearest to the words.", filterable=False
        )
        quantity = gr.Dropdown(parts, value="h", label="Of each unit", info="A state or a gate.", filterable=False)
    marked = gr.HighlightedText(
        first[1]["value"],
        label="The text, by what the unit held after each token",
        color_map=UNIT_COLOURS,
        show_legend=True,
        show_inline_category=False,
        elem_id="unit-text",
    )
    summary = gr.Markdown(first[2], elem_id="unit-summary")
    read = gr.State(first[7])  # what stands in the boxes may be something else by now
    build_export(lambda shown: service.units(*shown), read, "units.json")
    highest = build_contexts(first[3], "Where held-out text drives it highest", "unit-highest")
    lowest = build_contexts(first[4], "Where held-out text drives it lowest", "unit-lowest")
    with gr.Accordion("What the units keep track of", open=False):
        caption = gr.Markdown(first[5])
        table = gr.Dataframe(
            first[6]["value"],
            headers=HEADERS,
            column_widths=["50%", "25%", "25%"],
            label="Units",
            interactive=False,
            wrap=True,
            visible=first[6]["visible"],
            elem_id="unit-table",
        )
    with gr.Accordion("Find similar places", open=False):
        gr.Markdown(SIMILAR_CAPTION)
        words = gr.Textbox(label="Words", placeholder="said the old man", lines=1)
        with gr.Row():
            threshold = gr.Slider(0.05, 0.95, THRESHOLD, step=0.05, label="Threshold", buttons=[])
            find = gr.Button("Find", variant="secondary")
        similar_summary = gr.Markdown(elem_id="similar-summary")
        similar = build_contexts([], "Held-out places, most alike first", "similar")

    turn, counter = gr.State(RequestToken()), build_request_counter()
    count_request(gr.on([layer.input, quantity.input], lambda: None, None, unit, **INSTANT), counter)
    of_model = [layer, quantity, unit, similar_summary, similar]
    count_request(model.change(offer_choices, [turn, model], of_model, **INSTANT), counter)
    on_pick(examples, text, counter)
    count_request(table.select(pick_unit, None, unit, **INSTANT), counter)
    outputs = [unit, marked, summary, highest, lowest, caption, table, read]
    gr.on(
        [start.click, text.submit, unit.input, counter.change],
        show,
        [text, model, layer, quantity, unit],
        outputs,
        **LATEST,
    )
    gr.on(
        [find.click, words.submit],
        find_similar,
        [turn, text, words, model, layer, quantity, threshold],
        [similar_summary, similar],
        **LATEST,
    )


def build_contexts(value: Highlights, label: str, elem_id: str) -> gr.HighlightedText:
    """Show held-out places, a line each."""
    return gr.HighlightedText(
        value, label=label, color_map=HERE_COLOUR, show_legend=False, show_inline_category=False, elem_id=elem_id
    )


def pick_unit(event: gr.SelectData) -> int:
    """Take the unit out of the row that was clicked."""
    return int(event.row_value[HEADERS.index("unit")])
