"""Pool the two taggers of a model: how heavy each is, chosen by the likelihood of held-out tags (see `word_tagger.py`).

Held-out data sets count alike, however long they are, and a grid of weights is all it takes: the pool's temperature is
in them. The parts of speech have weights of their own, as the subwords know more about these than about names; they are
in the config.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product

import torch

from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.scores import SentenceScores

SUBWORD_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
WORD_WEIGHTS = (0.4, 0.6, 0.8, 1.0)
"""Few: the temperature that is chosen afterwards scales both."""
POS_WEIGHTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Of either: nothing scales these afterwards."""


def mix(first: Sequence[SentenceScores], second: Sequence[SentenceScores], a: float, b: float) -> list[SentenceScores]:
    """Add the scores of the same sentences, a times the first and b times the second."""
    return [
        subword._replace(
            emissions=a * subword.emissions + b * word.emissions,
            pos_logits=a * subword.pos_logits + b * word.pos_logits,
        )
        for subword, word in zip(first, second, strict=True)
    ]


@torch.no_grad()
def pool_taggers(
    model: TaggerModel,
    subword_steps: Sequence[torch.Tensor],
    score: Callable[[], Sequence[Sequence[SentenceScores]]],
    nats: Callable[[int, list[SentenceScores]], float],
    pos_nats: Callable[[list[SentenceScores]], float],
) -> tuple[float, float]:
    """Make one tagger of two, and return the weights a of the subwords and b of the words.

    Args:
        model: its CRF is that of the words; it gets that of the pool.
        subword_steps: the parameters of the CRF of the subwords, in the order of `model.crf.parameters()`.
        score: gives the scores that the model, as its config says, has for the sentences of each held-out data set.
        nats: minus the mean log-likelihood of the tags of a data set under the model's CRF, given its number.
        pos_nats: the same of the parts of speech of the first data set.
    """
    steps = list(model.crf.parameters())
    word_steps = [step.clone() for step in steps]
    scores = {}
    for reads in ("subwords", "words"):
        model.config = replace(model.config, reads=reads)
        scores[reads] = score()

    def set_steps(a: float, b: float) -> None:
        for step, of_subwords, of_words in zip(steps, subword_steps, word_steps, strict=True):
            step.copy_(a * of_subwords + b * of_words)

    def nats_at(weights: tuple[float, float]) -> float:
        set_steps(*weights)
        pairs = zip(scores["subwords"], scores["words"], strict=True)
        return sum(nats(number, mix(*pair, *weights)) for number, pair in enumerate(pairs))

    a, b = min(product(SUBWORD_WEIGHTS, WORD_WEIGHTS), key=nats_at)
    set_steps(a, b)
    of_first = scores["subwords"][0], scores["words"][0]
    pos_weights = min(product(POS_WEIGHTS, POS_WEIGHTS), key=lambda weights: pos_nats(mix(*of_first, *weights)))
    model.config = replace(model.config, reads="all", pos_weights=pos_weights)
    for parameter in model.to_tags.parameters():
        parameter.mul_(a)
    if model.word_tagger is not None:
        model.word_tagger.scale_(b)
    return a, b
