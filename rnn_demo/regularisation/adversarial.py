"""Adversarial training: the loss of a text is taken at its worst point within a small distance.

    r = size * sqrt(seq) * rms(v) * g / ||g||        g = d loss / d v        v, g, r: float (seq, embed), of one text

Source: Miyato, Dai & Goodfellow 2017, arXiv:1605.07725 (their vectors have unit variance: rms(v) = 1), with two
differences. Their perturbation has length 5 for any text: 0.25 per token in a review of 400, but more than the words
themselves in a phrase of three. Here the size per token is fixed. They add the loss at v + r to that at v; here, as in
Madry et al. 2018, arXiv:1706.06083, only v + r counts, which costs two forward passes instead of three.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def adversarial_perturbation(
    loss_at: Callable[[Tensor], Tensor], vectors: Tensor, lengths: Tensor, size: float
) -> Tensor:
    """Return the perturbation along which the loss of each text rises fastest.

    Args:
        loss_at: perturbation -> the loss of the batch, ().
        vectors: float32 (batch, seq, embed); of the tokens.
        lengths: int64 (batch,), 1..seq; tokens in each row without padding.
        size: root mean square over the tokens of a text, in units of the root mean square of the vectors.

    Returns:
        float32 (batch, seq, embed); 0 at padding, and where the gradient is 0.
    """
    zero = torch.zeros_like(vectors).requires_grad_()
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(loss_at(zero), zero)
    real = torch.arange(vectors.shape[1], device=vectors.device) < lengths[:, None]
    scale = size * lengths[:, None, None].sqrt() * vectors.detach()[real].square().mean().sqrt()
    return scale * torch.nn.functional.normalize(gradient.flatten(1), eps=1e-12).view_as(vectors)
