"""Where in the held-out text a unit is driven highest and lowest, and where the units of a span are on again.

Source: the contexts as in Karpathy, Johnson & Fei-Fei 2015, arXiv:1506.02078; the match of spans as in LSTMVis,
Strobelt et al. 2018, arXiv:1606.07461, section 5, with a sign: a unit is on over a span where

    h_t > threshold at every token t of it,      or      h_t < -threshold at every token t of it,

and a held-out span shares the unit where it is on with the same sign. LSTMVis asks for h_t >= threshold alone.
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
"""Tokens of a span."""
WINDOW_WORDS, WINDOW_CHARS = 8, 120
"""On either side of a place, whichever is less."""


@dataclass(frozen=True)
class Context:
    """A place in a held-out text, with some words around it."""

    before: str
    token: str
    after: str
    value: float
    """What one unit held there; over a span of tokens, the mean size of the units that are compared."""


@dataclass(frozen=True)
class SpanMatch:
    """A held-out span over which units are on."""

    context: Context
    num_shared: int
    """How many of the units that were looked for are on throughout."""


@dataclass(frozen=True)
class SpanMatches:
    """The units that are on over a span, and where else they are."""

    span: str
    """The text of the span."""
    units: tuple[int, ...]
    matches: tuple[SpanMatch, ...]
    """Most shared units first."""


def find_contexts(reference: HeldOutCorpus, layer: int, unit: int, limit: int, highest: bool = True) -> list[Context]:
    """Find the held-out tokens at which a unit is highest, or lowest; no two from the same sentence.

    Args:
        reference: what the network did over the held-out text.
        layer: from 0.
        unit: of that layer.
        limit: places at most.
        highest: else lowest.
    """
    values = reference.layers[layer][:, unit].astype(np.float32)
    order = np.argsort(-values if highest else values, kind="stable").tolist()
    places = apart(reference, ((row, row) for row in order), limit)
    return [quote(reference, first, last, float(values[first])) for first, last in places]


def find_span(text: str, spans: Spans, words: object) -> tuple[int, int]:
    """Find the first and the last token of some words of a text; where they stand several times, the first time.

    Args:
        text: as typed.
        spans: of its tokens.
        words: copied from it.

    Raises:
        InputError: they are not in the text, or are more than MAX_SPAN tokens.
    """
    wanted = words.strip() if isinstance(words, str) else ""
    if not wanted:
        raise InputError("no words are given; copy one or more from the text")
    begin = text.find(wanted, spans[0][0])
    if begin < 0:
        raise InputError(f"{wanted!r:.60} is not in the text; copy one or more words from it")
    end = begin + len(wanted)
    found = [i for i, (start, stop) in enumerate(spans) if start < end and stop > begin]
    if not found:
        raise InputError(f"{wanted!r:.60} is no token of the text; copy one or more words from it")
    if (count := found[-1] - found[0] + 1) > MAX_SPAN:
        raise InputError(f"the span has {count} tokens; at most {MAX_SPAN} are compared: give fewer words")
    return found[0], found[-1]


def units_on(states: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Find the units that are on over a whole span.

    Args:
        states: (token, unit) of the span.
        threshold: 0 or more.

    Returns:
        units: int64 (on,).
        signs: float32 (on,); 1 where the unit is above the threshold, -1 where it is below its negative.
    """
    up, down = (states > threshold).all(0), (states < -threshold).all(0)
    units = np.flatnonzero(up | down)
    return units, np.sign(states[0, units]).astype(np.float32)


def match_spans(
    reference: HeldOutCorpus, layer: int, states: np.ndarray, threshold: float, limit: int
) -> tuple[list[int], list[SpanMatch]]:
    """Find the held-out spans, as long as a given one, over which most of the same units are on.

    Args:
        reference: what the network did over the held-out text.
        layer: from 0.
        states: float32 (token, unit) of the span.
        threshold: 0 or more.
        limit: spans at most; no two end in the same sentence.

    Returns:
        units: those that are on over the given span.
        matches: most shared units first, ties by the mean size of the units; each shares more than half of them.
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
    whole = passage[:windows] == passage[length - 1 :]
    candidates = np.flatnonzero(whole & (2 * shared > len(units)))
    order = candidates[np.lexsort((-strength[candidates], -shared[candidates]))]
    places = apart(reference, ((first, first + length - 1) for first in order.tolist()), limit)
    matches = [
        SpanMatch(quote(reference, first, last, float(strength[first])), int(shared[first])) for first, last in places
    ]
    return units.tolist(), matches


def apart(reference: HeldOutCorpus, places: Iterable[tuple[int, int]], limit: int) -> Iterator[tuple[int, int]]:
    """Pass on the first `limit` places, given by first and last row, that can be shown and end in a sentence each."""
    starts: dict[int, list[int]] = {}
    taken: set[tuple[int, int]] = set()
    for first, last in places:
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
    """Return the passage of some rows, and where in it they begin and end, code points."""
    passage = int(np.searchsorted(reference.starts, first, side="right")) - 1
    tokens = reference.passages[passage].tokens
    begin = int(reference.starts[passage])
    return passage, tokens[first - begin].start, tokens[last - begin].end


def quote(reference: HeldOutCorpus, first: int, last: int, value: float) -> Context:
    """Cut some rows out of their passage, with a window of words on either side; white space goes to the window."""
    passage, begin, end = locate(reference, first, last)
    text = reference.passages[passage].text
    begin = end - len(text[begin:end].lstrip())
    words_before = list(re.finditer(r"\S+", text[max(0, begin - WINDOW_CHARS) : begin]))
    cut = words_before[-WINDOW_WORDS:][0].start() if words_before else 0
    before = text[max(0, begin - WINDOW_CHARS) : begin][cut:]
    words_after = list(re.finditer(r"\S+", text[end : end + WINDOW_CHARS]))
    after = text[end : end + (words_after[:WINDOW_WORDS][-1].end() if words_after else 0)]
    return Context(before, text[begin:end], after, value)
