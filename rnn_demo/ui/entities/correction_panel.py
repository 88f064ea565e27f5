"""Correct a name: a click on its mark asks what it is, and the tagger reads the text again with that settled."""

from collections.abc import Callable
from typing import Any, NamedTuple

import gradio as gr

from rnn_demo.entities.clamping import Correction, labels_of
from rnn_demo.results import TaggedText
from rnn_demo.ui.entities.marks import NO_NAME, describe_correction, name_label
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import INSTANT, count_request
from rnn_demo.ui.shared.names import ENTITY_NAMES

Corrections = tuple[Correction, ...]


class CorrectionPanel(NamedTuple):
    """The panel, and what stands behind it."""

    corrections: gr.State
    row: gr.Row
    undo: gr.Button
    summary: gr.Markdown


def tag_corrected(service: Service, text: str, model: str, corrections: Corrections) -> TaggedText:
    """Tag a text as the page shows it."""
    return service.correct(text, model, corrections) if corrections else service.tag(text, model)


def build_correction_panel(
    service: Service, marked: gr.HTML, read_text: gr.State, model: gr.Dropdown, counter: gr.Number
) -> CorrectionPanel:
    """Lay out the row that a click on a mark opens.

    Args:
        service: answers.
        marked: the text, with marks.js.
        read_text: the text whose names are on the page; the textbox may have changed since.
        model: tagged it.
        counter: raised when there is a new correction.
    """

    def ask(event: gr.EventData, text: str, model: str, corrections: Corrections) -> Any:
        span = event.start, event.end
        entities = tag_corrected(service, text, model, corrections).entities
        labels = {(each.start, each.end): each.label for marks in (corrections, entities) for each in marks}
        label = labels.get(span)
        if label is None:
            return gr.skip(), gr.skip(), gr.skip()
        words = " ".join(text[slice(*span)].split())
        choices = [(name_label(each), each) for each in labels_of(service.tags(model))]
        question = f"“{words}” is marked as: {name_label(label)}. What is it?"
        radio = gr.update(label=question, choices=[*choices, (NO_NAME, "")], value=None)
        return span, gr.update(visible=True), radio

    def correct(span: tuple[int, int], label: str, corrections: Corrections) -> Corrections:
        return (*(each for each in corrections if (each.start, each.end) != span), Correction(*span, label))

    corrections, span = gr.State(()), gr.State(None)
    with gr.Row(visible=False, elem_classes="correction") as row:
        choices = [(name, label) for label, name in ENTITY_NAMES.items()]
        label = gr.Radio([*choices, (NO_NAME, "")], label="What is it?", scale=1)
        undo = gr.Button("Undo all corrections", size="sm", visible=False, min_width=160, scale=0)
    summary = gr.Markdown(elem_id="correction-summary")
    event: Callable[..., Any] = marked.correct
    event(ask, [read_text, model, corrections], [span, row, label], **INSTANT)
    count_request(label.input(correct, [span, label, corrections], corrections, **INSTANT), counter)
    count_request(undo.click(lambda: (), None, corrections, **INSTANT), counter)
    return CorrectionPanel(corrections, row, undo, summary)


def show_corrections(service: Service, text: str, model: str, corrections: Corrections) -> tuple[Any, ...]:
    """Return the corrections, and updates of the row, the button and the summary, once a text has been tagged."""
    if not corrections:
        return (), gr.update(visible=False), gr.update(visible=False), ""
    summary = describe_correction(service.tag(text, model), service.correct(text, model, corrections), corrections)
    return corrections, gr.update(visible=True), gr.update(visible=True), summary
