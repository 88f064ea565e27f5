"""Write: a prompt in, text out as it is sampled, with the candidates of every step."""

from collections.abc import Callable, Iterator
from dataclasses import astuple
from typing import Any

import gradio as gr

from rnn_demo.ui.service import Service, WritingSettings
from rnn_demo.ui.shared.events import INSTANT, LATEST, RequestToken, build_request_counter, shows_errors, throttled
from rnn_demo.ui.shared.examples import PROMPTS, on_pick
from rnn_demo.ui.shared.layout import TabFields, build_text_input
from rnn_demo.ui.shared.problems import build_problems
from rnn_demo.ui.write.clamp_panel import build_clamp_panel
from rnn_demo.ui.write.message import DONE, Message, Steered, growing_lines, plain_candidates, read_click, to_line
from rnn_demo.ui.write.panel import build_panel
from rnn_demo.ui.write.settings import START, build_settings, style_choices, suited_length

INTRO = (
    "The network writes on, token by token; **the bars show what else it could have written.** Hover a word to see "
    "its step, click a bar to write that instead."
)
GAP_S = 0.12
"""Between two messages: the page shows their steps one by one, and gradio spends more on a message than on a step."""


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
        for lines in throttled(turn.lasting(number, growing_lines({"number": number, **header}, streams)), GAP_S):
            yield {"lines": lines}
        if lines:
            yield {"lines": lines + DONE}

    @shows_errors
    def show_first(
        compare: bool, prompt: str, model: str, temperature: float, top_k: int, top_p: float, style: str
    ) -> Any:
        settings = WritingSettings(temperature, 1, top_k, top_p, domain=style)
        steps = [next(service.write_steps(prompt, name, settings)) for name in models_to_write(service, model, compare)]
        columns = [plain_candidates(step.candidates) for step in steps]
        return gr.update(typed=to_line({"prompt": prompt, "columns": columns}))

    return write, show_first


def models_to_write(service: Service, model: str, compare: bool) -> list[str]:
    """Return the chosen model, or one of each cell."""
    return list(service.store.names_by_cell("lm").values()) if compare else [model]


def build_write_tab(service: Service) -> TabFields | None:
    """Lay out the tab."""
    build_problems(service.store, "lm")
    models = service.store.names("lm")
    if not models:
        return None

    def suit_model(name: str, length: float, style: str) -> tuple[object, float]:
        styles = style_choices(service, name)
        styled = gr.update(choices=styles, value=style if style in styles else styles[0])
        return styled, suited_length(length, service.store.find(name).tokenizer)

    def steer(turn: RequestToken, event: gr.EventData) -> tuple[Steered, int]:
        number = turn.next()
        return read_click(number, event._data), number

    write, show_first = make_handlers(service)
    *_, first = write(RequestToken(), 0, Steered(), False, PROMPTS[0], models[0], *astuple(START))

    prompt, model, start, examples, _ = build_text_input(
        INTRO, PROMPTS, "Write", service.store.choices("lm"), label="Prompt"
    )
    with gr.Row(elem_classes="write-actions"):
        another = gr.Button("Again", size="sm", min_width=70, scale=0)
        stop = gr.Button("Stop", variant="stop", size="sm", min_width=70, scale=0, elem_id="write-stop")
        compare = gr.Checkbox(False, label="Compare cells", container=False, visible=len(models) > 1, min_width=150)
    panel = build_panel(first)
    fields = build_settings(style_choices(service, models[0]))

    # Whatever begins a text raises the counter, and only the counter starts the writing: one text at a time.
    turn, counter, steered = gr.State(RequestToken()), build_request_counter(), gr.State(Steered())
    requested = build_request_counter()
    triggers = [start.click, prompt.submit, requested.change, compare.input]
    gr.on(triggers, lambda turn: turn.next(), turn, counter, **INSTANT)
    seeds = [counter, fields.seed]
    another.click(lambda turn, seed: (turn.next(), (seed or 0) + 1), [turn, fields.seed], seeds, **INSTANT)
    on_pick(examples, prompt, requested)
    panel.steer(steer, turn, [steered, counter], **INSTANT)
    stop.click(lambda turn: turn.end(), turn, **INSTANT)
    settings = [prompt, model, *fields]
    counter.change(write, [turn, counter, steered, compare, *settings], panel, show_progress="hidden", **LATEST)
    # Another model writes anew once the settings suit it: it may not know the style that was chosen.
    suited = build_request_counter()
    suiting = [fields.length, fields.style]
    placed = model.change(suit_model, [model, *suiting], suiting[::-1], **INSTANT)
    model.input(None, None, compare, js="() => false", **INSTANT)
    placed.then(lambda turn: [turn.next()] * 2, turn, [counter, suited], **INSTANT)
    build_clamp_panel(service, model, suited, turn, settings)
    shaping: list[Any] = [fields.temperature, fields.top_k, fields.top_p, fields.style]
    gr.on(
        [field.change for field in (prompt, suited, *shaping)],
        show_first,
        [compare, prompt, model, *shaping],
        panel,
        show_progress="hidden",
        **LATEST,
    )
    return TabFields(requested, prompt, {"model": model, "compare": compare, **fields._asdict()})
