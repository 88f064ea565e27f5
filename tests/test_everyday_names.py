"""Sentences as visitors type them, with the names in them: written before any network read them, never trained on."""

import json
from collections import Counter
from pathlib import Path

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
