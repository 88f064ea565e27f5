"""Adversarial training: a text is learned where the network errs most within a small distance of it.

    r = size * sqrt(seq) * rms(v) * g / ||g||        g = d loss / d v        v, g, r: float (seq, embed), of one text

Source: Miyato, Dai & Goodfellow 2017, arXiv:1605.07725 (their vectors have unit variance: rms(v) = 1), with two
differences. They push a text of any length by 5, which is 0.25 a token in a review of 400 and drowns the words of a
phrase of three: here the push of a token is what is given. They add the loss at v + r to that at v; here, as in Madry
et al. 2018, arXiv:1706.06083, only v + r is learned from, which costs two readings of a text instead of three.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def adversarial_perturbation(
    loss_at: Callable[[Tensor], Tensor], vectors: Tensor, lengths: Tensor, size: float
) -> Tensor:
    """Find where each text's loss rises fastest, and go there.

    Args:
        loss_at: a push as is returned here -> the loss of the batch, ().
        vectors: float32 (batch, seq, embed); what is pushed.
        lengths: int64 (batch,), 1..seq; real tokens in each row.
        size: how far a token is pushed, as a root mean square over a text, in units of the numbers' root mean square.

    Returns:
        float32 (batch, seq, embed); 0 at padding, and in a text whose loss no push changes.
    """
    push = torch.zeros_like(vectors).requires_grad_()
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(loss_at(push), push)
    real = torch.arange(vectors.shape[1], device=vectors.device) < lengths[:, None]
    scale = size * lengths[:, None, None].sqrt() * vectors.detach()[real].square().mean().sqrt()
    return scale * torch.nn.functional.normalize(gradient.flatten(1), eps=1e-12).view_as(vectors)
