"""Write: a prompt in, text out as it is sampled, and what the model thinks comes next."""

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from rnn_demo.plots import Figure, draw_next_token_bars
from rnn_demo.styles import styles_of
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.ui.answers import ANY_STYLE, Answers
from rnn_demo.ui.events import INSTANT, LATEST, Turn, build_ticket, shows_errors, throttled
from rnn_demo.ui.examples import PROMPTS, build_examples
from rnn_demo.ui.hold_panel import build_hold_panel
from rnn_demo.ui.notices import build_notices
from rnn_demo.ui.write_settings import read_settings

__all__ = ["build_write_tab"]

INTRO = (
    "A language model continues your text one token at a time. **Look at the bars:** they are what it thinks may come "
    "next, and a higher temperature makes them flatter and the text wilder."
)
BARS_CAPTION = "**What may come next,** as you type; ␣ is a space. Temperature, top-k and top-p can leave tokens out."
NUM_BARS = 10
START_TEMPERATURE, START_LENGTH, START_SEED = 0.8, 80, 1
CHARACTERS_LENGTH = 320
"""Where a token is one character: as much text as START_LENGTH gives elsewhere."""


def make_handlers(answers: Answers) -> tuple[Callable[..., Iterator[str]], Callable[..., Figure]]:
    """Make what the buttons call: one writes, the other draws the bars."""

    @shows_errors
    def write(turn: Turn, number: int, prompt: str, model: str, *settings: float | str | None) -> Iterator[str]:
        text = answers.write(prompt, model, **read_settings(*settings))
        yield from throttled(turn.lasting(number, text))

    @shows_errors
    def show_next_tokens(prompt: str, model: str, temperature: float, top_k: float, top_p: float, style: str) -> Figure:
        return draw_next_token_bars(
            answers.next_tokens(prompt, model, NUM_BARS, temperature, style=style, top_k=top_k, top_p=top_p)
        )

    return write, show_next_tokens


def suited_length(length: float, tokenizer: Tokenizer) -> float:
    """Give the tokens to write by default where the other default stands; what a visitor chose stays."""
    if length not in (START_LENGTH, CHARACTERS_LENGTH):
        return length
    return CHARACTERS_LENGTH if tokenizer.has_only_characters else START_LENGTH


def build_write_tab(answers: Answers) -> None:
    """Lay out the tab."""
    build_notices(answers.shelf, "lm")
    models = answers.shelf.names("lm")
    if not models:
        return

    def style_choices(name: str) -> list[str]:
        return [ANY_STYLE, *styles_of(answers.shelf.find(name).checkpoint.data)]

    def suit_model(name: str, length: float) -> tuple[object, float]:
        styles = gr.update(choices=style_choices(name), value=ANY_STYLE)
        return styles, suited_length(length, answers.shelf.find(name).tokenizer)

    write, show_next_tokens = make_handlers(answers)
    *_, first_text = write(
        Turn(), 0, PROMPTS[0], models[0], START_TEMPERATURE, START_LENGTH, 0, 1.0, START_SEED, ANY_STYLE
    )
    first_bars = show_next_tokens(PROMPTS[0], models[0], START_TEMPERATURE, 0, 1.0, ANY_STYLE)

    gr.Markdown(INTRO)
    with gr.Row():
        with gr.Column(scale=3):
            prompt = gr.Textbox(PROMPTS[0], label="Prompt", lines=2, max_lines=8)
            examples = build_examples(prompt, PROMPTS)
            with gr.Row():
                model = gr.Dropdown(models, value=models[0], label="Model", filterable=False)
                temperature = gr.Slider(0, 2, START_TEMPERATURE, step=0.05, label="Temperature", buttons=[])
            with gr.Row():
                start = gr.Button("Write", variant="primary", size="md", min_width=80)
                another = gr.Button("Again", size="md", min_width=80)
                stop = gr.Button("Stop", variant="stop", size="md", min_width=80)
            text = gr.Textbox(first_text, label="Text", lines=9, max_lines=20, elem_id="written", interactive=False)
        with gr.Column(scale=2):
            gr.Markdown(BARS_CAPTION)
            bars = gr.Plot(first_bars, show_label=False, elem_id="next-tokens")
    with gr.Accordion("More settings", open=False), gr.Row():
        length = gr.Slider(1, 400, START_LENGTH, step=1, label="Length", buttons=[])
        style = gr.Dropdown(
            style_choices(models[0]),
            value=ANY_STYLE,
            label="Style",
            info="any: what suits the prompt.",
            filterable=False,
        )
        top_k = gr.Slider(0, 200, 0, step=1, label="Top-k", info="0 draws from all.", buttons=[])
        top_p = gr.Slider(0.05, 1, 1, step=0.05, label="Top-p", info="1 draws from all.", buttons=[])
        seed = gr.Number(
            START_SEED, label="Seed", info="The same seed writes the same text; Again takes the next one.", precision=0
        )

    # Every way to begin a text ends in a new ticket, and a new ticket is what starts the writing: one text at a time.
    turn, ticket = gr.State(Turn()), build_ticket()
    gr.on([start.click, prompt.submit], lambda turn: turn.next(), turn, ticket, **INSTANT)
    another.click(lambda turn, seed: (turn.next(), (seed or 0) + 1), [turn, seed], [ticket, seed], **INSTANT)
    examples.click(lambda turn, sample: (turn.next(), sample[0]), [turn, examples], [ticket, prompt], **INSTANT)
    stop.click(lambda turn: turn.end(), turn, **INSTANT)
    settings = [prompt, model, temperature, length, top_k, top_p, seed, style]
    ticket.change(write, [turn, ticket, *settings], text, **LATEST)
    # Another model writes anew, once the settings suit it: it need not know the style that was chosen.
    suited = build_ticket()
    placed = model.change(suit_model, [model, length], [style, length], **INSTANT)
    placed.then(lambda turn: [turn.next()] * 2, turn, [ticket, suited], **INSTANT)
    build_hold_panel(answers, model, suited, turn, settings)
    shaping: list[Any] = [temperature, top_k, top_p, style]
    gr.on(
        [field.change for field in (prompt, suited, *shaping)],
        show_next_tokens,
        [prompt, model, *shaping],
        bars,
        show_progress="hidden",
        **LATEST,
    )
