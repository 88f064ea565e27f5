"""What a tagger makes of a text before the CRF decides: its sentences are read, then the places of a name agree."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from rnn_demo.entities.consistency import PROPER_NOUNS, Occurrences, group_occurrences, smooth_emissions
from rnn_demo.entities.crf import IMPOSSIBLE_SCORE
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.subwords import Sentence, collate
from rnn_demo.training.batching import by_length

NAME_PROB = 0.1
"""Of a proper noun; with less, a word is taken for no name."""


class SentenceScores(NamedTuple):
    """What the network makes of the words of one sentence."""

    sentence: Sentence
    emissions: Tensor
    """float32 (words, tags); unnormalised scores for the CRF, nats."""
    pos_logits: Tensor
    """float32 (words, parts of speech)."""


def score_sentences(model: TaggerModel, sentences: Sequence[Sentence]) -> list[SentenceScores]:
    """Read each sentence by itself, in batches of about the same length.

    Args:
        model: in eval mode, on any device.
        sentences: one word or more each.
    """
    device = next(model.parameters()).device
    scored: dict[int, SentenceScores] = {}
    for rows in by_length([len(sentence.token_ids) for sentence in sentences]):
        batch = {name: tensor.to(device) for name, tensor in collated(model, [sentences[row] for row in rows]).items()}
        emissions, pos_logits, num_words = model.score_words(**batch)
        for i, (row, n) in enumerate(zip(rows, num_words.tolist(), strict=True)):
            scored[row] = SentenceScores(sentences[row], emissions[i, :n], pos_logits[i, :n])
    return [scored[row] for row in range(len(sentences))]


def collated(model: TaggerModel, sentences: Sequence[Sentence]) -> dict[str, Tensor]:
    """Make a batch of what a model reads."""
    return collate(sentences, model.word_tagger is not None)


def bar_signs(model: TaggerModel, emissions: Tensor, forms: Sequence[str]) -> Tensor:
    """Let no name begin with a word that has no letter and no digit, where the CRF is about to decide.

    One in 23,499 of conll2003/train does. An emoji looks like nothing that training has shown, and so like a name. To
    calibrate, the scores stay as they are: held-out data may have such a name, which would seem impossible.

    Args:
        model: names the columns of the scores.
        emissions: float (.., words, tags).
        forms: the words.
    """
    signs = torch.tensor([not any(map(str.isalnum, form)) for form in forms], device=emissions.device)
    begins = torch.tensor([tag.startswith("B-") for tag in model.config.tags], device=emissions.device)
    return emissions.masked_fill(signs[:, None] & begins, IMPOSSIBLE_SCORE)


def agree(model: TaggerModel, text: Sequence[SentenceScores]) -> list[SentenceScores]:
    """Let the places of each name in a text settle together; see `agreement.py`.

    Args:
        model: says which words may be names, and how far they agree (`config.alpha`).
        text: its sentences, one or more; those of other texts have no say.
    """
    emissions = torch.cat([scores.emissions for scores in text])
    forms = [scores.sentence.forms for scores in text]
    places = group_names(model, forms, emissions, torch.cat([scores.pos_logits for scores in text]))
    settled = smooth_emissions(emissions, places, model.config.alpha)
    parts = settled.split([len(scores.emissions) for scores in text])
    return [scores._replace(emissions=part) for scores, part in zip(text, parts, strict=True)]


def group_names(
    model: TaggerModel, forms: Sequence[Sequence[str]], emissions: Tensor, pos_logits: Tensor
) -> Occurrences:
    """Group the places of each name of a text: words that may be proper nouns, or else that the network marks.

    Args:
        model: names the columns of the scores.
        forms: the words of each sentence, in small letters.
        emissions: float32 (words, tags).
        pos_logits: float32 (words, parts of speech).
    """
    proper = [i for i, pos in enumerate(model.config.pos_tags) if pos.startswith(PROPER_NOUNS)]
    may_be_name = emissions.argmax(1) != 0  # O is the first tag
    if proper:
        may_be_name = pos_logits.softmax(1)[:, proper].sum(1) >= NAME_PROB
    return Occurrences(*(groups.to(emissions.device) for groups in group_occurrences(forms, may_be_name.tolist())))


def pad_to_decide(model: TaggerModel, sentences: Sequence[SentenceScores]) -> tuple[Tensor, Tensor]:
    """Make a batch from which names are marked: as `pad_emissions`, and no name begins with a sign."""
    barred = [bar_signs(model, scores.emissions, scores.sentence.forms) for scores in sentences]
    return pad_emissions([s._replace(emissions=e) for s, e in zip(sentences, barred, strict=True)])


def pad_emissions(sentences: Sequence[SentenceScores]) -> tuple[Tensor, Tensor]:
    """Make a batch for the CRF: emissions (batch, words, tags), 0 past each sentence, and num_words int64 (batch,)."""
    emissions = [scores.emissions for scores in sentences]
    return pad_sequence(emissions, batch_first=True), torch.tensor(
        list(map(len, emissions)), device=emissions[0].device
    )
