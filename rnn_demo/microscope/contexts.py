"""Contexts in the held-out corpus: where a unit is highest or lowest, and where the units of a span are on again.

Source: contexts as in Karpathy, Johnson & Fei-Fei 2015, arXiv:1506.02078; span matches as in LSTMVis, Strobelt et al.
2018, arXiv:1606.07461, section 5, with a sign. A unit is on over a span if

    h_t > threshold at every token t,      or      h_t < -threshold at every token t.

A held-out span shares the unit if it is on with the same sign. LSTMVis uses h_t >= threshold alone.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from rnn_demo.errors import InputError
from rnn_demo.microscope.features import Spans, sentence_starts
from rnn_demo.microscope.held_out_corpus import HeldOutCorpus

MAX_SPAN = 50
"""Tokens per span."""
WINDOW_WORDS, WINDOW_CHARS = 8, 120
"""Window on either side of a match; the smaller limit applies."""


@dataclass(frozen=True)
class Context:
    """Some tokens of the held-out corpus with a window of words around them."""

    before: str
    token: str
    after: str
    value: float
    """The unit's activation; for a span, the mean absolute activation of the compared units."""


@dataclass(frozen=True)
class SpanMatch:
    """A held-out span that shares units with the query span."""

    context: Context
    num_shared: int
    """Units of the query that are on over this span."""


@dataclass(frozen=True)
class SpanMatches:
    """The units that are on over a query span, and the held-out spans that share them."""

    span: str
    """The text of the span."""
    units: tuple[int, ...]
    matches: tuple[SpanMatch, ...]
    """Most shared units first."""


def find_contexts(reference: HeldOutCorpus, layer: int, unit: int, limit: int, highest: bool = True) -> list[Context]:
    """Return the held-out tokens at which a unit is highest or lowest, at most one per sentence.

    Args:
        reference: the network's states over the held-out corpus.
        layer: from 0.
        unit: index in that layer.
        limit: maximum number of contexts.
        highest: else lowest.
    """
    values = reference.layers[layer][:, unit].astype(np.float32)
    order = np.argsort(-values if highest else values, kind="stable").tolist()
    rows = one_per_sentence(reference, ((row, row) for row in order), limit)
    return [quote(reference, first, last, float(values[first])) for first, last in rows]


def find_span(text: str, spans: Spans, words: object) -> tuple[int, int]:
    """Return the indices of the first and the last token of the first occurrence of some words in a text.

    Args:
        text: as typed.
        spans: token spans in the text.
        words: copied from the text.

    Raises:
        InputError: the words are not in the text, or span more than MAX_SPAN tokens.
    """
    wanted = words.strip() if isinstance(words, str) else ""
    if not wanted:
        raise InputError("no words are given; copy one or more from the text")
    begin = text.find(wanted, spans[0][0])
    if begin < 0:
        raise InputError(f"{wanted!r:.60} is not in the text; copy one or more words from it")
    end = begin + len(wanted)
    tokens = [i for i, (start, stop) in enumerate(spans) if start < end and stop > begin]
    if not tokens:
        raise InputError(f"{wanted!r:.60} is no token of the text; copy one or more words from it")
    if (count := tokens[-1] - tokens[0] + 1) > MAX_SPAN:
        raise InputError(f"the span has {count} tokens; at most {MAX_SPAN} are compared: give fewer words")
    return tokens[0], tokens[-1]


def units_on(states: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Find the units that are on over a span.

    Args:
        states: (token, unit) of the span.
        threshold: 0 or more.

    Returns:
        units: int64 (on,).
        signs: float32 (on,); 1 above the threshold, -1 below its negative.
    """
    up, down = (states > threshold).all(0), (states < -threshold).all(0)
    units = np.flatnonzero(up | down)
    return units, np.sign(states[0, units]).astype(np.float32)


def match_spans(
    reference: HeldOutCorpus, layer: int, states: np.ndarray, threshold: float, limit: int
) -> tuple[list[int], list[SpanMatch]]:
    """Find held-out spans of the same length that share most units with a span.

    Args:
        reference: the network's states over the held-out corpus.
        layer: from 0.
        states: float32 (token, unit) of the span.
        threshold: 0 or more.
        limit: maximum number of spans; no two end in the same sentence.

    Returns:
        units: the units that are on over the query span.
        matches: most shared units first, ties by mean absolute activation; each shares more than half of the units.
    """
    units, signs = units_on(states, threshold)
    length, rows = len(states), len(reference.layers[layer])
    if not len(units) or rows < length:
        return units.tolist(), []
    signed = reference.layers[layer][:, units].astype(np.float32) * signs  # (row, on)
    on = signed > threshold
    windows = rows - length + 1
    throughout = on[:windows].copy()
    for t in range(1, length):
        throughout &= on[t : t + windows]
    shared = throughout.sum(1)  # (window,)
    totals = np.concatenate([[0.0], signed.mean(1, dtype=np.float64).cumsum()])
    strength = (totals[length:] - totals[:-length]) / length  # (window,)
    passage = np.searchsorted(reference.starts, np.arange(rows), side="right")
    same_passage = passage[:windows] == passage[length - 1 :]
    candidates = np.flatnonzero(same_passage & (2 * shared > len(units)))
    order = candidates[np.lexsort((-strength[candidates], -shared[candidates]))]
    spans = one_per_sentence(reference, ((first, first + length - 1) for first in order.tolist()), limit)
    matches = [
        SpanMatch(quote(reference, first, last, float(strength[first])), int(shared[first])) for first, last in spans
    ]
    return units.tolist(), matches


def one_per_sentence(
    reference: HeldOutCorpus, spans: Iterable[tuple[int, int]], limit: int
) -> Iterator[tuple[int, int]]:
    """Yield the first `limit` spans (first row, last row) that are not blank, at most one per sentence."""
    starts: dict[int, list[int]] = {}
    taken: set[tuple[int, int]] = set()
    for first, last in spans:
        if len(taken) == limit:
            return
        passage, begin, end = locate(reference, first, last)
        text = reference.passages[passage].text
        if passage not in starts:
            starts[passage] = sentence_starts(text)
        sentence = passage, bisect_right(starts[passage], end - 1)
        if text[begin:end].strip() and sentence not in taken:
            taken.add(sentence)
            yield first, last


def locate(reference: HeldOutCorpus, first: int, last: int) -> tuple[int, int, int]:
    """Return the passage of some rows, and their start and end in it in code points."""
    passage = int(np.searchsorted(reference.starts, first, side="right")) - 1
    tokens = reference.passages[passage].tokens
    begin = int(reference.starts[passage])
    return passage, tokens[first - begin].start, tokens[last - begin].end


def quote(reference: HeldOutCorpus, first: int, last: int, value: float) -> Context:
    """Return the text of some rows with a window of words on either side; leading white space goes to the window."""
    passage, begin, end = locate(reference, first, last)
    text = reference.passages[passage].text
    begin = end - len(text[begin:end].lstrip())
    words_before = list(re.finditer(r"\S+", text[max(0, begin - WINDOW_CHARS) : begin]))
    cut = words_before[-WINDOW_WORDS:][0].start() if words_before else 0
    before = text[max(0, begin - WINDOW_CHARS) : begin][cut:]
    words_after = list(re.finditer(r"\S+", text[end : end + WINDOW_CHARS]))
    after = text[end : end + (words_after[:WINDOW_WORDS][-1].end() if words_after else 0)]
    return Context(before, text[begin:end], after, value)
