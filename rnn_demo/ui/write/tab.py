"""Write: a prompt in, text out as it is sampled, with the candidates of every step."""

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from rnn_demo.domains import domains_of
from rnn_demo.language.sampling import LOW_TEMPERATURE, LOW_TEMPERATURE_PENALTY
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.ui.service import ANY_DOMAIN, Service, WritingSettings
from rnn_demo.ui.shared.events import INSTANT, LATEST, RequestToken, build_request_counter, shows_errors, throttled
from rnn_demo.ui.shared.examples import PROMPTS, on_pick
from rnn_demo.ui.shared.layout import TabFields, build_text_input
from rnn_demo.ui.shared.problems import build_problems
from rnn_demo.ui.write.clamp_panel import build_clamp_panel
from rnn_demo.ui.write.message import DONE, Message, Steered, growing_lines, plain_candidates, read_click, to_line
from rnn_demo.ui.write.panel import build_panel

INTRO = (
    "The network writes on, token by token; **the bars show what else it could have written.** Hover a word to see "
    "its step, click a bar to write that instead."
)
PENALTY = f"Higher: flatter bars, wilder text. Below {LOW_TEMPERATURE} a penalty of {LOW_TEMPERATURE_PENALTY} on \
repeated tokens prevents loops"
START_TEMPERATURE, START_TOP_P, START_LENGTH, START_SEED = 0.7, 0.9, 80, 1
CHARACTERS_LENGTH = 320
"""For models of characters: about as much text as START_LENGTH subwords."""


def make_handlers(service: Service) -> tuple[Callable[..., Iterator[Message]], Callable[..., Any]]:
    """Return the two handlers: one writes, the other lists the first candidates after a prompt as it is typed."""

    @shows_errors
    def write(
        turn: RequestToken, number: int, steered: Steered, compare: bool, prompt: str, model: str, *values: Any
    ) -> Iterator[Message]:
        settings = WritingSettings(*values)
        if steered.number == number:
            header: dict[str, Any] = {"click": steered.click}
            steps = service.write_steps(steered.prompt, steered.model, settings, steered.forced)
            streams = {steered.column: steps}
        else:
            models = models_to_write(service, model, compare)
            columns = [{"model": name, "title": service.store.title(name)} for name in models]
            header = {"prompt": prompt, "columns": columns}
            streams = {column: service.write_steps(prompt, name, settings) for column, name in enumerate(models)}
        lines = ""
        for lines in throttled(turn.lasting(number, growing_lines({"number": number, **header}, streams))):
            yield {"lines": lines}
        if lines:
            yield {"lines": lines + DONE}

    @shows_errors
    def show_first(
        compare: bool, prompt: str, model: str, temperature: float, top_k: int, top_p: float, domain: str
    ) -> Any:
        settings = WritingSettings(temperature, 1, top_k, top_p, domain=domain)
        steps = [next(service.write_steps(prompt, name, settings)) for name in models_to_write(service, model, compare)]
        columns = [plain_candidates(step.candidates) for step in steps]
        return gr.update(typed=to_line({"prompt": prompt, "columns": columns}))

    return write, show_first


def models_to_write(service: Service, model: str, compare: bool) -> list[str]:
    """Return the chosen model, or one of each cell."""
    return list(service.store.names_by_cell("lm").values()) if compare else [model]


def suited_length(length: float, tokenizer: Tokenizer) -> float:
    """Return a model's default length, unless a visitor has chosen another."""
    if length not in (START_LENGTH, CHARACTERS_LENGTH):
        return length
    return CHARACTERS_LENGTH if tokenizer.has_only_characters else START_LENGTH


def build_write_tab(service: Service) -> TabFields | None:
    """Lay out the tab."""
    build_problems(service.store, "lm")
    models = service.store.names("lm")
    if not models:
        return None

    def domain_choices(name: str) -> list[str]:
        return [ANY_DOMAIN, *domains_of(service.store.find(name).checkpoint.data)]

    def suit_model(name: str, length: float) -> tuple[object, float, bool]:
        domains = gr.update(choices=domain_choices(name), value=ANY_DOMAIN)
        return domains, suited_length(length, service.store.find(name).tokenizer), False

    def steer(turn: RequestToken, event: gr.EventData) -> tuple[Steered, int]:
        number = turn.next()
        return read_click(number, event._data), number

    write, show_first = make_handlers(service)
    start_values = (START_TEMPERATURE, START_LENGTH, 0, START_TOP_P, START_SEED, ANY_DOMAIN, True)
    *_, first = write(RequestToken(), 0, Steered(), False, PROMPTS[0], models[0], *start_values)

    prompt, model, start, examples, _ = build_text_input(
        INTRO, PROMPTS, "Write", service.store.choices("lm"), label="Prompt"
    )
    with gr.Row(elem_classes="write-actions"):
        another = gr.Button("Again", size="sm", min_width=70, scale=0)
        stop = gr.Button("Stop", variant="stop", size="sm", min_width=70, scale=0, elem_id="write-stop")
        compare = gr.Checkbox(False, label="Compare cells", container=False, visible=len(models) > 1, min_width=150)
    panel = build_panel(first)
    with gr.Accordion("More settings", open=False):
        with gr.Row():
            temperature = gr.Slider(0, 2, START_TEMPERATURE, step=0.05, label="Temperature", info=PENALTY, buttons=[])
            length = gr.Slider(1, 400, START_LENGTH, step=1, label="Length", info="In tokens", buttons=[])
            seed = gr.Number(
                START_SEED,
                label="Seed",
                info="The same seed gives the same text; Again uses the next seed",
                precision=0,
            )
        with gr.Row():
            top_k = gr.Slider(0, 200, 0, step=1, label="Top-k", info="0 = no limit", buttons=[])
            top_p = gr.Slider(0.05, 1, START_TOP_P, step=0.05, label="Top-p", info="1 = no limit", buttons=[])
            domain = gr.Dropdown(
                domain_choices(models[0]),
                value=ANY_DOMAIN,
                label="Style",
                info="any: chosen from the prompt",
                filterable=False,
            )
            finish = gr.Checkbox(
                True, label="Finish the sentence", info="Goes on beyond the length, a few lines at most"
            )

    # Whatever begins a text raises the counter, and only the counter starts the writing: one text at a time.
    turn, counter, steered = gr.State(RequestToken()), build_request_counter(), gr.State(Steered())
    requested = build_request_counter()
    triggers = [start.click, prompt.submit, requested.change, compare.input]
    gr.on(triggers, lambda turn: turn.next(), turn, counter, **INSTANT)
    another.click(lambda turn, seed: (turn.next(), (seed or 0) + 1), [turn, seed], [counter, seed], **INSTANT)
    on_pick(examples, prompt, requested)
    panel.steer(steer, turn, [steered, counter], **INSTANT)
    stop.click(lambda turn: turn.end(), turn, **INSTANT)
    settings = [prompt, model, temperature, length, top_k, top_p, seed, domain, finish]
    counter.change(write, [turn, counter, steered, compare, *settings], panel, show_progress="hidden", **LATEST)
    # Another model writes anew once the settings suit it: it may not know the style that was chosen.
    suited = build_request_counter()
    placed = model.change(suit_model, [model, length], [domain, length, compare], **INSTANT)
    placed.then(lambda turn: [turn.next()] * 2, turn, [counter, suited], **INSTANT)
    build_clamp_panel(service, model, suited, turn, settings)
    shaping: list[Any] = [temperature, top_k, top_p, domain]
    gr.on(
        [field.change for field in (prompt, suited, *shaping)],
        show_first,
        [compare, prompt, model, *shaping],
        panel,
        show_progress="hidden",
        **LATEST,
    )
    fields = {
        "model": model,
        "temperature": temperature,
        "length": length,
        "seed": seed,
        "top_k": top_k,
        "top_p": top_p,
        "style": domain,
        "finish": finish,
        "compare": compare,
    }
    return TabFields(requested, prompt, fields)
