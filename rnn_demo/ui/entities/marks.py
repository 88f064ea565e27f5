"""Entities and parts of speech as marks in a text, and what a correction changes. No gradio in here."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import chain
from typing import Any

from rnn_demo.entities.clamping import Correction
from rnn_demo.results import Entity, TaggedText
from rnn_demo.ui.shared.highlights import plain
from rnn_demo.ui.shared.marked_text import Mark, mark_text
from rnn_demo.ui.shared.names import ENTITY_NAMES
from rnn_demo.ui.shared.theme import ENTITY_LOOKS, PART_OF_SPEECH_LOOKS

PARTS_OF_SPEECH = {
    "NNP": "name",
    "NN": "noun",
    "VB": "verb",
    "MD": "verb",
    "JJ": "adjective",
    "RB": "adverb",
    "PRP": "pronoun",
    "WP": "pronoun",
    "DT": "article",
    "IN": "preposition",
    "TO": "preposition",
    "CC": "conjunction",
    "CD": "number",
}
"""Start of a Penn Treebank tag -> plain word; longer starts first. Other tags (signs, foreign words) stay unmarked."""
NO_NAME = "no name"
MOST_CHANGES = 6
"""That are listed one by one."""


def name_label(label: str) -> str:
    """Return a label in plain words; empty = no entity."""
    return ENTITY_NAMES.get(label, label) or NO_NAME


def mark_entities(
    result: TaggedText, least: float = 0.0, corrections: Sequence[Correction] = (), *, clickable: bool = True
) -> str:
    """Return a text as HTML, each name marked by its type; a line under it is as long as the tagger is sure.

    Args:
        result: of the text, with the corrections.
        least: names with a lower confidence are not marked; corrected ones always are.
        corrections: what the visitor said, marked as such; each is one entity of the result, or none.
        clickable: whether a click or Enter on a mark asks for its correction, see marks.js.
    """
    corrected = {(each.start, each.end): Entity(each.label, each.start, each.end, 1.0) for each in corrections}
    entities = corrected | {(entity.start, entity.end): entity for entity in result.entities}
    marks = [
        _entity_mark(result.text, entities[span], span in corrected, clickable)
        for span in sorted(entities)
        if span in corrected or entities[span].confidence >= least
    ]
    return mark_text(result.text, marks)


def _entity_mark(text: str, entity: Entity, is_corrected: bool, clickable: bool) -> Mark:
    name = name_label(entity.label)
    about = f"{name}, as you said" if is_corrected else f"{name}, confidence {entity.confidence:.2f}"
    looks = f"entity {ENTITY_LOOKS.get(entity.label, 'entity-other')} sure-{int(10 * entity.confidence)}"
    attributes = f' data-start="{entity.start}" data-end="{entity.end}"'
    if clickable:
        words = escape(" ".join(text[entity.start : entity.end].split()))
        attributes += f' role="button" tabindex="0" aria-label="{words}: {escape(about)}; correct it"'
    looks += " corrected" if is_corrected else ""
    return Mark(entity.start, entity.end, looks, about, name, attributes)


def mark_parts_of_speech(result: TaggedText) -> str:
    """Return a text as HTML, its words marked by their parts of speech."""
    marks = []
    for token in result.tokens:
        name = next((name for tag, name in PARTS_OF_SPEECH.items() if token.pos.startswith(tag)), None)
        if name:
            marks.append(Mark(token.start, token.end, PART_OF_SPEECH_LOOKS[name], token.pos, name))
    return mark_text(result.text, marks)


def describe_correction(before: TaggedText, after: TaggedText, corrections: Sequence[Correction]) -> str:
    """Return what else changes once a visitor has said what some words are, as Markdown.

    Args:
        before: what the tagger finds by itself.
        after: what it finds with the corrections.
        corrections: one or more; the last is named.
    """
    last = corrections[-1]
    claim = f"You say that “{words_at(after.text, last)}” is **{name_label(last.label)}**. "
    changes = list(changes_between(before, after, corrections))
    if not changes:
        return f"{claim}Nothing else changes."
    more = f" and {len(changes) - MOST_CHANGES} more" if len(changes) > MOST_CHANGES else ""
    others = "another name" if len(changes) == 1 else f"{len(changes)} other names"
    return f"{claim}This changes {others}: {'; '.join(changes[:MOST_CHANGES])}{more}."


def changes_between(before: TaggedText, after: TaggedText, corrections: Sequence[Correction]) -> Iterator[str]:
    """Yield what changes in words that no correction touches."""
    old, new = (
        {
            (entity.start, entity.end): entity
            for entity in result.entities
            if not any(entity.start < each.end and each.start < entity.end for each in corrections)
        }
        for result in (before, after)
    )
    for span in sorted({*old, *new}):
        labels = [name_label(entities[span].label) if span in entities else NO_NAME for entities in (old, new)]
        if labels[0] != labels[1]:
            yield f"“{words_at(after.text, (new.get(span) or old[span]))}” from {labels[0]} to {labels[1]}"


def words_at(text: str, span: Entity | Correction) -> str:
    """Return the words of a span in one line, escaped for Markdown."""
    return " ".join(map(plain, text[span.start : span.end].split()))


def compare_cells(results: Mapping[str, TaggedText], least: float) -> str:
    """Return a text as HTML once for each cell, its names marked, and how many names all cells agree on.

    Args:
        results: cell -> what its tagger finds in the text.
        least: names with a lower confidence are not marked, and not counted.
    """
    entities = [
        {(entity.start, entity.end, entity.label) for entity in result.entities if entity.confidence >= least}
        for result in results.values()
    ]
    alike, everything = set.intersection(*entities), set.union(*entities)
    agreed = (
        f"All {len(entities)} find the same {len(alike)} of {len(everything)} names." if everything else "No names."
    )
    columns = (
        f"<section><h4>{escape(cell.upper())}</h4>{mark_entities(result, least, clickable=False)}</section>"
        for cell, result in results.items()
    )
    return f'<div class="cells">{"".join(columns)}</div><p class="legend">{agreed}</p>'


def entity_rows(result: TaggedText) -> list[Sequence[Any]]:
    """Return the names as a table, its headers first."""
    headers = ["name", "label", "start", "end", "confidence"]
    rows = ([result.text[e.start : e.end], e.label, e.start, e.end, e.confidence] for e in result.entities)
    return list(chain([headers], rows))
