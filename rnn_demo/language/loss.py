"""Softmax and cross-entropy over the vocabulary, a few rows at a time.

The logits of a step, 4,480 tokens x 8,000 subwords, are 143 MB in float32. Plain code passes over them half a dozen
times, which on a CPU costs as much as the recurrent layers. Here each block of rows stays in the cache from its
logits to its gradient, and only the gradients of the outputs and of the weights are kept (as in Wijmans et al. 2024,
"Cut your losses", arXiv:2411.09009). torch's own `linear_cross_entropy` rounds the loss itself to bf16.
"""

from typing import Any

import torch
from torch import Tensor

BLOCK_ROWS = 512


def linear_cross_entropy(outputs: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, ignore_index: int) -> Tensor:
    """Return the mean cross-entropy of softmax(weight @ outputs + bias) against the targets.

    Args:
        outputs: float32 or bfloat16 (row, size).
        weight: float32 (vocab, size).
        bias: float32 (vocab,).
        targets: int64 (row,).
        ignore_index: a target that does not count.

    Returns:
        float32 (), nats per counted row.
    """
    loss: Tensor = _LinearCrossEntropy.apply(outputs, weight, bias, targets, ignore_index)
    return loss


class _LinearCrossEntropy(torch.autograd.Function):
    """L = -1/n sum_i log p_i[y_i], with p_i = softmax(W h_i + b); dL/dlogits_i = (p_i - onehot(y_i)) / n."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, w: Tensor, b: Tensor, y: Tensor, ignore_index: int) -> Tensor:
        counted = y != ignore_index
        n = counted.sum().clamp(min=1)
        y = y.masked_fill(~counted, 0)[:, None]
        w_h, b_h = w.to(h.dtype), b.to(h.dtype)
        dh, dw, db, loss = torch.empty_like(h), torch.zeros_like(w), torch.zeros_like(b), w.new_zeros(())
        for rows in torch.arange(len(h), device=h.device).split(BLOCK_ROWS):
            block = slice(int(rows[0]), int(rows[-1]) + 1)
            logits = torch.addmm(b_h, h[block], w_h.T).to(w.dtype)  # weights are float32 under autocast too
            logits -= logits.amax(dim=1, keepdim=True)
            target_logits = logits.gather(1, y[block])[:, 0]
            p = logits.exp_()
            normaliser = p.sum(dim=1)
            loss += ((normaliser.log() - target_logits) * counted[block]).sum() / n
            share = (counted[block] / n).to(w.dtype)  # 0 for rows that do not count
            dlogits = p.mul_((share / normaliser)[:, None]).scatter_add_(1, y[block], -share[:, None])
            db += dlogits.sum(dim=0)
            dlogits = dlogits.to(h.dtype)
            dh[block] = dlogits @ w_h
            dw += dlogits.T @ h[block]
        ctx.save_for_backward(dh, dw, db)
        return loss

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (grad,) = grads
        dh, dw, db = ctx.saved_tensors
        return dh * grad.to(dh.dtype), dw * grad, db * grad, None, None
