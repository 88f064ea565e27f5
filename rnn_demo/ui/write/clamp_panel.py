"""Clamp a unit: the same prompt and seed continued twice, unmodified and clamped; an accordion of the Write tab."""

from collections.abc import Iterator
from functools import partial
from itertools import zip_longest
from typing import Any, NamedTuple

import gradio as gr

from rnn_demo.errors import InputError
from rnn_demo.ui.service import Service, WritingSettings
from rnn_demo.ui.shared.events import INSTANT, LATEST, RequestToken, build_request_counter, shows_errors, throttled
from rnn_demo.ui.shared.names import layer_choices

INTRO = (
    "Set the values of a few units by hand after every token, and let the network write on. **Look for where the two "
    "texts diverge,** and for what the clamped text keeps coming back to."
)
START_DEVIATIONS, MAX_DEVIATIONS = 8, 12
START_UNITS = "12: 1"
"""For a model without a sentiment direction."""
JUDGE_TASK = "sentiment"
NO_REQUEST = -1
"""A request counter that empties both texts."""


class Fields(NamedTuple):
    """What a visitor sets in the accordion."""

    deviations: gr.Slider
    units: gr.Textbox
    layer: gr.Dropdown


def build_clamp_panel(
    service: Service, model: gr.Dropdown, suited: gr.Number, turn: gr.State, settings: list[Any]
) -> None:
    """Lay out the accordion.

    Args:
        service: answers.
        model: the tab's choice of a language model.
        suited: changes once the settings suit another model.
        turn: the tab's, which its Stop ends.
        settings: the tab's prompt, model and the fields of `WritingSettings`, up to finish_sentence.
    """
    with gr.Accordion("Clamp a unit", open=False):
        gr.Markdown(INTRO)
        fields = build_fields(service, model.value)
        direction = gr.Markdown(describe_direction(service, model.value, -1), elem_id="clamp-direction")
        start = gr.Button("Write both", variant="primary")
        with gr.Row():
            unmodified, clamped = (
                gr.Textbox(label=label, lines=7, max_lines=20, elem_id=f"written-{label.lower()}", interactive=False)
                for label in ("Unmodified", "Clamped")
            )
        summary = gr.Markdown(elem_id="clamp-summary")

    counter = build_request_counter()
    suited.change(shows_errors(partial(offer, service)), model, [*fields, direction, counter], **INSTANT)
    fields.layer.input(shows_errors(partial(describe_direction, service)), [model, fields.layer], direction, **INSTANT)
    start.click(lambda turn: turn.next(), turn, counter, **INSTANT)
    inputs = [turn, counter, *fields, *settings]
    counter.change(shows_errors(partial(write_both, service)), inputs, [unmodified, clamped, summary], **LATEST)


def build_fields(service: Service, name: str) -> Fields:
    """Lay out what a visitor sets, for the model that the page opens with."""
    has_direction = service.sentiment_direction(name, -1) is not None
    layers = layers_of(service, name)
    with gr.Row():
        deviations = gr.Slider(
            -MAX_DEVIATIONS,
            MAX_DEVIATIONS,
            START_DEVIATIONS if has_direction else 0,
            step=0.5,
            label="Sentiment direction, in standard deviations",
            info="0 = off",
            buttons=[],
            visible=has_direction,
        )
        units = gr.Textbox(
            "" if has_direction else START_UNITS, label="Units and values", info=describe_units(service, name)
        )
        layer = gr.Dropdown(layers, value=layers[-1][1], label="Layer", filterable=False)
    return Fields(deviations, units, layer)


def layers_of(service: Service, name: str) -> list[tuple[str, int]]:
    """List a model's layers for the menu."""
    return layer_choices(service.num_layers(name))


def describe_units(service: Service, name: str) -> str:
    """Return what can be typed into the box of units, and how large a unit grows on its own."""
    bounded = service.quantities(name)["h"].bounded
    return "For example 12: 1, 40: -0.5." + (" An unclamped unit stays between -1 and 1." if bounded else "")


def offer(service: Service, name: str) -> tuple[Any, Any, Any, str, int]:
    """Suit the fields to another model, and empty both texts."""
    layers, has_direction = layers_of(service, name), service.sentiment_direction(name, -1) is not None
    deviations = gr.update(visible=has_direction, value=START_DEVIATIONS if has_direction else 0)
    units, layer = gr.update(info=describe_units(service, name)), gr.update(choices=layers, value=layers[-1][1])
    return deviations, units, layer, describe_direction(service, name, -1), NO_REQUEST


def write_both(
    service: Service,
    turn: RequestToken,
    number: int,
    deviations: float,
    units: str,
    layer: int,
    prompt: str,
    name: str,
    *values: Any,
) -> Iterator[tuple[str, str, str]]:
    """Write both texts side by side; as long as the request is the newest."""
    if turn.number != number:
        yield "", "", ""  # another model was chosen, or Stop was pressed
        return
    settings = WritingSettings(*values)
    clamp = service.clamp(name, parse_units(units), layer, deviations)
    unmodified = clamped = ""
    pairs = zip_longest(service.write(prompt, name, settings), service.write(prompt, name, settings, clamp))
    for unmodified, clamped in throttled(turn.lasting(number, latest(pairs))):
        yield unmodified, clamped, ""
    if turn.number == number:
        yield unmodified, clamped, describe_both(service, unmodified, clamped, clamp.is_empty)


def parse_units(text: str) -> dict[str, float]:
    """Read units and values as typed.

    >>> parse_units(" 12: 1,40 :-0.5,")
    {'12': 1.0, '40': -0.5}

    Raises:
        InputError: an entry is not a unit with a value.
    """
    units: dict[str, float] = {}
    for entry in filter(None, (entry.strip() for entry in text.replace(";", ",").split(","))):
        unit, _, value = entry.partition(":")
        try:
            units[unit.strip()] = float(value)
        except ValueError as error:
            raise InputError(f"{entry!r:.40} is not a unit with a value; write for example 12: 1, 40: -0.5") from error
    return units


def latest(pairs: Iterator[tuple[str | None, str | None]]) -> Iterator[tuple[str, str]]:
    """Go on returning the text that ended first.

    >>> list(latest(iter([("a", "x"), ("ab", None)])))
    [('a', 'x'), ('ab', 'x')]
    """
    first = second = ""
    for next_first, next_second in pairs:
        first = first if next_first is None else next_first
        second = second if next_second is None else next_second
        yield first, second


def describe_direction(service: Service, name: str, layer: int) -> str:
    """Return how well a layer's sentiment direction separates reviews, or why there is no slider."""
    direction = service.sentiment_direction(name, layer)
    if direction is None:
        return (
            f"There is no sentiment slider: no sentiment direction was computed for {name}. "
            f"`python train.py precompute {name}` computes it."
        )
    return (
        f"On labelled reviews this direction separates positive from negative **{direction.accuracy:.0%}** of the time "
        f"(chance: 50%), and the best single unit, **{direction.unit}**, {direction.unit_accuracy:.0%}. That unit "
        f"ranges from {direction.unit_negative:.1f} (negative reviews) to {direction.unit_positive:.1f} (positive "
        "reviews)."
    )


def describe_both(service: Service, unmodified: str, clamped: str, nothing_clamped: bool) -> str:
    """Return where the texts diverge and how they score. The visitor's own words are never part of it."""
    if nothing_clamped:
        return "Nothing is clamped, so both texts are the same: move the slider or name a unit."
    pairs = enumerate(zip(unmodified, clamped, strict=False))
    shared = next((i for i, (a, b) in pairs if a != b), min(len(unmodified), len(clamped)))
    same = unmodified == clamped
    diverge = "The texts are the same." if same else f"The texts diverge after **{shared}** characters."
    judges = service.store.names(JUDGE_TASK)
    if not judges or not unmodified.strip() or not clamped.strip():
        return diverge
    scores = [service.score(text, judges[0]).score for text in (unmodified, clamped)]
    return (
        f"{diverge} {judges[0]} scores the unmodified text **{scores[0]:.0%}** positive, the clamped one "
        f"**{scores[1]:.0%}**."
    )
