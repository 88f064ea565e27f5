"""Hidden states: where the state goes as a text is read, and what each unit does."""

from dataclasses import replace
from typing import Any

import gradio as gr

from rnn_demo.microscope.trace import parts_of
from rnn_demo.microscope.trajectory import project_trajectory
from rnn_demo.microscope.units import most_active_units
from rnn_demo.plots import Figure, draw_heatmap, draw_trajectory
from rnn_demo.results import HiddenTrace
from rnn_demo.ui.answers import Answers
from rnn_demo.ui.events import INSTANT, PRIVATE, shows_errors
from rnn_demo.ui.examples import HIDDEN_TEXTS, build_examples, on_pick
from rnn_demo.ui.notices import build_notices

__all__ = ["build_hidden_states_tab"]

INTRO = (
    "After each token the network holds a list of numbers, its hidden state: all it knows of the text so far. "
    "**Look for tokens that make it jump,** and for repeated words that lead it to the same place."
)
PATH_CAPTION = (
    "**The path of the state,** in the plane of its two main components; dark is the start of the text, bright its end."
)
MAP_CAPTION = (
    "**The units,** a row each, sorted by the token at which they stand out most; indigo is above 0, orange below."
)
PART_NAMES = {"h": "h, what it shows", "c": "c, what it remembers"}
FIRST_MODEL = "sentiment-lstm"  # its state makes the larger jumps, at the words that matter
MOST_TOKENS, MOST_UNITS = 200, 40
"""More would not fit the screen; the endpoint gives all of them."""


def build_hidden_states_tab(answers: Answers) -> None:
    """Lay out the tab."""
    build_notices(answers.shelf)
    shelf, models = answers.shelf, answers.shelf.names()
    if not models:
        return

    def layer_choices(model: str) -> list[tuple[str, int]]:
        num_layers = shelf.find(model).model.encoder.config.num_layers
        return [(name_layer(layer, num_layers), layer) for layer in range(num_layers)]

    def part_choices(model: str) -> list[tuple[str, str]]:
        return [(PART_NAMES.get(part, part), part) for part in parts_of(shelf.find(model))]

    @shows_errors
    def offer_choices(model: str) -> Any:
        layers = layer_choices(model)
        return gr.update(choices=layers, value=layers[-1][1]), gr.update(choices=part_choices(model), value="h")

    @shows_errors
    def trace(text: str, model: str, layer: int, part: str) -> tuple[str, Figure, Figure]:
        whole = answers.trace(text, model, layer, part)
        drawn = replace(whole, tokens=whole.tokens[:MOST_TOKENS], states=whole.states[:MOST_TOKENS])
        trajectory, units = project_trajectory(drawn), most_active_units(drawn, MOST_UNITS)
        return describe(whole, drawn, units), draw_trajectory(drawn, trajectory), draw_heatmap(drawn, units)

    first_model = FIRST_MODEL if FIRST_MODEL in models else models[0]
    first_layers = layer_choices(first_model)
    first_summary, first_path, first_map = trace(HIDDEN_TEXTS[0], first_model, first_layers[-1][1], "h")

    gr.Markdown(INTRO)
    text = gr.Textbox(HIDDEN_TEXTS[0], label="Text", lines=2, max_lines=12)
    examples = build_examples(text, HIDDEN_TEXTS)
    with gr.Row():
        model = gr.Dropdown(models, value=first_model, label="Model", filterable=False)
        layer = gr.Dropdown(first_layers, value=first_layers[-1][1], label="Layer", filterable=False)
        part = gr.Dropdown(part_choices(first_model), value="h", label="Of each unit", filterable=False)
        start = gr.Button("Read", variant="primary")
    summary = gr.Markdown(first_summary, elem_id="trace-summary")
    gr.Markdown(PATH_CAPTION)
    path = gr.Plot(first_path, show_label=False, elem_id="trajectory")
    gr.Markdown(MAP_CAPTION)
    heatmap = gr.Plot(first_map, show_label=False, elem_id="heatmap")

    run: dict[str, Any] = {
        "fn": trace,
        "inputs": [text, model, layer, part],
        "outputs": [summary, path, heatmap],
        **PRIVATE,
    }
    # a click while an answer is under way is answered after it, not dropped
    gr.on([start.click, text.submit, layer.input, part.input], **run, trigger_mode="always_last")
    model.change(offer_choices, model, [layer, part], **INSTANT).then(**run)
    on_pick(examples, text).then(**run)


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
    """Say in numbers what the figures show."""
    num_tokens, num_units = whole.states.shape
    cut = f"; the first {len(drawn.tokens)} are drawn" if len(drawn.tokens) < num_tokens else ""
    shown = f"the {len(units)} that change most are shown" if len(units) < num_units else "all are shown"
    return f"{num_tokens} tokens{cut}. Layer {whole.layer} has {num_units} units; {shown}."
