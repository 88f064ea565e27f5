"""What clipping does to a training step on the visitor's text: what unfolds in the Memory tab."""

from collections.abc import Mapping, Sequence

import gradio as gr

from rnn_demo.microscope.clipping import ClippedStep
from rnn_demo.plots import Figure, draw_clipped_steps
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import SLOW_LATEST, shows_errors
from rnn_demo.ui.shared.export import build_export, checked_shown

INTRO = (
    "Suppose each language model took one training step on this text alone (on a copy; its last 500 tokens). "
    "**A gradient that is longer than the limit is shortened to it and keeps its direction:** both steps go the same "
    "way. The longer one gets farther, or overshoots and ends higher: look which."
)
HEADERS = ["network", "all", "embedding", "layer 0", "layer 1", "projection"]
START_CLIP_NORM, START_STEP_SIZE = 1.0, 1.0
"""The recipes' own `clip_norm`; at this step size the shipped models show the cliff."""


WHY = (
    "This is one step on one text, where a long step often pays; the limit is there for the rare huge gradient, which "
    "would undo much training at once."
)

Asked = tuple[str, float, float]
"""A text, the longest gradient and the step size."""


def build_clipping_panel(service: Service, text: gr.Textbox) -> None:
    """Lay out the accordion; nothing where there is no language model."""
    if not service.store.names("lm"):
        return
    models = service.store.names_alike(service.store.names("lm")[0])
    cells = {name: service.store.find(name).checkpoint.cell for name in models}

    def take(text: str, clip_norm: float, step_size: float) -> dict[str, ClippedStep]:
        return {name: service.clipped_step(text, name, clip_norm, step_size) for name in models}

    @shows_errors
    def show(text: str, clip_norm: float, step_size: float) -> tuple[Figure, str, list[list[str]], Asked]:
        steps = take(text, clip_norm, step_size)
        rows = [row_of(name, step) for name, step in steps.items()]
        return draw_clipped_steps(steps, cells), describe(steps), rows, (text, clip_norm, step_size)

    with gr.Accordion("What clipping does", open=False):
        gr.Markdown(INTRO)
        with gr.Row():
            clip_norm = gr.Slider(
                0.1, 10, START_CLIP_NORM, step=0.1, label="Longest gradient", info="1 in training.", buttons=[]
            )
            step_size = gr.Slider(
                0.05, 2, START_STEP_SIZE, step=0.05, label="Step size", info="1 goes as far as it is long.", buttons=[]
            )
        start = gr.Button("Take the step", variant="secondary")
        lines = gr.Plot(show_label=False, elem_id="clipping")
        summary = gr.Markdown(elem_id="clipping-summary")
        table = gr.Dataframe(
            headers=HEADERS,
            label="Length of the gradient, and once clipped",
            interactive=False,
            elem_id="clipping-parts",
        )
        asked = gr.State()
        build_export(lambda asked: take(*checked_shown(asked, "press Take the step")), asked, "clipping.json")
    gr.on(
        [start.click, clip_norm.release, step_size.release],
        show,
        [text, clip_norm, step_size],
        [lines, summary, table, asked],
        **SLOW_LATEST,
    )


def row_of(name: str, step: ClippedStep) -> list[str]:
    """Write a row of the table: the gradient before and after, in all and in each part of HEADERS."""
    groups = {group.name: group for group in step.groups}
    shown = [step, *(groups.get(quantity) for quantity in HEADERS[2:])]
    return [name, *(f"{one.norm:.2f} → {one.clipped_norm:.2f}" if one else "" for one in shown)]


def describe(steps: Mapping[str, ClippedStep]) -> str:
    """Say in numbers what the figure shows, the verdict first.

    >>> step = ClippedStep(4.0, 1.0, (), 4.18, 1.93, 6.31, 1.0, (), ())
    >>> describe({"lm-rnn": step}).split(". ")[0]
    'Clipping **saved lm-rnn**, which ends higher without it'
    """
    told = " ".join(describe_one(name, step) for name, step in steps.items())
    clipped = {name: step for name, step in steps.items() if step.clipped_norm < step.norm}
    if not clipped:
        return f"Clipping changes nothing here: no gradient is longer than the limit. {told}"
    saved = [name for name, step in clipped.items() if step.loss_unclipped > step.loss_clipped]
    slowed = [name for name in clipped if name not in saved]
    verdicts = []
    if saved:
        verdicts.append(f"**saved {', '.join(saved)}**, which {ends(saved)} higher without it")
    if slowed:
        verdicts.append(f"**only slowed {', '.join(slowed)}**, which {ends(slowed)} lower without it")
    return f"Clipping {', and '.join(verdicts)}. {WHY if slowed else ''}\n\n{told}"


def ends(names: Sequence[str]) -> str:
    """The verb of one network or of several."""
    return "ends" if len(names) == 1 else "end"


def describe_one(name: str, step: ClippedStep) -> str:
    """Say it of one network.

    >>> describe_one("lm-rnn", ClippedStep(4.0, 1.0, (), 4.18, 1.93, 6.31, 1.0, (), ()))
    '**lm-rnn**: the gradient is 4.00 long and is shortened 4.0-fold; the loss of 4.18 becomes **1.93** with clipping \
and **6.31** without.'
    >>> describe_one("lm-rnn", ClippedStep(0.5, 0.5, (), 4.18, 3.0, 3.0, 0.5, (), ()))
    '**lm-rnn**: the gradient is 0.50 long, short enough as it is; the loss of 4.18 becomes **3.00**.'
    """
    if step.clipped_norm == step.norm:
        return (
            f"**{name}**: the gradient is {step.norm:.2f} long, short enough as it is; the loss of {step.loss:.2f} "
            f"becomes **{step.loss_clipped:.2f}**."
        )
    return (
        f"**{name}**: the gradient is {step.norm:.2f} long and is shortened {step.norm / step.clipped_norm:.1f}-fold; "
        f"the loss of {step.loss:.2f} becomes **{step.loss_clipped:.2f}** with clipping and "
        f"**{step.loss_unclipped:.2f}** without."
    )
