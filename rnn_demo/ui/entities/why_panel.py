"""Why this entity: which tokens a tagger's verdict rests on; what unfolds in the Entities tab."""

from collections.abc import Iterator
from typing import Any

import gradio as gr
from gradio.components import Component

from rnn_demo.results import Attribution, Entity, TaggedText
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import INSTANT, LATEST, RequestToken, for_newest_request, shows_errors
from rnn_demo.ui.shared.export import build_export
from rnn_demo.ui.shared.highlights import Highlights, mark_runs, name_change
from rnn_demo.ui.shared.theme import MOVE_COLOURS

INTRO = (
    "Which tokens make the network sure of one name. Two methods that often disagree: the first follows the gradient "
    "from an empty text to this one, the second leaves each word out in turn. **Look for words beside the name:** `++` "
    "and `+` speak for it, `−−` and `−` against it."
)
SHARE, LARGE_SHARE = 0.3, 1.5
"""Logits; a token with a smaller share is left uncoloured."""
NOTHING: tuple[Highlights, Highlights, str] = ([], [], "")
"""The shares by either method, and their sum, of an entity that nobody has asked about."""


def build_why_entity_panel(
    service: Service, turn: gr.State, read_text: gr.State, model: gr.Dropdown, first: TaggedText, names: dict[str, str]
) -> list[Component]:
    """Lay out the accordion.

    Args:
        service: where to ask.
        turn: ended by whoever reads another text.
        read_text: the text whose entities are on the page; what stands in the textbox may be another by now.
        model: that found them.
        first: what the page opens with.
        names: of the labels, in plain words.

    Returns:
        What whoever reads a text gives `offer_entities`.
    """

    @shows_errors
    @for_newest_request
    def explain(text: str, model: str, entity: int | None) -> Iterator[tuple[Highlights, Highlights, str]]:
        falls = mark_shares(text, service.leave_one_word_out(text, model, entity or 0))
        yield [], falls, "Following the gradient …"  # it takes seconds: what is there is shown, and nothing of before
        found = service.attribute(text, model, entity or 0)
        yield mark_shares(text, found.tokens), falls, describe(found)

    def forget(turn: RequestToken) -> tuple[Highlights, Highlights, str]:
        turn.end()
        return NOTHING

    with gr.Accordion("Why this entity", open=False):
        gr.Markdown(INTRO)
        with gr.Row():
            choices = entity_choices(first, names)
            which = gr.Dropdown(choices, value=0 if choices else None, label="Entity", filterable=False)
            why = gr.Button("Explain", variant="secondary")
        shares = gr.HighlightedText(label="By integrated gradients", color_map=MOVE_COLOURS, elem_id="entity-shares")
        left_out = gr.HighlightedText(
            label="By leaving each word out", color_map=MOVE_COLOURS, elem_id="entity-left-out"
        )
        sums = gr.Markdown(elem_id="entity-shares-sum")
        build_export(
            lambda text, model, entity: service.attribute(text, model, entity or 0),
            [read_text, model, which],
            "why-this-entity.json",
        )
    why.click(explain, [turn, read_text, model, which], [shares, left_out, sums], **LATEST)
    which.input(forget, turn, [shares, left_out, sums], **INSTANT)
    return [which, shares, left_out, sums]


def offer_entities(result: TaggedText, names: dict[str, str]) -> tuple[Any, Highlights, Highlights, str]:
    """Fill the menu with what was found, and explain nothing yet."""
    choices = entity_choices(result, names)
    return gr.update(choices=choices, value=0 if choices else None), *NOTHING


def entity_choices(result: TaggedText, names: dict[str, str]) -> list[tuple[str, int]]:
    """List the entities in words, with their places."""

    def name(entity: Entity) -> str:
        words = " ".join(result.text[entity.start : entity.end].split())
        return f"{words} ({names.get(entity.label, entity.label)}, {entity.confidence:.0%} sure)"

    return [(name(entity), place) for place, entity in enumerate(result.entities)]


def mark_shares(text: str, tokens: tuple[Any, ...]) -> Highlights:
    """Colour a text by attributed tokens, which may begin behind its beginning and end before its end."""
    labelled: list[tuple[int, str | None]] = []
    for token in tokens:
        labelled += [(token.start, None), (token.end, name_change(token.attribution, SHARE, LARGE_SHARE))]
    return mark_runs(text, [*labelled, (len(text), None)])


def describe(found: Attribution) -> str:
    """Say in numbers what is shared out, and how well.

    >>> describe(Attribution((), 8.0, 0.04))
    'The shares add up to +8.04 logits; the log-odds of this entity moved by +8.00 from a text of empty tokens. The \
gap is 0.5 %.'
    """
    gap = abs(found.gap) / max(abs(found.difference), 1e-9)
    return (
        f"The shares add up to {found.difference + found.gap:+.2f} logits; the log-odds of this entity moved by "
        f"{found.difference:+.2f} from a text of empty tokens. The gap is {100 * gap:.1f} %."
    )
