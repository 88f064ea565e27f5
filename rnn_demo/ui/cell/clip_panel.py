"""What clipping does to a training step on the visitor's text; the foot of the tab."""

import json
from collections.abc import Sequence

import gradio as gr

from rnn_demo.checks import require_text
from rnn_demo.microscope.clipping import ClippedStep, WeightGroup
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import SLOW_LATEST, clears_on_empty, shows_errors
from rnn_demo.ui.shared.files import read_files

CLIP_NORM = 1.0
"""As in training."""
MAX_QUOTED = 60
"""Characters of the text in the caption."""
FIRST_CELL = "rnn"
"""Its gradients explode first."""

Message = dict[str, str]


def build_clip_panel(service: Service, text: gr.Textbox, note: gr.Markdown, first_text: str) -> None:
    """Lay out the drawing and its button; nothing where there is no language model.

    Args:
        service: answers.
        text: the textbox of the tab.
        note: its line for an empty text.
        first_text: the drawing opens with it.
    """
    names = service.store.names_by_cell("lm")
    if not names:
        return
    model = names.get(FIRST_CELL, next(iter(names.values())))
    title = f"The language model {service.store.title(model)}"

    @shows_errors
    @clears_on_empty({})
    def take(text: str) -> Message:
        return to_message(service.clipped_step(require_text("text", text), model, CLIP_NORM, 1.0), title, text)

    first, _ = take(first_text)
    drawing = gr.HTML(
        first,
        html_template=read_files("cell", "clip.html"),
        css_template=read_files("cell", "cell.css", "clip.css"),
        js_on_load=read_files("cell", "numbers.js", "board.js", "clip.js"),
        apply_default_css=False,
        elem_id="clip-drawing",
    )
    start = gr.Button("Take a training step on this text", size="sm", elem_id="clip-start")
    start.click(take, text, [drawing, note], **SLOW_LATEST)


def to_message(step: ClippedStep, title: str, text: str) -> Message:
    """Return what the page's script reads; in a dict, because gradio looks through bare strings for tags."""
    layers = [group for group in step.groups if group.name.startswith("layer")]
    numbers = {
        "title": title,
        "text": text[:MAX_QUOTED] + "…" * (len(text) > MAX_QUOTED),
        "limit": CLIP_NORM,
        "norm": step.norm,
        "clipped": step.clipped_norm,
        "layers": joint_norm(layers),
        "others": joint_norm([group for group in step.groups if group not in layers]),
        "loss": step.loss,
        "lossClipped": step.loss_clipped,
        "lossUnclipped": step.loss_unclipped,
        "length": step.clipped_length,
        "lengths": step.lengths,
        "losses": step.losses,
    }
    return {"json": json.dumps(numbers, ensure_ascii=False)}


def joint_norm(groups: Sequence[WeightGroup]) -> float:
    """Return the norm of groups together.

    >>> joint_norm([WeightGroup("layer 0", 3.0, 1.0), WeightGroup("layer 1", 4.0, 1.0)])
    5.0
    """
    return float(sum(group.norm**2 for group in groups) ** 0.5)
