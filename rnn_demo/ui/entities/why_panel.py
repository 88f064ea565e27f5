"""Why this entity: which tokens account for the tag of one name; an accordion of the Entities tab."""

from collections.abc import Iterator
from typing import Any

import gradio as gr
from gradio.components import Component

from rnn_demo.microscope.attribution import AttributedToken, Attribution
from rnn_demo.results import Entity, TaggedText
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import INSTANT, SLOW_LATEST, RequestToken, for_newest_request, shows_errors
from rnn_demo.ui.shared.export import attribution_numbers, build_export
from rnn_demo.ui.shared.highlights import Highlights, mark_runs, name_change
from rnn_demo.ui.shared.names import ENTITY_NAMES
from rnn_demo.ui.shared.theme import MOVE_COLOURS

INTRO = (
    "Which tokens account for the tag of a name? Two methods that often disagree: integrated gradients follow the "
    "gradient from a blank input to your text, leave-one-out leaves out each word in turn. **Look for words beside the "
    "name:** `++` and `+` speak for it, `−−` and `−` against it."
)
SMALL, LARGE = 0.3, 1.5
"""Logits: tokens below SMALL are not coloured, those from LARGE on get the strong colour."""
NOTHING: tuple[Highlights, Highlights, str] = ([], [], "")
"""What stands in the accordion before Explain is pressed."""


def build_why_entity_panel(
    service: Service, turn: gr.State, read_text: gr.State, model: gr.Dropdown, first: TaggedText
) -> list[Component]:
    """Lay out the accordion.

    Args:
        service: answers.
        turn: ended when another text is tagged.
        read_text: the text whose entities are on the page; the textbox may have changed since.
        model: tagged it.
        first: what the page opens with.

    Returns:
        What `offer_entities` fills.
    """

    @shows_errors
    @for_newest_request
    def explain(text: str, model: str, entity: int | None) -> Iterator[tuple[Highlights, Highlights, str]]:
        drops = mark_attributions(text, service.leave_one_word_out(text, model, entity or 0))
        yield [], drops, "Computing integrated gradients …"  # takes seconds
        attribution = service.attribute(text, model, entity or 0)
        yield mark_attributions(text, attribution.tokens), drops, describe(attribution)

    def forget(turn: RequestToken) -> tuple[Highlights, Highlights, str]:
        turn.end()
        return NOTHING

    with gr.Accordion("Why this entity", open=False):
        gr.Markdown(INTRO)
        with gr.Row():
            choices = entity_choices(first)
            which = gr.Dropdown(choices, value=0 if choices else None, label="Entity", filterable=False)
            why = gr.Button("Explain", variant="secondary")
        attributed = gr.HighlightedText(label="Integrated gradients", color_map=MOVE_COLOURS, elem_id="entity-shares")
        left_out = gr.HighlightedText(label="Leave-one-out", color_map=MOVE_COLOURS, elem_id="entity-left-out")
        summary = gr.Markdown(elem_id="entity-shares-sum")
        build_export(
            lambda text, model, entity: attribution_numbers(service.attribute(text, model, entity or 0)),
            [read_text, model, which],
            "why-this-entity.json",
        )
    answers = [attributed, left_out, summary]
    why.click(explain, [turn, read_text, model, which], answers, **SLOW_LATEST)
    which.input(forget, turn, answers, **INSTANT)
    return [which, *answers]


def offer_entities(result: TaggedText) -> tuple[Any, Highlights, Highlights, str]:
    """Fill the menu with a text's entities, and empty the rest."""
    choices = entity_choices(result)
    return gr.update(choices=choices, value=0 if choices else None), *NOTHING


def entity_choices(result: TaggedText) -> list[tuple[str, int]]:
    """List the entities for the menu: name and number."""

    def name(entity: Entity) -> str:
        words = " ".join(result.text[entity.start : entity.end].split())
        return f"{words} ({ENTITY_NAMES.get(entity.label, entity.label)}, confidence {entity.confidence:.2f})"

    return [(name(entity), number) for number, entity in enumerate(result.entities)]


def mark_attributions(text: str, tokens: tuple[AttributedToken, ...]) -> Highlights:
    """Colour a text by its attributed tokens, which need not cover all of it."""
    labelled: list[tuple[int, str | None]] = []
    for token in tokens:
        labelled += [(token.start, None), (token.end, name_change(token.attribution, SMALL, LARGE))]
    return mark_runs(text, [*labelled, (len(text), None)])


def describe(attribution: Attribution) -> str:
    """Return the sum of the attributions, and how far it is from what it should be.

    >>> describe(Attribution((), 8.0, 0.04, 1.0))
    'The attributions add up to +8.04 logits; the log-odds of this entity change by +8.00 from a blank input to your \
text (completeness error 0.5%).'
    """
    total, change = attribution.difference + attribution.completeness_error, attribution.difference
    return (
        f"The attributions add up to {total:+.2f} logits; the log-odds of this entity change by "
        f"{change:+.2f} from a blank input to your text (completeness error "
        f"{abs(attribution.completeness_error) / max(abs(change), 1e-9):.1%})."
    )
