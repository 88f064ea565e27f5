"""The scores of a text before the CRF decides: each sentence is read, then the occurrences of a name are smoothed."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from rnn_demo.entities.consistency import PROPER_NOUNS, Occurrences, group_occurrences, smooth_emissions
from rnn_demo.entities.crf import IMPOSSIBLE_SCORE
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.subwords import Sentence, collate
from rnn_demo.training.batching import map_by_length

NAME_PROB = 0.1
"""Least probability of a proper noun for a word to count as a name."""


class SentenceScores(NamedTuple):
    """The network's scores of the words of one sentence."""

    sentence: Sentence
    emissions: Tensor
    """float32 (words, tags); unnormalised scores for the CRF, nats."""
    pos_logits: Tensor
    """float32 (words, parts of speech)."""


def score_sentences(model: TaggerModel, sentences: Sequence[Sentence]) -> list[SentenceScores]:
    """Return the scores of each sentence, read by itself, in batches of similar length.

    Args:
        model: in eval mode, on any device.
        sentences: one word or more each.
    """
    device = next(model.parameters()).device

    def read(batch: list[Sentence]) -> Iterator[SentenceScores]:
        tensors = {name: tensor.to(device) for name, tensor in collated(model, batch).items()}
        emissions, pos_logits, num_words = model.score_words(**tensors)
        for i, (sentence, n) in enumerate(zip(batch, num_words.tolist(), strict=True)):
            yield SentenceScores(sentence, emissions[i, :n], pos_logits[i, :n])

    return map_by_length(sentences, lambda sentence: len(sentence.token_ids), read)


def collated(model: TaggerModel, sentences: Sequence[Sentence]) -> dict[str, Tensor]:
    """Return a batch as the model reads it."""
    return collate(sentences, model.word_tagger is not None)


def bar_signs(model: TaggerModel, emissions: Tensor, words: Sequence[str]) -> Tensor:
    """Return scores with which no name begins with a word that has no letter and no digit.

    One in 23,499 of conll2003/train does. An emoji looks like nothing in the training data, and so like a name.
    Calibration keeps the plain scores: held-out data may have such a name, which would seem impossible.

    Args:
        model: names the columns of the scores.
        emissions: float (.., words, tags).
        words: one for each row.
    """
    signs = torch.tensor([not any(map(str.isalnum, word)) for word in words], device=emissions.device)
    begins = torch.tensor([tag.startswith("B-") for tag in model.config.tags], device=emissions.device)
    return emissions.masked_fill(signs[:, None] & begins, IMPOSSIBLE_SCORE)


def smooth(model: TaggerModel, text: Sequence[SentenceScores]) -> list[SentenceScores]:
    """Smooth the scores between the occurrences of each name in a text; see `consistency.py`.

    Args:
        model: says which words may be names, and the strength (`config.alpha`).
        text: the scores of its sentences, one or more.
    """
    emissions = torch.cat([scores.emissions for scores in text])
    words = [scores.sentence.lowercased_words for scores in text]
    occurrences = group_names(model, words, emissions, torch.cat([scores.pos_logits for scores in text]))
    parts = smooth_emissions(emissions, occurrences, model.config.alpha).split([len(row.emissions) for row in text])
    return [scores._replace(emissions=part) for scores, part in zip(text, parts, strict=True)]


def group_names(
    model: TaggerModel, lowercased_words: Sequence[Sequence[str]], emissions: Tensor, pos_logits: Tensor
) -> Occurrences:
    """Group the occurrences of each name of a text: proper nouns, or, without parts of speech, words tagged as names.

    Args:
        model: names the columns of the scores.
        lowercased_words: those of each sentence.
        emissions: float32 (words, tags).
        pos_logits: float32 (words, parts of speech).
    """
    proper = [i for i, pos in enumerate(model.config.pos_tags) if pos.startswith(PROPER_NOUNS)]
    may_be_name = emissions.argmax(1) != 0  # O is the first tag
    if proper:
        may_be_name = pos_logits.softmax(1)[:, proper].sum(1) >= NAME_PROB
    occurrences = group_occurrences(lowercased_words, may_be_name.tolist())
    return Occurrences(*(groups.to(emissions.device) for groups in occurrences))


def pad_to_decide(model: TaggerModel, sentences: Sequence[SentenceScores]) -> tuple[Tensor, Tensor]:
    """Return a batch for the final decision: as `pad_emissions`, after `bar_signs`."""
    barred = [bar_signs(model, scores.emissions, scores.sentence.lowercased_words) for scores in sentences]
    return pad_emissions([s._replace(emissions=e) for s, e in zip(sentences, barred, strict=True)])


def pad_emissions(sentences: Sequence[SentenceScores]) -> tuple[Tensor, Tensor]:
    """Return what the CRF takes: emissions (batch, words, tags), 0 past each sentence, and num_words int64 (batch,)."""
    emissions = [scores.emissions for scores in sentences]
    return pad_sequence(emissions, batch_first=True), torch.tensor(
        list(map(len, emissions)), device=emissions[0].device
    )
