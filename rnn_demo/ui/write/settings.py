"""How the network writes: temperature, length, seed and the like; an accordion of the Write tab."""

from typing import NamedTuple

import gradio as gr

from rnn_demo.domains import domains_of
from rnn_demo.language.sampling import LOW_TEMPERATURE, LOW_TEMPERATURE_PENALTY
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.ui.service import ANY_DOMAIN, Service, WritingSettings

TEMPERATURE_INFO = (
    f"Higher: flatter bars, wilder text. Below {LOW_TEMPERATURE} a penalty of {LOW_TEMPERATURE_PENALTY} on repeated "
    "tokens prevents loops"
)
START_TEMPERATURE, START_TOP_P, START_LENGTH, START_SEED = 0.7, 0.9, 80, 1
START = WritingSettings(START_TEMPERATURE, START_LENGTH, 0, START_TOP_P, START_SEED, ANY_DOMAIN, finish_sentence=True)
CHARACTERS_LENGTH = 320
"""For models of characters: about as much text as START_LENGTH subwords."""


class SettingFields(NamedTuple):
    """The fields of `WritingSettings`, in their order."""

    temperature: gr.Slider
    length: gr.Slider
    top_k: gr.Slider
    top_p: gr.Slider
    seed: gr.Number
    style: gr.Dropdown
    finish: gr.Checkbox


def build_settings(styles: list[str]) -> SettingFields:
    """Lay out the accordion."""
    with gr.Accordion("More settings", open=False):
        with gr.Row():
            temperature = gr.Slider(
                0, 2, START_TEMPERATURE, step=0.05, label="Temperature", info=TEMPERATURE_INFO, buttons=[]
            )
            length = gr.Slider(
                1,
                400,
                START_LENGTH,
                step=1,
                label="Length",
                info="In tokens; after a click, from there",
                buttons=[],
            )
            seed = gr.Number(
                START_SEED,
                label="Seed",
                info="The same seed gives the same text; Again uses the next seed",
                precision=0,
            )
        with gr.Row():
            top_k = gr.Slider(0, 200, 0, step=1, label="Top-k", info="0 = no limit", buttons=[])
            top_p = gr.Slider(0.05, 1, START_TOP_P, step=0.05, label="Top-p", info="1 = no limit", buttons=[])
            style = gr.Dropdown(
                styles, value=ANY_DOMAIN, label="Style", info="any: chosen from the prompt", filterable=False
            )
            finish = gr.Checkbox(
                True, label="Finish the sentence", info="Goes on beyond the length, a few lines at most"
            )
    return SettingFields(temperature, length, top_k, top_p, seed, style, finish)


def style_choices(service: Service, model: str) -> list[str]:
    """List the domains that a model can write in."""
    return [ANY_DOMAIN, *domains_of(service.store.find(model).checkpoint.data)]


def suited_length(length: float, tokenizer: Tokenizer) -> float:
    """Return a model's default length, unless a visitor has chosen another."""
    if length not in (START_LENGTH, CHARACTERS_LENGTH):
        return length
    return CHARACTERS_LENGTH if tokenizer.has_only_characters else START_LENGTH
