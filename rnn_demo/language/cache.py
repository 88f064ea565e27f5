"""A neural cache: what a text has already said becomes likelier (Grave, Joulin & Usunier 2017, arXiv:1612.04426).

Each h_i is kept with the token x_{i+1} that came after it. Where a later h_t is like it, that token is likely again:

    p_cache(w | h_1..t, x_1..t) is proportional to  sum over i < t of  1(w = x_{i+1}) exp(theta h_t . h_i / |h_t|^2)
    p(w)  =  (1 - lambda) p_vocab(w) + lambda p_cache(w)

The paper has no |h_t|^2; with it one theta does for every cell, though the h of a GRU is seven times as long as that of
an LSTM. Nothing is trained: lambda, theta and the number of pairs kept are chosen on a held-out novel.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from rnn_demo.checks import require, require_at_least

SMALLEST = 1e-6
"""Of |h_t|^2, so that a network of zeros divides by something."""
CHUNK = 256
"""Tokens whose scores are computed at a time; bounds the memory at CHUNK x (CHUNK + size)."""


@dataclass(frozen=True, kw_only=True)
class CacheOptions:
    """How a cache is read."""

    weight: float = 0.1
    """lambda, 0 <= lambda < 1; 0 = no cache."""
    theta: float = 18.0
    """0 = a unigram model of the text so far; the higher, the more alike two states have to be."""
    size: int = 8000
    """Pairs that are kept, the last ones."""

    def __post_init__(self) -> None:
        """Refuse what makes no distribution."""
        require(0 <= self.weight < 1, "weight", self.weight, "in [0, 1)")
        require_at_least(self, 0, "theta")
        require_at_least(self, 1, "size")


def add_cache(vocab_log_probs: Tensor, outputs: Tensor, targets: Tensor, options: CacheOptions) -> Tensor:
    """Return log p of the last tokens of a text, cache included.

    Args:
        vocab_log_probs: float (last,); log p_vocab of these tokens.
        outputs: float (seq, hidden); h before each token of the text.
        targets: int64 (seq,); its tokens.
        options: lambda, theta and size.

    Returns:
        float (last,), nats. The first token of a text has nothing before it: its p is p_vocab.
    """
    if not options.weight:
        return vocab_log_probs
    last = torch.arange(len(targets))[-len(vocab_log_probs) :]
    cached = torch.cat([_cache_log_probs(outputs, targets, now, options) for now in last.split(CHUNK)])
    of_vocab = math.log1p(-options.weight) + vocab_log_probs  # log((1 - lambda) p_vocab)
    of_cache = math.log(options.weight) + cached  # log(lambda p_cache)
    return torch.where(last > 0, torch.logaddexp(of_vocab, of_cache), vocab_log_probs)


def _cache_log_probs(outputs: Tensor, targets: Tensor, now: Tensor, options: CacheOptions) -> Tensor:
    """Return log p_cache of the tokens at some places in a row; -inf where the cache has not got the token."""
    kept = torch.arange(max(0, int(now[0]) - options.size), int(now[-1]))
    age = now[:, None] - kept  # (now, kept)
    h_t = outputs[now]
    scores = options.theta * (h_t @ outputs[kept].T) / h_t.square().sum(1, keepdim=True).clamp(min=SMALLEST)
    scores = scores.masked_fill((age < 1) | (age > options.size), -math.inf)
    same = targets[now][:, None] == targets[kept]  # 1(w = x_{i+1})
    return scores.masked_fill(~same, -math.inf).logsumexp(1) - scores.logsumexp(1)
