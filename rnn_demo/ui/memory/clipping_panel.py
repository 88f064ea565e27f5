"""What clipping does to a training step on the visitor's text; an accordion of the Memory tab."""

from collections.abc import Mapping
from typing import Any

import gradio as gr

from rnn_demo.microscope.clipping import ClippedStep
from rnn_demo.plots import Figure, draw_clipped_steps
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import SLOW_LATEST, clears_on_empty, shows_errors
from rnn_demo.ui.shared.export import build_export, require_displayed

INTRO = (
    "Suppose each language model took one training step on this text alone (on a copy; its last 500 tokens). **A "
    "gradient above the limit is scaled down to it and keeps its direction,** so both steps go the same way. The "
    "longer step gets farther, or overshoots and ends higher: look which."
)
HEADERS = ["network", "all", "embedding", "layer 0", "layer 1", "projection"]
START_CLIP_NORM, START_STEP_SIZE = 1.0, 1.0
"""The recipes' own `clip_norm`; at this step size the shipped models show the cliff."""
WHY = (
    "This is one step on one text, where a long step often pays. Clipping is there for the rare huge gradient, which "
    "would undo much of the training at once."
)

Request = tuple[str, float, float]
"""A text, the maximum gradient norm and the step size."""


def build_clipping_panel(service: Service, text: gr.Textbox, note: gr.Markdown) -> None:
    """Lay out the accordion; nothing where there is no language model."""
    if not service.store.names("lm"):
        return
    models = service.store.names_alike(service.store.names("lm")[0])
    titles = {name: service.store.title(name) for name in models}
    cells = {titles[name]: service.store.find(name).checkpoint.cell for name in models}

    def take(text: str, clip_norm: float, step_size: float) -> dict[str, ClippedStep]:
        return {name: service.clipped_step(text, name, clip_norm, step_size) for name in models}

    @shows_errors
    @clears_on_empty(None, None, None, None)
    def show(text: str, clip_norm: float, step_size: float) -> tuple[Figure, str, Any, Request]:
        steps = {titles[name]: step for name, step in take(text, clip_norm, step_size).items()}
        rows = [row_of(name, step) for name, step in steps.items()]
        return (
            draw_clipped_steps(steps, cells),
            describe(steps),
            gr.update(value=rows, visible=True),
            (text, clip_norm, step_size),
        )

    with gr.Accordion("What clipping does", open=False):
        gr.Markdown(INTRO)
        with gr.Row():
            clip_norm = gr.Slider(
                0.1, 10, START_CLIP_NORM, step=0.1, label="Maximum gradient norm", info="Training used 1", buttons=[]
            )
            step_size = gr.Slider(
                0.05, 2, START_STEP_SIZE, step=0.05, label="Step size", info="1 = as long as the gradient", buttons=[]
            )
        start = gr.Button("Take the step", variant="secondary")
        lines = gr.Plot(show_label=False, elem_id="clipping")
        summary = gr.Markdown(elem_id="clipping-summary")
        table = gr.Dataframe(
            headers=HEADERS,
            label="Gradient norm, before and after clipping",
            interactive=False,
            visible=False,  # an empty table cannot be scrolled by keyboard
            elem_id="clipping-parts",
        )
        request = gr.State()
        build_export(lambda request: take(*require_displayed(request, "press Take the step")), request, "clipping.json")
    gr.on(
        [start.click, clip_norm.release, step_size.release],
        show,
        [text, clip_norm, step_size],
        [lines, summary, table, request, note],
        **SLOW_LATEST,
    )


def row_of(name: str, step: ClippedStep) -> list[str]:
    """Return a row of the table: the gradient norm before and after, of all weights and of each group in HEADERS."""
    groups = {group.name: group for group in step.groups}
    norms = [step, *(groups.get(name) for name in HEADERS[2:])]
    return [name, *(f"{group.norm:.2f} → {group.clipped_norm:.2f}" if group else "" for group in norms)]


def describe(steps: Mapping[str, ClippedStep]) -> str:
    """Return whom clipping helped, then each network's numbers.

    >>> step = ClippedStep(4.0, 1.0, (), 4.18, 1.93, 6.31, 1.0, (), ())
    >>> describe({"lm-rnn": step}).split(". ")[0]
    'Clipping **saved lm-rnn**, whose loss is higher without it'
    """
    numbers = " ".join(describe_step(name, step) for name, step in steps.items())
    clipped = {name: step for name, step in steps.items() if step.clipped_norm < step.norm}
    if not clipped:
        return f"Clipping changes nothing here: no gradient exceeds the limit. {numbers}"
    saved = [name for name, step in clipped.items() if step.loss_unclipped > step.loss_clipped]
    slowed = [name for name in clipped if name not in saved]
    outcomes = []
    if saved:
        outcomes.append(f"**saved {', '.join(saved)}**, whose loss is higher without it")
    if slowed:
        outcomes.append(f"**only slowed {', '.join(slowed)}**, whose loss is lower without it")
    return f"Clipping {', and '.join(outcomes)}. {WHY if slowed else ''}\n\n{numbers}"


def describe_step(name: str, step: ClippedStep) -> str:
    """Return the numbers of one network.

    >>> describe_step("lm-rnn", ClippedStep(4.0, 1.0, (), 4.18, 1.93, 6.31, 1.0, (), ()))
    '**lm-rnn**: the gradient norm of 4.00 is clipped to 1.00; the loss of 4.18 becomes **1.93** with clipping and \
**6.31** without.'
    >>> describe_step("lm-rnn", ClippedStep(0.5, 0.5, (), 4.18, 3.0, 3.0, 0.5, (), ()))
    '**lm-rnn**: the gradient norm of 0.50 is below the limit; the loss of 4.18 becomes **3.00**.'
    """
    if step.clipped_norm == step.norm:
        return (
            f"**{name}**: the gradient norm of {step.norm:.2f} is below the limit; the loss of {step.loss:.2f} becomes "
            f"**{step.loss_clipped:.2f}**."
        )
    return (
        f"**{name}**: the gradient norm of {step.norm:.2f} is clipped to {step.clipped_norm:.2f}; the loss of "
        f"{step.loss:.2f} becomes **{step.loss_clipped:.2f}** with clipping and **{step.loss_unclipped:.2f}** without."
    )
