"""A name is mostly the same thing all through a text: its places settle together what it is.

P'_w = (1 - s) P_w + s * mean of P_v over w itself and all v of the same name in OTHER sentences of the text

P are the emissions of the CRF (see `model.py`), and two places have the same name where they have the same word, in
capitals or small letters. "Blackburn 2 Arsenal 1" does not say what Blackburn is; "Blackburn Rovers", three lines on,
does. The share s is chosen on held-out data, and nothing has to be trained for it; `train.py ner --agreement` can.

Sources: Krishnan & Manning 2006, "An effective two-stage model for exploiting non-local dependencies in named entity
recognition" (a second tagger reads what the first one said of the same words); Akbik et al. 2019, "Pooled
contextualized embeddings for named entity recognition" (a word's vector is pooled over its places).

The surprise: who may not take part. With all words it is half as good: the "of" in "Bank of England" would be outvoted
by every other "of", so only words that may be names do. And places in one sentence leave each other alone: who writes a
name twice there often means two things ("Paris Hilton lives in Paris"), and held-out F1 is the same without them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

PROPER_NOUNS = ("NNP", "PROPN")
"""How the parts of speech of names begin: the Penn Treebank's, and the universal ones."""


class Occurrences(NamedTuple):
    """Which words of a text are the same name; int64 (words,) each, the same number = the same group."""

    of_name: Tensor
    """All through the text."""
    of_sentence: Tensor
    """Within one sentence; a part of a group of `of_name`."""


def group_occurrences(forms: Sequence[Sequence[str]], may_be_name: Sequence[bool]) -> Occurrences:
    """Group the places of each name; any word that may be no name is a group of its own.

    Args:
        forms: the words of each sentence of a text, in small letters.
        may_be_name: whether each word of the text may be a name where it stands.

    >>> group_occurrences([["rome", "is", "rome"], ["rome", "is"]], [True, False, True, True, False])
    Occurrences(of_name=tensor([0, 1, 0, 0, 4]), of_sentence=tensor([0, 1, 0, 3, 4]))
    """
    first: dict[object, int] = {}  # place of the first word of each group
    of_name, of_sentence = [], []
    words = [(form, number) for number, sentence in enumerate(forms) for form in sentence]
    for place, ((form, sentence), named) in enumerate(zip(words, may_be_name, strict=True)):
        of_name.append(first.setdefault(form, place) if named else place)
        of_sentence.append(first.setdefault((form, sentence), place) if named else place)
    return Occurrences(torch.tensor(of_name), torch.tensor(of_sentence))


def smooth_emissions(emissions: Tensor, places: Occurrences, share: float) -> Tensor:
    """Move the scores of each place towards the mean over itself and the name's places in other sentences.

    Args:
        emissions: float (.., words, tags); nats.
        places: as `group_occurrences` makes them, on the same device.
        share: how far, 0..1; 0 leaves everything as it is.

    Returns:
        As emissions.
    """
    sums, sizes = _over_groups(emissions, places.of_name)
    sums_here, sizes_here = _over_groups(emissions, places.of_sentence)
    means = (emissions + sums - sums_here) / (1 + sizes - sizes_here)[:, None]
    return torch.lerp(emissions, means, share)


def _over_groups(emissions: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sum of its group to each word, as emissions, and the words in it, int64 (words,)."""
    sums = torch.zeros_like(emissions).index_add(-2, groups, emissions)
    return sums.index_select(-2, groups), torch.bincount(groups)[groups]
