"""From logits to a next token: temperature, top-k (Fan et al. 2018) and top-p (Holtzman et al. 2020, nucleus).

p_i is proportional to exp(logit_i / T). T below 1 sharpens, above 1 flattens, and 0 always takes the likeliest token
(greedy). Then only the k likeliest, then only the likeliest whose probabilities reach p together, are kept and scaled
to sum to 1 again.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from rnn_demo.checks import require_integer, require_number

SMALLEST_TEMPERATURE = torch.finfo(torch.float32).tiny


@dataclass(frozen=True, kw_only=True)
class SamplingOptions:
    """How the next token is drawn."""

    temperature: float = 0.8
    """0 = greedy; 1 = the model's own distribution; up to 2."""
    top_k: int = 0
    """Tokens to keep; 0 = all."""
    top_p: float = 1.0
    """Probability to keep, likeliest first; 1 = all."""

    def __post_init__(self) -> None:
        """Refuse what is not a number or out of range."""
        require_number("temperature", self.temperature, lambda t: 0 <= t <= 2, "in [0, 2]")
        require_integer("top_k", self.top_k, 0)
        require_number("top_p", self.top_p, lambda p: 0 < p <= 1, "in (0, 1]")


def next_token_probs(logits: Tensor, options: SamplingOptions) -> Tensor:
    """Turn logits into the distribution to draw from.

    Args:
        logits: float32 (vocab,); -inf where a token is forbidden.
        options: temperature, top-k and top-p.

    Returns:
        float32 (vocab,), summing to 1.

    >>> next_token_probs(torch.tensor([2.0, 1.0, 0.0]).log(), SamplingOptions(temperature=1.0)).tolist()[:2]
    [0.6666666865348816, 0.3333333432674408]
    """
    if options.temperature == 0:
        return torch.nn.functional.one_hot(logits.argmax(), len(logits)).float()
    temperature = max(options.temperature, SMALLEST_TEMPERATURE)  # what float32 would round to 0 divides 0 by 0
    scaled = (logits - logits.max()) / temperature  # shifted first: a tiny temperature must not overflow
    if 0 < options.top_k < len(logits):
        top = scaled.topk(int(options.top_k))
        scaled = torch.full_like(scaled, -math.inf).scatter(0, top.indices, top.values)
    probs = scaled.softmax(dim=0)
    if options.top_p < 1:
        ranked, order = probs.sort(descending=True, stable=True)
        kept_before = ranked.cumsum(0) - ranked
        kept = kept_before < options.top_p
        kept[0] = True  # also where float32 rounds top_p to 0
        probs = torch.zeros_like(probs).scatter(0, order, ranked * kept)
    return probs / probs.sum()
