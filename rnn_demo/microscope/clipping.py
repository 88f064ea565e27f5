"""What clipping the gradient does to a training step (Pascanu et al. 2013, arXiv:1211.5063, section 3.2).

    g = dL/dw,   g' = g min(1, c / |g|)            |g| over all weights
    w' = w - step_size g'

The loss surface of a recurrent network has cliffs, where a full gradient step overshoots. Clipping keeps the direction
and shortens the step, so both steps lie on one line, and the loss along that line compares them.
"""

from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnn_demo.checks import require_number, require_tokens
from rnn_demo.language.model import LanguageModel
from rnn_demo.language.write import Writer
from rnn_demo.tokenizer import EncodedText

MAX_TOKENS = 500
"""More than a training step reads of one text."""
SHARES = (0.125, 0.25, 0.5, 0.75)
"""Fractions of the unclipped step at which the loss is also evaluated."""


@dataclass(frozen=True)
class WeightGroup:
    """The gradient norm of one group of weights."""

    name: str
    norm: float
    clipped_norm: float


@dataclass(frozen=True)
class ClippedStep:
    """A gradient descent step on one text, with and without clipping. Losses are in nats per token."""

    norm: float
    """Gradient norm over all weights."""
    clipped_norm: float
    """Gradient norm after clipping."""
    groups: tuple[WeightGroup, ...]
    loss: float
    """Before the step."""
    loss_clipped: float
    """After the clipped step."""
    loss_unclipped: float
    """After the unclipped step."""
    clipped_length: float
    """Length of the clipped step; one of `lengths`."""
    lengths: tuple[float, ...]
    """Distances along the negative gradient, from 0 to the length of the unclipped step."""
    losses: tuple[float, ...]
    """The loss at each of `lengths`."""


def take_clipped_step(
    writer: Writer, encoded: EncodedText, clip_norm: float = 1.0, step_size: float = 1.0
) -> ClippedStep:
    """Take one gradient descent step on a text, with and without clipping; the writer is not changed.

    The loss is the mean nats per token, without dropout.

    Args:
        writer: a language model.
        encoded: a text as the writer encodes it; only its last MAX_TOKENS tokens are read.
        clip_norm: c, above 0.
        step_size: above 0.

    Raises:
        InputError: a setting is out of range, or the text has no tokens.
    """
    for name, value in (("clip_norm", clip_norm), ("step_size", step_size)):
        require_number(name, value, lambda number: 0 < number <= 1000, "above 0, and at most 1000")
    require_tokens(encoded.tokens)
    kept = [token.token_id for token in encoded.tokens[-MAX_TOKENS:]]
    token_ids = torch.tensor([[*encoded.prefix_ids, *kept]])

    model = deepcopy(writer.model).requires_grad_()  # the writer is shared
    weights = dict(model.named_parameters())
    with torch.enable_grad():
        loss = nats_per_token(model, token_ids)
        gradient = dict(zip(weights, torch.autograd.grad(loss, list(weights.values())), strict=True))
    norm = norm_of(gradient)
    clipped = clip(gradient, clip_norm)
    clipped_length, full_length = step_size * norm_of(clipped), step_size * norm
    lengths = sorted({0.0, clipped_length, full_length, *(share * full_length for share in SHARES)})
    losses = losses_along(model, token_ids, gradient, lengths)
    return ClippedStep(
        norm=norm,
        clipped_norm=norm_of(clipped),
        groups=tuple(
            WeightGroup(name, norm_of(part), norm_of({weight: clipped[weight] for weight in part}))
            for name, part in grouped(gradient).items()
        ),
        loss=float(loss.detach()),
        loss_clipped=losses[lengths.index(clipped_length)],
        loss_unclipped=losses[-1],
        clipped_length=clipped_length,
        lengths=tuple(lengths),
        losses=tuple(losses),
    )


def clip(gradient: dict[str, Tensor], clip_norm: float) -> dict[str, Tensor]:
    """Return g' = g min(1, c / |g|)."""
    factor = min(1.0, clip_norm / max(norm_of(gradient), torch.finfo(torch.float32).tiny))
    return {name: factor * part for name, part in gradient.items()}


@torch.no_grad()
def losses_along(
    model: LanguageModel, token_ids: Tensor, gradient: dict[str, Tensor], lengths: list[float]
) -> list[float]:
    """Return the loss at each distance along the negative gradient, in nats per token.

    Args:
        model: a copy; its weights end at the last distance.
        token_ids: int64 (1, seq).
        gradient: weight name -> gradient.
        lengths: distances from the start, ascending.
    """
    norm, walked, losses = max(norm_of(gradient), torch.finfo(torch.float32).tiny), 0.0, []
    for length in lengths:
        for name, weight in model.named_parameters():
            weight.sub_(gradient[name], alpha=(length - walked) / norm)
        walked = length
        losses.append(float(nats_per_token(model, token_ids)))
    return losses


def nats_per_token(model: LanguageModel, token_ids: Tensor) -> Tensor:
    """Return the mean next-token loss of a text: (1, seq) -> ()."""
    logits, _ = model.predict(token_ids[:, :-1])
    return nn.functional.cross_entropy(logits[0], token_ids[0, 1:])


def norm_of(gradient: dict[str, Tensor]) -> float:
    """Return the norm over all weights."""
    return float(nn.utils.get_total_norm([part.double() for part in gradient.values()]))


def grouped(gradient: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Group weights into the embedding, each layer and the projection."""
    groups: dict[str, dict[str, Tensor]] = {}
    for name, part in gradient.items():
        place = name.removeprefix("encoder.").split(".")
        group = f"layer {place[1]}" if place[0] == "layers" else place[0] if place[0] == "embedding" else "projection"
        groups.setdefault(group, {})[name] = part
    return dict(sorted(groups.items()))
