"""Clamp the tags of some words: decode a text as if somebody had said what they are.

A clamp C gives some words t a set C_t of tags; all other words may have any tag.

    p(y | X, y ∈ C) = exp s(X, y) / Σ_{y' ∈ C} exp s(X, y')      for y ∈ C: y_t ∈ C_t at every clamped t

Forward-backward and Viterbi need no change for that: P[t, j] = IMPOSSIBLE_SCORE for each j outside C_t leaves the paths
of C their scores and takes all others out of the sum and the maximum (exp of it is 0).

A span that is said to be an entity X is clamped to B-X I-X .. I-X, and the word after it to anything but I-X, which
would go on with the entity. A span that is said to be none is clamped to O.

The occurrences of a name in other sentences hear of it through label-consistency smoothing (see `consistency.py`): a
word that somebody has tagged tells them what a sure word would, no more, or a single correction would decide for all.

Source: Culotta & McCallum 2004, "Confidence estimation for information extraction" (constrained forward-backward);
Kristjansson et al. 2004, "Interactive information extraction with constrained conditional random fields" (correct one
field, and the rest of the record is decoded again).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnn_demo.entities.crf import IMPOSSIBLE_SCORE, LinearChainCRF
from rnn_demo.entities.words import Word
from rnn_demo.errors import unknown_name

OUTSIDE = "O"
SURE_NATS = 10.0
"""By how much a clamped word's own tag outscores every other in what it tells the occurrences of its name."""


@dataclass(frozen=True)
class Correction:
    """What somebody says that a part of a text is."""

    start: int
    """Code points of the text, half open, as of an entity."""
    end: int
    label: str = ""
    """Of an entity, such as PER; empty = no entity."""


def clamp_words(crf: LinearChainCRF, num_words: int, spans: Sequence[tuple[int, int, str]]) -> Tensor:
    """Return which tags each word of a sentence may have.

    Args:
        crf: names the tags.
        num_words: in the sentence.
        spans: first word, word after the last, and label; empty = no entity. None overlaps another.

    Returns:
        bool (words, tags); all True where a word is not clamped.

    Raises:
        InputError: a label that is none of the tagger's.
    """
    allowed = torch.ones(num_words, crf.num_tags, dtype=torch.bool)
    for start, end, label in spans:
        for t in range(start, end):
            allowed[t] = False
            allowed[t, _tag_id(crf, label, first=t == start)] = True
        if label and end < num_words and not is_clamped(allowed[end]):
            allowed[end, _tag_id(crf, label, first=False)] = False
    return allowed


def clamp_text(
    crf: LinearChainCRF, sentences: Sequence[Sequence[Word]], corrections: Iterable[Correction]
) -> list[Tensor]:
    """Return which tags each word of a text may have: bool (words, tags) for each sentence.

    Args:
        crf: names the tags.
        sentences: the words of each.
        corrections: the words that each touches are clamped; of corrections that touch the same word the last counts.
    """
    corrections = list(corrections)
    clamps = []
    for words in sentences:
        spans: list[tuple[int, int, str]] = []
        for correction in corrections:
            touched = [t for t, word in enumerate(words) if word.start < correction.end and correction.start < word.end]
            if touched:
                start, end = touched[0], touched[-1] + 1
                spans = [span for span in spans if span[1] <= start or end <= span[0]]
                spans.append((start, end, correction.label))
        clamps.append(clamp_words(crf, len(words), spans))
    return clamps


def is_clamped(allowed: Tensor) -> Tensor:
    """Return whether words have one tag left: bool (.., tags) -> bool (..)."""
    return allowed.sum(-1) == 1


def clamp_emissions(emissions: Tensor, allowed: Tensor) -> Tensor:
    """Return emissions under which every path has an allowed tag at each word.

    A clamped word's own score is the same for all paths that are left: it is set to 0, as the tagger may have thought
    it impossible.

    Args:
        emissions: float (words, tags); nats.
        allowed: bool (words, tags).
    """
    allowed = allowed.to(emissions.device)
    emissions = emissions.masked_fill(is_clamped(allowed)[:, None], 0.0)
    return emissions.masked_fill(~allowed, IMPOSSIBLE_SCORE)


def sure_emissions(emissions: Tensor, allowed: Tensor) -> Tensor:
    """Return what words tell the occurrences of their names; clamped ones are SURE_NATS over their best other tag.

    Args:
        emissions: float (words, tags); nats.
        allowed: bool (words, tags).
    """
    allowed = allowed.to(emissions.device)
    own = is_clamped(allowed)[:, None] & allowed
    best_other = emissions.masked_fill(own, -torch.inf).amax(1, keepdim=True)
    return torch.where(own, emissions.maximum(best_other + SURE_NATS), emissions)


def _tag_id(crf: LinearChainCRF, label: str, first: bool) -> int:
    """Return the row of the tag that a word of an entity has, or of O."""
    tag = f"{'B' if first else 'I'}-{label}" if label else OUTSIDE
    if tag not in crf.tags:
        raise unknown_name("label", label, labels_of(crf.tags))
    return crf.tags.index(tag)


def labels_of(tags: Iterable[str]) -> list[str]:
    """Return the labels of the entities that tags are for.

    >>> labels_of(["O", "B-PER", "I-PER", "B-LOC"])
    ['PER', 'LOC']
    """
    return list(dict.fromkeys(tag[2:] for tag in tags if tag != OUTSIDE))
