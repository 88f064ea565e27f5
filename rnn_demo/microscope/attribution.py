"""Which tokens account for a score: integrated gradients, and leave-one-out (occlusion) as a second opinion.

    a_i = (v_i - 0) . integral from 0 to 1 of d logit(a v) / d v_i da                   for the vector v_i of token i

Source: Sundararajan, Taly & Yan 2017, arXiv:1703.01365, by captum. The baseline is the same text with every token's
vector at 0; the attributions add up to logit(text) - logit(baseline), up to a completeness error. The prefix that is
read before the text is part of the baseline. For an entity see `entity_attribution.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.tokenizer import EncodedText, Token

MAX_TOKENS = 2000
MAX_OCCLUDED = 200
"""Tokens of a longer text that are left out in turn: the text is read once for each."""
STEPS = 8
"""Points of the Gauss-Legendre rule on a part of the way from the baseline."""
WIDEST_GAP = 0.02
"""Of the difference; a part of the way with a wider one is halved."""
MOST_HALVINGS = 6
BATCH_TOKENS = 4096
"""Tokens that are read at a time: bounds the memory."""


@dataclass(frozen=True)
class AttributedToken:
    """A token and its attribution."""

    token: str
    start: int
    end: int
    attribution: float
    """Logits; above 0 speaks for positive, or for the entity."""


@dataclass(frozen=True)
class Attribution:
    """A logit attributed to the tokens of a text."""

    tokens: tuple[AttributedToken, ...]
    difference: float
    """Logit of the text less logit of the baseline: what is attributed."""
    completeness_error: float
    """Sum of the attributions less the difference."""
    logit: float
    """Of the text, or of the end of it that is attributed."""


def attribute(scorer: SentimentScorer, encoded: EncodedText) -> Attribution:
    """Share the logit of a sentiment classifier out among the tokens of a text.

    Args:
        scorer: a sentiment classifier.
        encoded: a text as the scorer encodes it; of more than MAX_TOKENS tokens the last are read, as if the text began
            with them.
    """
    token_ids, tokens, num_start = last_tokens(encoded, MAX_TOKENS)
    with torch.no_grad():
        vectors = scorer.model.encoder.embed(token_ids)
    return attribute_along_path(scorer.model.score_vectors, vectors, tokens, num_start)


def attribute_along_path(
    score: Callable[[Tensor], Tensor], vectors: Tensor, tokens: Sequence[Token], num_start: int
) -> Attribution:
    """Share the score of one text, less that of the same text with its vectors at 0, out among its tokens.

    Args:
        score: vectors, (batch, seq, size), -> (batch,).
        vectors: (1, seq, size); of the start subwords, then of the tokens.
        tokens: seq - num_start of them.
        num_start: subwords that stand before the text, and stay as they are.
    """
    from captum.attr import IntegratedGradients  # takes seconds to import, and not everybody asks

    method = IntegratedGradients(score)
    rows = max(1, BATCH_TOKENS // vectors.shape[1])
    baseline = vectors.clone()
    baseline[:, num_start:] = 0

    def score_at(place: Tensor) -> float:
        with torch.no_grad():
            return float(score(place))

    def integrate(start: Tensor, end: Tensor, at_start: float, at_end: float, halvings: int) -> Tensor:
        """Integrate a part of the way; where the score turns sharply, in smaller parts: they add up to the whole."""
        found: Tensor = method.attribute(
            end, baselines=start, n_steps=STEPS, method="gausslegendre", internal_batch_size=rows
        )
        gap = abs(float(found.sum()) - (at_end - at_start))
        if gap <= WIDEST_GAP * abs(difference) or halvings == 0:
            return found
        middle = (start + end) / 2
        at_middle = score_at(middle)
        return integrate(start, middle, at_start, at_middle, halvings - 1) + integrate(
            middle, end, at_middle, at_end, halvings - 1
        )

    at_start, at_end = score_at(baseline), score_at(vectors)
    difference = at_end - at_start
    shares = integrate(baseline, vectors, at_start, at_end, MOST_HALVINGS).sum(-1)[0, num_start:].tolist()
    return Attribution(attributed(tokens, shares), difference, sum(shares) - difference, at_end)


@torch.inference_mode()
def leave_one_out(scorer: SentimentScorer, encoded: EncodedText) -> tuple[AttributedToken, ...]:
    """Return by how much the logit drops without each of the last MAX_OCCLUDED tokens; otherwise as `attribute`."""
    token_ids, tokens, num_start = last_tokens(encoded, MAX_OCCLUDED)
    logit = float(scorer.model.score_vectors(scorer.model.encoder.embed(token_ids)))
    if len(tokens) == 1:  # nothing would be left
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
    """Return the token ids to read, (1, seq), the last tokens of the text, and how many ids stand before them."""
    tokens = encoded.tokens[-most:]
    ids = [*encoded.prefix_ids, *(token.token_id for token in tokens)]
    return torch.tensor([ids]), tokens, len(encoded.prefix_ids)
