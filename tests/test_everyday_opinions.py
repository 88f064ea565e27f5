"""sentiment-lstm answers everyday sentences of every kind; none of them was trained on or made from a pattern."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

import rnn_demo
from rnn_demo.errors import NothingToReadError
from rnn_demo.sentiment.score import label_of

PATH = Path(__file__).parent / "everyday_opinions.jsonl"
ROWS = [json.loads(line) for line in PATH.read_text(encoding="utf-8").splitlines()]
CLEAR, THREE_WAY = 0.85, 0.71
"""Floors: the share of clear opinions on the right side of 0.5, and of all sentences with the right label."""
KINDS = {
    "plain": 0.9,
    "negation": 0.8,
    "not-bad": 0.85,
    "question": 0.85,
    "double-negation": 0.75,
    "but": 0.75,
    "emoji": 0.9,
    "slang": 0.75,
}
"""Floors of single kinds: the share of their clear opinions on the right side."""


@pytest.fixture(scope="module")
def scores():
    scorer = rnn_demo.load("sentiment-lstm")

    def score(text):
        try:
            return scorer.predict([text])[0].score
        except NothingToReadError:  # emoji alone, which only a network that reads their names can score
            return 0.5

    return [score(row["text"]) for row in ROWS]


def test_there_are_enough_sentences_of_every_label_and_kind():
    assert len(ROWS) >= 200
    assert len({row["text"] for row in ROWS}) == len(ROWS)
    for label in ("positive", "negative", "neutral"):
        assert sum(row["label"] == label for row in ROWS) >= 60
    assert KINDS.keys() <= {row["kind"] for row in ROWS}


@pytest.mark.shipped
def test_clear_opinions_stand_on_the_right_side(scores):
    by_kind = defaultdict(list)
    for score, row in zip(scores, ROWS, strict=True):
        if row["label"] != "neutral":
            by_kind[row["kind"]].append((score > 0.5) == (row["label"] == "positive"))
    everything = [right for of_kind in by_kind.values() for right in of_kind]
    assert sum(everything) / len(everything) >= CLEAR
    for kind, floor in KINDS.items():
        assert sum(by_kind[kind]) / len(by_kind[kind]) >= floor, kind


@pytest.mark.shipped
def test_three_labels_are_right_more_often_than_by_chance(scores):
    right = [label_of(score) == row["label"] for score, row in zip(scores, ROWS, strict=True)]
    assert sum(right) / len(right) >= THREE_WAY
