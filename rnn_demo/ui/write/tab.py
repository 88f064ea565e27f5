"""Write: a prompt in, text out as it is sampled, and the probabilities of the next token."""

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from rnn_demo.domains import domains_of
from rnn_demo.language.sampling import LOW_TEMPERATURE, LOW_TEMPERATURE_PENALTY
from rnn_demo.plots import Figure, draw_next_token_bars
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.ui.service import ANY_DOMAIN, Service, WritingSettings
from rnn_demo.ui.shared.events import INSTANT, LATEST, RequestToken, build_request_counter, shows_errors, throttled
from rnn_demo.ui.shared.examples import PROMPTS, build_examples
from rnn_demo.ui.shared.problems import build_problems
from rnn_demo.ui.write.clamp_panel import build_clamp_panel

INTRO = (
    "A language model continues your text one token at a time. **Look at the bars:** they are its probabilities for "
    "the next token. A higher temperature makes them flatter and the text wilder."
)
BARS_CAPTION = "**The next token,** as you type; ␣ is a space. Temperature, top-k and top-p can leave tokens out."
PENALTY = f"Below {LOW_TEMPERATURE} a penalty of {LOW_TEMPERATURE_PENALTY} on repeated tokens prevents loops"
NUM_BARS = 10
START_TEMPERATURE, START_TOP_P, START_LENGTH, START_SEED = 0.7, 0.9, 80, 1
CHARACTERS_LENGTH = 320
"""For models of characters: about as much text as START_LENGTH subwords."""


def make_handlers(service: Service) -> tuple[Callable[..., Iterator[str]], Callable[..., Figure]]:
    """Return the two handlers: one writes, the other draws the bars."""

    @shows_errors
    def write(turn: RequestToken, number: int, prompt: str, model: str, *settings: Any) -> Iterator[str]:
        text = service.write(prompt, model, WritingSettings(*settings))
        yield from throttled(turn.lasting(number, text))

    @shows_errors
    def show_next_tokens(prompt: str, model: str, temperature: float, top_k: int, top_p: float, domain: str) -> Figure:
        settings = WritingSettings(temperature, top_k=top_k, top_p=top_p, domain=domain)
        return draw_next_token_bars(service.next_tokens(prompt, model, NUM_BARS, settings))

    return write, show_next_tokens


def suited_length(length: float, tokenizer: Tokenizer) -> float:
    """Return a model's default length, unless a visitor has chosen another."""
    if length not in (START_LENGTH, CHARACTERS_LENGTH):
        return length
    return CHARACTERS_LENGTH if tokenizer.has_only_characters else START_LENGTH


def build_write_tab(service: Service) -> None:
    """Lay out the tab."""
    build_problems(service.store, "lm")
    models = service.store.names("lm")
    if not models:
        return

    def domain_choices(name: str) -> list[str]:
        return [ANY_DOMAIN, *domains_of(service.store.find(name).checkpoint.data)]

    def suit_model(name: str, length: float) -> tuple[object, float]:
        domains = gr.update(choices=domain_choices(name), value=ANY_DOMAIN)
        return domains, suited_length(length, service.store.find(name).tokenizer)

    write, show_next_tokens = make_handlers(service)
    *_, first_text = write(
        RequestToken(),
        0,
        PROMPTS[0],
        models[0],
        START_TEMPERATURE,
        START_LENGTH,
        0,
        START_TOP_P,
        START_SEED,
        ANY_DOMAIN,
        True,
    )
    first_bars = show_next_tokens(PROMPTS[0], models[0], START_TEMPERATURE, 0, START_TOP_P, ANY_DOMAIN)

    gr.Markdown(INTRO)
    with gr.Row():
        with gr.Column(scale=3):
            prompt = gr.Textbox(PROMPTS[0], label="Prompt", lines=2, max_lines=8)
            examples = build_examples(prompt, PROMPTS)
            with gr.Row():
                model = gr.Dropdown(models, value=models[0], label="Model", filterable=False)
                temperature = gr.Slider(
                    0, 2, START_TEMPERATURE, step=0.05, label="Temperature", info=PENALTY, buttons=[]
                )
            with gr.Row():
                start = gr.Button("Write", variant="primary", size="md", min_width=80)
                another = gr.Button("Again", size="md", min_width=80)
                stop = gr.Button("Stop", variant="stop", size="md", min_width=80)
            text = gr.Textbox(first_text, label="Text", lines=9, max_lines=20, elem_id="written", interactive=False)
        with gr.Column(scale=2):
            gr.Markdown(BARS_CAPTION)
            bars = gr.Plot(first_bars, show_label=False, elem_id="next-tokens")
    with gr.Accordion("More settings", open=False), gr.Row():
        length = gr.Slider(1, 400, START_LENGTH, step=1, label="Length", info="In tokens", buttons=[])
        domain = gr.Dropdown(
            domain_choices(models[0]),
            value=ANY_DOMAIN,
            label="Style",
            info="any: chosen from the prompt",
            filterable=False,
        )
        top_k = gr.Slider(0, 200, 0, step=1, label="Top-k", info="0 = no limit", buttons=[])
        top_p = gr.Slider(0.05, 1, START_TOP_P, step=0.05, label="Top-p", info="1 = no limit", buttons=[])
        seed = gr.Number(
            START_SEED, label="Seed", info="The same seed gives the same text; Again uses the next seed", precision=0
        )
        finish = gr.Checkbox(True, label="Finish the sentence", info="Goes on beyond the length, a few lines at most")

    # Whatever begins a text raises the counter, and only the counter starts the writing: one text at a time.
    turn, counter = gr.State(RequestToken()), build_request_counter()
    gr.on([start.click, prompt.submit], lambda turn: turn.next(), turn, counter, **INSTANT)
    another.click(lambda turn, seed: (turn.next(), (seed or 0) + 1), [turn, seed], [counter, seed], **INSTANT)
    examples.click(lambda turn, sample: (turn.next(), sample[0]), [turn, examples], [counter, prompt], **INSTANT)
    stop.click(lambda turn: turn.end(), turn, **INSTANT)
    settings = [prompt, model, temperature, length, top_k, top_p, seed, domain, finish]
    counter.change(write, [turn, counter, *settings], text, **LATEST)
    # Another model writes anew once the settings suit it: it may not know the style that was chosen.
    suited = build_request_counter()
    placed = model.change(suit_model, [model, length], [domain, length], **INSTANT)
    placed.then(lambda turn: [turn.next()] * 2, turn, [counter, suited], **INSTANT)
    build_clamp_panel(service, model, suited, turn, settings)
    shaping: list[Any] = [temperature, top_k, top_p, domain]
    gr.on(
        [field.change for field in (prompt, suited, *shaping)],
        show_next_tokens,
        [prompt, model, *shaping],
        bars,
        show_progress="hidden",
        **LATEST,
    )
