"""Sentences by patterns: filled to the last slot, balanced, repeatable, and none of those of the everyday test."""

import json
import random
import re
from pathlib import Path

import pytest

from rnn_demo.sentiment.patterns import as_typed, fill, make_sentences, read_patterns

EVERYDAY = Path(__file__).parent.parent / "everyday_opinions.jsonl"
SENTENCES = make_sentences(20_000, seed=3)


def plain(text):
    return re.sub(r"[^\w ]", "", text.lower()).strip()


def test_every_slot_of_every_pattern_is_filled():
    patterns = read_patterns()
    both = [side for _, *pair in patterns["pairs"] for side in pair]
    for pattern in [*both, *patterns["neutral"], *patterns["facts"]]:
        texts = [fill(pattern, random.Random(seed)) for seed in range(60)]
        assert not any(re.search(r"[{}|]", text) for text in texts), pattern
        assert len(set(texts)) > 1, pattern


def test_sentences_differ_are_balanced_and_come_again_with_the_seed():
    assert len({sentence.text for sentence in SENTENCES}) == 20_000
    assert make_sentences(200, seed=3) == SENTENCES[:200]
    assert make_sentences(200, seed=4) != SENTENCES[:200]
    positive, negative = (sum(side(s.target) for s in SENTENCES) for side in (lambda t: t > 0.5, lambda t: t < 0.5))
    assert positive == pytest.approx(negative, rel=0.05)
    assert 0.25 < sum(s.target == 0.5 for s in SENTENCES) / 20_000 < 0.4
    assert make_sentences(0, seed=3) == []


def test_pairs_turn_the_verdict():
    for target, praise, blame in read_patterns()["pairs"]:
        assert 0.6 < target < 1
        assert praise != blame


def test_no_sentence_of_the_everyday_test_is_among_them():
    everyday = {plain(json.loads(line)["text"]) for line in EVERYDAY.read_text(encoding="utf-8").splitlines()} - {""}
    assert not everyday & {plain(sentence.text) for sentence in SENTENCES}


def test_sentences_are_typed_in_many_ways():
    written = {as_typed("it is not bad", random.Random(seed)) for seed in range(100)}
    assert {"it is not bad", "It is not bad.", "It is not bad", "It is not bad!", "IT IS NOT BAD."} <= written
    assert as_typed("why?", random.Random(1)) in ("why?", "Why?", "WHY?")
