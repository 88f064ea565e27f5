"""Hold a unit: part of the Write tab. The same prompt and seed written twice, freely and with something held."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import gradio as gr

from rnn_demo.errors import InputError
from rnn_demo.microscope.trace import quantities_of
from rnn_demo.ui.hidden_states.tab import name_layer
from rnn_demo.ui.model_store import ModelStore
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import INSTANT, LATEST, RequestToken, build_request_counter, shows_errors, throttled
from rnn_demo.ui.write.settings import read_settings

INTRO = (
    "Set a few of the network's numbers by hand after every token, and let it write on with the rest. "
    "**Look for where the two texts part,** and for what the held one keeps coming back to."
)
START_DEVIATIONS, MOST_DEVIATIONS = 8, 12
START_UNITS = "12: 1"
"""Where there is no slider to start with."""
JUDGE_TASK = "sentiment"
NO_TURN = -1
"""A counter that empties both texts."""


def build_clamp_panel(
    service: Service, model: gr.Dropdown, suited: gr.Number, turn: gr.State, settings: list[Any]
) -> None:
    """Lay it out, folded.

    Args:
        service: where to ask.
        model: the tab's choice of a language model.
        suited: changes once the settings suit another choice.
        turn: the tab's, which its Stop ends.
        settings: the tab's prompt, model, temperature, length, top-k, top-p, seed and domain.
    """
    store = service.store

    def layers_of(name: str) -> list[tuple[str, int]]:
        num_layers = store.find(name).model.encoder.config.num_layers
        return [(name_layer(layer, num_layers), layer) for layer in range(num_layers)]

    @shows_errors
    def offer(name: str) -> tuple[Any, ...]:
        choices = layers_of(name)
        found = service.sentiment_direction(name, -1) is not None
        deviations = gr.update(visible=found, value=START_DEVIATIONS if found else 0)
        layer, units = (
            gr.update(choices=choices, value=choices[-1][1]),
            gr.update(info=describe_units(store, name)),
        )
        return layer, deviations, units, describe_study(service, name, -1), NO_TURN

    @shows_errors
    def describe_layer(name: str, layer: int) -> str:
        return describe_study(service, name, layer)

    @shows_errors
    def write_both(
        turn: RequestToken, number: int, deviations: float, units: str, layer: int, *given: Any
    ) -> Iterator[tuple[str, str, str]]:
        if turn.number != number:
            yield "", "", ""  # what stands here is of another model, or out of date before it begins
            return
        prompt, name, *settings = given
        options = read_settings(*settings)
        clamp = service.clamp(name, parse_units(units), layer, deviations)
        free = held = ""
        pairs = zip_longest(service.write(prompt, name, **options), service.write(prompt, name, **options, clamp=clamp))
        for free, held in throttled(turn.lasting(number, latest(pairs))):
            yield free, held, ""
        if turn.number == number:
            yield free, held, describe_both(service, free, held, clamp.is_empty)

    name = model.value
    found = service.sentiment_direction(name, -1) is not None
    with gr.Accordion("Hold a unit", open=False):
        gr.Markdown(INTRO)
        with gr.Row():
            deviations = gr.Slider(
                -MOST_DEVIATIONS,
                MOST_DEVIATIONS,
                START_DEVIATIONS if found else 0,
                step=0.5,
                label="Sentiment direction, in standard deviations",
                info="0 lets it go.",
                buttons=[],
                visible=found,
            )
            units = gr.Textbox(
                "" if found else START_UNITS,
                label="Units and values",
                info=describe_units(store, name),
            )
            layer = gr.Dropdown(layers_of(name), value=layers_of(name)[-1][1], label="Layer", filterable=False)
        known = gr.Markdown(describe_study(service, name, -1), elem_id="held-known")
        start = gr.Button("Write both", variant="primary")
        with gr.Row():
            free = gr.Textbox(label="Free", lines=7, max_lines=20, elem_id="written-free", interactive=False)
            held = gr.Textbox(label="Held", lines=7, max_lines=20, elem_id="written-held", interactive=False)
        summary = gr.Markdown(elem_id="held-summary")

    counter = build_request_counter()
    inputs = [turn, counter, deviations, units, layer, *settings]
    suited.change(offer, model, [layer, deviations, units, known, counter], **INSTANT)
    layer.input(describe_layer, [model, layer], known, **INSTANT)
    start.click(lambda turn: turn.next(), turn, counter, **INSTANT)
    counter.change(write_both, inputs, [free, held, summary], **LATEST)


def describe_units(store: ModelStore, model: str) -> str:
    """Return what can be typed into the box of units, and how large a unit grows on its own."""
    bounded = quantities_of(store.find(model))["h"].bounded
    return "Such as 12: 1, 40: -0.5." + (" On its own a unit stays within -1 and 1." if bounded else "")


def parse_units(text: str) -> dict[str, float]:
    """Read what a visitor typed.

    >>> parse_units(" 12: 1,40 :-0.5,")
    {'12': 1.0, '40': -0.5}

    Raises:
        InputError: a part is no unit with a value.
    """
    parts = [part.strip() for part in text.replace(";", ",").split(",")]
    units: dict[str, float] = {}
    for part in filter(None, parts):
        unit, _, value = part.partition(":")
        try:
            units[unit.strip()] = float(value)
        except ValueError as error:
            raise InputError(f"{part!r:.40} is no unit with a value; give them such as 12: 1, 40: -0.5") from error
    return units


def latest(pairs: Iterator[tuple[str | None, str | None]]) -> Iterator[tuple[str, str]]:
    """Where one text has ended, go on showing it.

    >>> list(latest(iter([("a", "x"), ("ab", None)])))
    [('a', 'x'), ('ab', 'x')]
    """
    free = held = ""
    for next_free, next_held in pairs:
        free = free if next_free is None else next_free
        held = held if next_held is None else next_held
        yield free, held


def describe_study(service: Service, name: str, layer: int) -> str:
    """Return what is known of a layer in advance, or why the slider is not there."""
    found = service.sentiment_direction(name, layer)
    if found is None:
        return (
            f"There is no slider for sentiment: where {name} keeps it was not computed for these weights. "
            f"`python train.py study {name}` does."
        )
    return (
        f"On labelled reviews this direction tells positive from negative **{100 * found.accuracy:.0f} %** of the "
        f"time (guessing: 50 %), and the best single unit, number **{found.unit}**, {100 * found.unit_accuracy:.0f} %. "
        f"It goes from {found.unit_negative:.1f}, the end of blame, to {found.unit_positive:.1f}, that of praise."
    )


def describe_both(service: Service, free: str, held: str, nothing_held: bool) -> str:
    """Return where the texts part and how they are judged. Nothing that a visitor typed goes in here."""
    if nothing_held:
        return "Nothing is held, so both are the same text: move the slider, or name a unit."
    shared = next((i for i, (a, b) in enumerate(zip(free, held, strict=False)) if a != b), min(len(free), len(held)))
    parts = "The texts are the same." if free == held else f"The texts part after **{shared}** characters."
    judges = service.store.names(JUDGE_TASK)
    if not judges or not free.strip() or not held.strip():
        return parts
    scores = [service.score(text, judges[0]).score for text in (free, held)]
    return f"{parts} {judges[0]} thinks the free one **{scores[0]:.0%}** and the held one **{scores[1]:.0%}** positive."
