"""Contexts and spans against brute force, on states that are made up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_demo.errors import InputError
from rnn_demo.microscope.contexts import find_contexts, find_span, match_spans, units_on
from rnn_demo.microscope.held_out_corpus import HeldOutCorpus
from rnn_demo.tokenizer import EncodedText, Token

PASSAGES = ("One two. Three four.\nFive six", "Seven eight nine. Ten")


def encoded(text: str) -> EncodedText:
    """Cut a text into words, each with the white space before it."""
    words, end = [], 0
    for quantity in text.replace("\n", " ").split(" "):
        start, end = end, end + len(quantity) + bool(end)
        words.append(Token(text[start:end], 0, start, end))
    return EncodedText(text, (), tuple(words))


def reference_of(states: object) -> HeldOutCorpus:
    return HeldOutCorpus(tuple(map(encoded, PASSAGES)), np.array([0, 6, 10]), (np.array(states, dtype=np.float16),))


UNIT = [[0.1], [0.9], [0.5], [0.4], [-0.2], [-1.0], [0.8], [0.7], [0.0], [-0.5]]


def test_contexts_are_the_highest_and_the_lowest_of_different_sentences() -> None:
    reference = reference_of(UNIT)
    highest = find_contexts(reference, 0, 0, 3)
    assert [context.token for context in highest] == ["two.", "Seven", "Three"]
    assert [context.value for context in highest] == pytest.approx([0.9, 0.8, 0.5], abs=1e-3)
    assert (highest[0].before, highest[0].after) == ("One ", " Three four.\nFive six")
    assert highest[1].before == ""
    lowest = find_contexts(reference, 0, 0, 9, highest=False)
    assert [context.token for context in lowest] == ["six", "Ten", "nine.", "One", "four."]


def test_a_window_has_eight_words_on_either_side() -> None:
    text = " ".join(map(str, range(100, 140)))
    states = np.zeros((40, 1), dtype=np.float16)
    states[20] = 1
    found = find_contexts(HeldOutCorpus((encoded(text),), np.array([0, 40]), (states,)), 0, 0, 1)[0]
    assert found.before == "112 113 114 115 116 117 118 119 "
    assert (found.token, found.after) == ("120", " 121 122 123 124 125 126 127 128")


def test_a_token_without_text_is_no_context() -> None:
    tokens = (Token("", 0, 0, 0), Token("é", 1, 0, 1))
    reference = HeldOutCorpus(
        (EncodedText("é", (), tokens),), np.array([0, 2]), (np.array([[9], [1]], dtype=np.float16),)
    )
    assert [context.value for context in find_contexts(reference, 0, 0, 5)] == [1]


def test_units_are_on_throughout_and_with_one_sign() -> None:
    states = np.array([[0.6, -0.6, 0.6, 0.6], [0.7, -0.9, -0.6, 0.5]], dtype=np.float32)
    units, signs = units_on(states, 0.5)
    assert units.tolist() == [0, 1]
    assert signs.tolist() == [1, -1]


def test_spans_that_share_most_units_come_first() -> None:
    states = np.zeros((10, 3))
    states[[2, 3]] = [0.9, -0.9, 0.9]
    states[[8, 9]] = [0.9, -0.9, 0.1]
    states[[5, 6]] = [1, -1, 1]  # the end of one passage and the beginning of the next
    states[0] = [0.9, 0.9, 0.9]
    units, matches = match_spans(reference_of(states), 0, np.array([[0.9, -0.9, 0.9]] * 2, dtype=np.float32), 0.5, 5)
    assert units == [0, 1, 2]
    assert [(match.context.token, match.num_shared) for match in matches] == [("Three four.", 3), ("nine. Ten", 2)]
    assert matches[0].context.value == pytest.approx(0.9, abs=1e-3)


@given(st.integers(0, 10_000), st.integers(1, 3), st.sampled_from([0.0, 0.3, 0.6]))
def test_span_match_equals_brute_force(seed: int, length: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.uniform(-1, 1, (10, 4)).astype(np.float16)
    span = rng.uniform(-1, 1, (length, 4)).astype(np.float32)
    on = [unit for unit in range(4) if min(span[:, unit]) > threshold or max(span[:, unit]) < -threshold]
    best = 0
    for first in [*range(6 - length + 1), *range(6, 10 - length + 1)]:
        window = rows[first : first + length].astype(np.float32)
        shared = [u for u in on if (np.sign(span[0, u]) * window[:, u] > threshold).all()]
        best = max(best, len(shared))
    units, matches = match_spans(reference_of(rows), 0, span, threshold, 5)
    assert units == on
    assert max((match.num_shared for match in matches), default=0) == (best if 2 * best > len(on) else 0)
    assert [match.num_shared for match in matches] == sorted((m.num_shared for m in matches), reverse=True)


def test_a_span_is_found_by_its_words() -> None:
    text = "not good, not bad"
    spans = [(0, 3), (3, 8), (8, 9), (9, 13), (13, 17)]
    assert find_span(text, spans, " good, not ") == (1, 3)
    assert find_span(text, spans, "not") == (0, 0)
    assert find_span(text, spans[1:], "not") == (2, 2)  # the first token is not shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "no words are given; copy"),
        (None, "no words are given"),
        ("never", "'never' is not in the text; copy"),
        ("x" * 60, "the span has 60 tokens; at most 50"),
    ],
)
def test_words_that_are_no_span_are_refused(words: object, message: str) -> None:
    text = "x" * 80
    with pytest.raises(InputError, match=message):
        find_span(text, [(i, i + 1) for i in range(80)], words)
