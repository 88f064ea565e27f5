"""Token attributions of a logit: integrated gradients, and occlusion (leave-one-out) as a check.

    a_i = v_i . integral from 0 to 1 of d logit(a v) / d v_i da                         v_i: the embedding of token i

Source: Sundararajan, Taly & Yan 2017, arXiv:1703.01365, by captum. The baseline is the same text with all token
embeddings set to 0; the prefix keeps its embeddings. The attributions sum to logit(text) - logit(baseline), up to a
completeness error. Entities: see `entity_attribution.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.tokenizer import EncodedText, Token

MAX_TOKENS = 2000
MAX_OCCLUDED = 200
"""Occlusion reads the text once per token."""
STEPS = 8
"""Gauss-Legendre points per segment of the path from the baseline."""
WIDEST_GAP = 0.02
"""Segments with a completeness error above this fraction of the difference are halved."""
MOST_HALVINGS = 6
BATCH_TOKENS = 4096
"""Tokens per batch, to bound memory."""


@dataclass(frozen=True)
class AttributedToken:
    """A token and its attribution."""

    token: str
    start: int
    end: int
    attribution: float
    """Logits; positive values support the positive class, or the entity."""


@dataclass(frozen=True)
class Attribution:
    """A logit attributed to the tokens of a text."""

    tokens: tuple[AttributedToken, ...]
    difference: float
    """logit(text) - logit(baseline)."""
    completeness_error: float
    """Sum of the attributions minus the difference."""
    logit: float
    """Of the tokens that are read."""


def attribute(scorer: SentimentScorer, encoded: EncodedText) -> Attribution:
    """Attribute the logit of a sentiment classifier to the tokens of a text.

    Args:
        scorer: a sentiment classifier.
        encoded: a text as the scorer encodes it; only its last MAX_TOKENS tokens are read.
    """
    token_ids, tokens, num_start = last_tokens(encoded, MAX_TOKENS)
    with torch.no_grad():
        vectors = scorer.model.encoder.embed(token_ids)
    return attribute_along_path(scorer.model.score_vectors, vectors, tokens, num_start)


def attribute_along_path(
    score: Callable[[Tensor], Tensor], vectors: Tensor, tokens: Sequence[Token], num_start: int
) -> Attribution:
    """Attribute score(vectors) - score(baseline) to the tokens of one text.

    Args:
        score: (batch, seq, size) -> (batch,).
        vectors: (1, seq, size); embeddings of the prefix, then of the tokens.
        tokens: the seq - num_start tokens of the text.
        num_start: length of the prefix.
    """
    from captum.attr import IntegratedGradients  # takes seconds to import

    method = IntegratedGradients(score)
    rows = max(1, BATCH_TOKENS // vectors.shape[1])
    baseline = vectors.clone()
    baseline[:, num_start:] = 0

    def score_at(point: Tensor) -> float:
        with torch.no_grad():
            return float(score(point))

    def integrate(start: Tensor, end: Tensor, at_start: float, at_end: float, halvings: int) -> Tensor:
        """Integrate one segment of the path; halve it where the score changes sharply."""
        attributions: Tensor = method.attribute(
            end, baselines=start, n_steps=STEPS, method="gausslegendre", internal_batch_size=rows
        )
        gap = abs(float(attributions.sum()) - (at_end - at_start))
        if gap <= WIDEST_GAP * abs(difference) or halvings == 0:
            return attributions
        middle = (start + end) / 2
        at_middle = score_at(middle)
        return integrate(start, middle, at_start, at_middle, halvings - 1) + integrate(
            middle, end, at_middle, at_end, halvings - 1
        )

    at_start, at_end = score_at(baseline), score_at(vectors)
    difference = at_end - at_start
    values = integrate(baseline, vectors, at_start, at_end, MOST_HALVINGS).sum(-1)[0, num_start:].tolist()
    return Attribution(attributed(tokens, values), difference, sum(values) - difference, at_end)


@torch.inference_mode()
def leave_one_out(scorer: SentimentScorer, encoded: EncodedText) -> tuple[AttributedToken, ...]:
    """Return the drop of the logit when each of the last MAX_OCCLUDED tokens is removed."""
    token_ids, tokens, num_start = last_tokens(encoded, MAX_OCCLUDED)
    logit = float(scorer.model.score_vectors(scorer.model.encoder.embed(token_ids)))
    if len(tokens) == 1:  # its removal would leave no text
        return attributed(tokens, [logit])
    drops: list[float] = []
    rows = max(1, BATCH_TOKENS // token_ids.shape[1])
    for indices in torch.arange(num_start, token_ids.shape[1]).split(rows):
        shortened = [torch.cat([token_ids[0, :i], token_ids[0, i + 1 :]]) for i in indices.tolist()]
        drops += (logit - scorer.model.score_vectors(scorer.model.encoder.embed(torch.stack(shortened)))).tolist()
    return attributed(tokens, drops)


def attributed(tokens: Sequence[Token], values: Sequence[float]) -> tuple[AttributedToken, ...]:
    """Pair tokens with their attributions."""
    pairs = zip(tokens, values, strict=True)
    return tuple(AttributedToken(token.token, token.start, token.end, value) for token, value in pairs)


def last_tokens(encoded: EncodedText, most: int) -> tuple[Tensor, tuple[Token, ...], int]:
    """Return the token ids to read, (1, seq), the last tokens of the text, and the length of the prefix."""
    tokens = encoded.tokens[-most:]
    ids = [*encoded.prefix_ids, *(token.token_id for token in tokens)]
    return torch.tensor([ids]), tokens, len(encoded.prefix_ids)
