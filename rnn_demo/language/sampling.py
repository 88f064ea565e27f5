"""From logits to a next token: temperature, top-k, top-p (nucleus sampling) and a repetition penalty.

Sources: Fan et al. 2018 (top-k); Holtzman et al. 2020 (top-p); Keskar et al. 2019, arXiv:1909.05858, section 4.1 (the
penalty).

    p_i ~ exp(z_i / T)        z_i = logit_i / r if logit_i > 0 else logit_i * r, for each token i that was just written

T below 1 sharpens, T above 1 flattens, and T = 0 always takes the likeliest token (greedy). Then only the k likeliest,
then only the likeliest whose probabilities add up to p, are kept and scaled to sum to 1 again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import torch
from torch import Tensor

from rnn_demo.checks import require_integer, require_number

SMALLEST_TEMPERATURE = torch.finfo(torch.float32).tiny
PENALTY_WINDOW = 64
"""Tokens, the last ones written, that the repetition penalty lowers."""
LIKELIEST = 512
"""Tokens that mostly hold the nucleus."""
LOW_TEMPERATURE = 0.3
"""Below it a model without a penalty falls into loops: at 0, 61 to 88 % of all runs of six words are repeats."""
LOW_TEMPERATURE_PENALTY = 1.2


@dataclass(frozen=True, kw_only=True)
class SamplingOptions:
    """How the next token is drawn."""

    temperature: float = 0.8
    """0 = greedy; 1 = the model's own distribution; up to 2."""
    top_k: int = 0
    """Tokens to keep; 0 = all."""
    top_p: float = 1.0
    """Probability to keep, likeliest first; 1 = all."""
    repetition_penalty: float | None = None
    """1 = off, up to 2; None = 1.2 at temperatures below 0.3, else 1."""

    def __post_init__(self) -> None:
        """Refuse what is not a number or out of range."""
        require_number("temperature", self.temperature, lambda t: 0 <= t <= 2, "in [0, 2]")
        require_integer("top_k", self.top_k, 0)
        require_number("top_p", self.top_p, lambda p: 0 < p <= 1, "in (0, 1]")
        if self.repetition_penalty is not None:
            require_number("repetition_penalty", self.repetition_penalty, lambda r: 1 <= r <= 2, "in [1, 2], or None")

    @property
    def penalty(self) -> float:
        """The repetition penalty that applies."""
        if self.repetition_penalty is None:
            return LOW_TEMPERATURE_PENALTY if self.temperature < LOW_TEMPERATURE else 1.0
        return self.repetition_penalty


def noise_generator(seed: int, weights: Tensor, token_ids: Sequence[int]) -> torch.Generator:
    """Make the random numbers of one text: the same for the same seed, model and prompt, unrelated for any other.

    With the seed alone, all prompts would draw the same noise for each entry of the vocabulary at each step, and go on
    with the same words wherever the model leaves a choice.

    Args:
        seed: chosen by the caller.
        weights: float32; some of the model's, to tell it from others.
        token_ids: the prompt.
    """
    digest = blake2b(weights.detach().cpu().numpy().tobytes(), digest_size=8)
    digest.update(f"{seed} {list(token_ids)}".encode())
    return torch.Generator().manual_seed(int.from_bytes(digest.digest(), signed=True))


def penalise(logits: Tensor, written: Sequence[int], penalty: float) -> Tensor:
    """Lower the logits of the PENALTY_WINDOW tokens written last, each once.

    >>> penalise(torch.tensor([2.0, -1.0, 3.0]), [0, 1, 0], penalty=2.0).tolist()
    [1.0, -2.0, 3.0]
    """
    recent = logits.new_tensor(sorted(set(written[-PENALTY_WINDOW:])), dtype=torch.long)
    chosen = logits[recent]
    return logits.index_copy(0, recent, torch.where(chosen > 0, chosen / penalty, chosen * penalty))


def next_token_probs(logits: Tensor, options: SamplingOptions) -> Tensor:
    """Return the distribution to draw from.

    Args:
        logits: float32 (vocab,), after the penalty; -inf where a token is forbidden.
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
        probs = _nucleus(probs, options.top_p)
    return probs / probs.sum()


def _nucleus(probs: Tensor, top_p: float) -> Tensor:
    """Set to 0 what is not among the likeliest that reach top_p together; all (vocab,)."""
    top = probs.topk(min(LIKELIEST, len(probs)))
    ranked, order = top.values, top.indices
    if float(ranked.sum()) <= top_p:  # sorting all takes longer than a step of the network
        ranked, order = probs.sort(descending=True, stable=True)
    kept_before = ranked.cumsum(0) - ranked
    kept = kept_before < top_p
    kept[0] = True  # also where float32 rounds top_p to 0
    return torch.zeros_like(probs).scatter(0, order, ranked * kept)
