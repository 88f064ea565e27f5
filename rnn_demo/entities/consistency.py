"""Label-consistency smoothing: a name mostly has the same label all through a text, so its occurrences share scores.

    P'_w = (1 - alpha) P_w + alpha * mean of P_v over w itself and all v of the same name in OTHER sentences of the text

P are the emissions of the CRF (see `model.py`). Two occurrences have the same name if they have the same lower-cased
word. "Blackburn 2 Arsenal 1" does not say what Blackburn is; "Blackburn Rovers", three lines on, does. Held-out data
chooses alpha. Nothing has to be trained for it, but `train.py ner --alpha` can.

Sources: Krishnan & Manning 2006, "An effective two-stage model for exploiting non-local dependencies in named entity
recognition" (a second tagger reads the labels that the first gave the same words); Akbik et al. 2019, "Pooled
contextualized embeddings for named entity recognition" (a word's vector is pooled over its occurrences).

The surprise is what must not take part. With all words smoothing helps half as much: the "of" in "Bank of England"
would be outvoted by every other "of", so only words that may be names do. And occurrences in one sentence do not smooth
each other: whoever writes a name twice there often means two things ("Paris Hilton lives in Paris").
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

PROPER_NOUNS = ("NNP", "PROPN")
"""Prefixes of the parts of speech of names, in the Penn Treebank and in Universal Dependencies."""


class Occurrences(NamedTuple):
    """Which words of a text are the same name; int64 (words,) each, the same number = the same group."""

    of_name: Tensor
    """All through the text."""
    of_sentence: Tensor
    """Within one sentence; each group is part of a group of `of_name`."""


def group_occurrences(lowercased_words: Sequence[Sequence[str]], may_be_name: Sequence[bool]) -> Occurrences:
    """Group the occurrences of each name; every other word is a group of its own.

    Args:
        lowercased_words: those of each sentence of a text.
        may_be_name: whether each word of the text may be a name in its context.

    >>> group_occurrences([["rome", "is", "rome"], ["rome", "is"]], [True, False, True, True, False])
    Occurrences(of_name=tensor([0, 1, 0, 0, 4]), of_sentence=tensor([0, 1, 0, 3, 4]))
    """
    first: dict[object, int] = {}  # index of the first word of each group
    of_name, of_sentence = [], []
    words = [(word, number) for number, sentence in enumerate(lowercased_words) for word in sentence]
    for i, ((word, sentence), named) in enumerate(zip(words, may_be_name, strict=True)):
        of_name.append(first.setdefault(word, i) if named else i)
        of_sentence.append(first.setdefault((word, sentence), i) if named else i)
    return Occurrences(torch.tensor(of_name), torch.tensor(of_sentence))


def smooth_emissions(emissions: Tensor, occurrences: Occurrences, alpha: float) -> Tensor:
    """Move the scores of each word towards the mean over itself and the name's occurrences in other sentences.

    Args:
        emissions: float (.., words, tags); nats.
        occurrences: on the same device.
        alpha: smoothing strength in 0..1; 0 changes nothing.

    Returns:
        Shaped like the emissions.
    """
    sums, sizes = _over_groups(emissions, occurrences.of_name)
    sentence_sums, sentence_sizes = _over_groups(emissions, occurrences.of_sentence)
    means = (emissions + sums - sentence_sums) / (1 + sizes - sentence_sizes)[:, None]
    return torch.lerp(emissions, means, alpha)


def _over_groups(emissions: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
    """Return, for each word, the sum over its group, shaped like the emissions, and its size, int64 (words,)."""
    sums = torch.zeros_like(emissions).index_add(-2, groups, emissions)
    return sums.index_select(-2, groups), torch.bincount(groups)[groups]
