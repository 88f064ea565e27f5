"""What clipping the gradient does to a training step (Pascanu et al. 2013, arXiv:1211.5063, section 3.2).

    g = dL/dw,   g' = g min(1, c / |g|)            over all weights together
    w' = w - step_size g'

The loss of a recurrent network has cliffs: where the gradient is long, a step along it goes far beyond the place for
which it was right. Clipping leaves the direction as it is and shortens the step, so the step with clipping and the one
without lie on one line, and the loss along that line shows what each of them gains or loses.
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
"""A step of the recipes sees fewer of one text, and the way is walked several times."""
SHARES = (0.125, 0.25, 0.5, 0.75)
"""Of the way without clipping: where the loss is read besides the ends of the two steps."""


@dataclass(frozen=True)
class WeightGroup:
    """A part of a network's weights, and the length of the gradient there."""

    name: str
    norm: float
    clipped_norm: float


@dataclass(frozen=True)
class ClippedStep:
    """A step of gradient descent on one text, with clipping and without. Losses are nats a token."""

    norm: float
    """The length of the gradient, over all weights."""
    clipped_norm: float
    """The same once it is clipped."""
    groups: tuple[WeightGroup, ...]
    loss: float
    """Before the step."""
    loss_clipped: float
    """After the step with clipping."""
    loss_unclipped: float
    """After the step without."""
    clipped_length: float
    """The way of the step with clipping; one of `lengths`."""
    lengths: tuple[float, ...]
    """Ways against the gradient, from 0 to that of the step without clipping."""
    losses: tuple[float, ...]
    """The loss after each of these ways."""


def take_clipped_step(
    writer: Writer, encoded: EncodedText, clip_norm: float = 1.0, step_size: float = 1.0
) -> ClippedStep:
    """Take one step of plain gradient descent on a text, with clipping and without; the writer stays as it is.

    The loss is the mean nats a token of the text, without dropout.

    Args:
        writer: a language model.
        encoded: a text as the writer encodes it, of one token or more; of a longer one the last MAX_TOKENS are read, as
            if the text began with them.
        clip_norm: c, above 0.
        step_size: above 0.

    Raises:
        InputError: a setting is out of range, or there is nothing to read.
    """
    for name, value in (("clip_norm", clip_norm), ("step_size", step_size)):
        require_number(name, value, lambda number: 0 < number <= 1000, "above 0, and at most 1000")
    require_tokens(encoded.tokens)
    kept = [token.token_id for token in encoded.tokens[-MAX_TOKENS:]]
    token_ids = torch.tensor([[*encoded.prefix_ids, *kept]])

    model = deepcopy(writer.model).requires_grad_()  # all visitors share the writer: only a copy may take a step
    weights = dict(model.named_parameters())
    with torch.enable_grad():
        loss = nats_per_token(model, token_ids)
        gradient = dict(zip(weights, torch.autograd.grad(loss, list(weights.values())), strict=True))
    norm = norm_of(gradient)
    clipped = clip(gradient, clip_norm)
    clipped_length, whole_length = step_size * norm_of(clipped), step_size * norm
    lengths = sorted({0.0, clipped_length, whole_length, *(share * whole_length for share in SHARES)})
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
    """Shorten a gradient that is longer than clip_norm to it; g' = g min(1, c / |g|)."""
    factor = min(1.0, clip_norm / max(norm_of(gradient), torch.finfo(torch.float32).tiny))
    return {name: factor * part for name, part in gradient.items()}


@torch.no_grad()
def losses_along(
    model: LanguageModel, token_ids: Tensor, gradient: dict[str, Tensor], lengths: list[float]
) -> list[float]:
    """Walk against a gradient and read the loss at each length, in nats a token; `model` is left at the last of them.

    Args:
        model: a copy.
        token_ids: int64 (1, seq).
        gradient: by the names of the model's weights.
        lengths: of the whole way so far, from 0 on.
    """
    norm, walked, losses = max(norm_of(gradient), torch.finfo(torch.float32).tiny), 0.0, []
    for length in lengths:
        for name, weight in model.named_parameters():
            weight.sub_(gradient[name], alpha=(length - walked) / norm)
        walked = length
        losses.append(float(nats_per_token(model, token_ids)))
    return losses


def nats_per_token(model: LanguageModel, token_ids: Tensor) -> Tensor:
    """The loss of a text, (1, seq) -> (): each token is predicted from those before it, the first one is given."""
    logits, _ = model.predict(token_ids[:, :-1])
    return nn.functional.cross_entropy(logits[0], token_ids[0, 1:])


def norm_of(gradient: dict[str, Tensor]) -> float:
    """Return the norm of all parts together."""
    return float(nn.utils.get_total_norm([part.double() for part in gradient.values()]))


def grouped(gradient: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Sort weights by where they stand: the embedding, each layer, and what makes the prediction."""
    groups: dict[str, dict[str, Tensor]] = {}
    for name, part in gradient.items():
        place = name.removeprefix("encoder.").split(".")
        group = f"layer {place[1]}" if place[0] == "layers" else place[0] if place[0] == "embedding" else "projection"
        groups.setdefault(group, {})[name] = part
    return dict(sorted(groups.items()))
