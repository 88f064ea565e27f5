"""Sentences as visitors type them, with the names in them: written before any network read them, never trained on."""

import json
from collections import Counter
from pathlib import Path

import pytest

import rnn_demo
from rnn_demo.results import TaggedText

SENTENCES = [
    json.loads(line)
    for line in (Path(__file__).parent / "everyday_names.jsonl").read_text(encoding="utf-8").splitlines()
]


def test_there_are_enough_sentences_of_each_kind_and_enough_without_a_name() -> None:
    assert sum(bool(row["entities"]) for row in SENTENCES) >= 200
    assert sum(not row["entities"] for row in SENTENCES) >= 30
    assert min(Counter(row["kind"] for row in SENTENCES).values()) >= 8
    assert len({row["text"] for row in SENTENCES}) == len(SENTENCES)


def test_every_name_is_whole_words_and_none_overlap() -> None:
    for row in SENTENCES:
        end_before = 0
        for start, end, label in row["entities"]:
            assert end_before <= start < end <= len(row["text"])
            assert label in ("PER", "LOC", "ORG", "MISC")
            name, around = row["text"][start:end], row["text"][max(start - 1, 0) : start] + row["text"][end : end + 1]
            assert name == name.strip()
            assert not any(map(str.isalnum, around)), (row["text"], name)
            end_before = end


FLOORS = {
    "plain": 0.88,
    "company": 0.75,
    "headline": 0.85,
    "lower": 0.88,
    "capitals": 0.8,
    "social": 0.85,
    "foreign name": 0.85,
    "misc": 0.75,
    "organisation": 0.75,
    "question": 0.9,
    "line break": 0.75,
    "emoji": 0.85,
}
"""F1 of ner-lstm, by kind."""
MOST_FALSE_ALARMS = 3


@pytest.fixture(scope="module")
def tagged() -> list[TaggedText]:
    """What the shipped tagger makes of the sentences."""
    found: list[TaggedText] = rnn_demo.load("ner-lstm").predict([row["text"] for row in SENTENCES])  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("kind", FLOORS)
def test_the_shipped_tagger_marks_names_of_each_kind(kind: str, tagged: list[TaggedText]) -> None:
    right = total = 0
    for row, text in zip(SENTENCES, tagged, strict=True):
        if row["kind"] == kind:
            found = {(entity.start, entity.end, entity.label) for entity in text.entities}
            there = {tuple(entity) for entity in row["entities"]}
            right, total = right + 2 * len(found & there), total + len(found) + len(there)
    assert right / total >= FLOORS[kind]


def test_the_shipped_tagger_leaves_sentences_without_a_name_alone(tagged: list[TaggedText]) -> None:
    alarms = [text.text for row, text in zip(SENTENCES, tagged, strict=True) if not row["entities"] and text.entities]
    assert len(alarms) <= MOST_FALSE_ALARMS, alarms
