"""Averages of weights: over the last steps of a run, and between a fine-tuned network and its initial weights.

The first is steadier than any single step (Polyak & Juditsky 1992; here torch's exponential moving average, which
forgets faster in the first steps, so that the initial weights soon have no influence). The second, WiSE-FT (Wortsman et
al. 2022, arXiv:2109.01903), is often better than both networks.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def average_of(model: nn.Module, decay: float) -> AveragedModel | None:
    """Start an average: a separate network, updated after each step by `update_parameters(model)`.

    a_n = d_n a_(n-1) + (1 - d_n) w_n        d_n = min(decay, (1 + n) / (10 + n))

    Args:
        model: its weights are averaged; buffers are copied.
        decay: in (0, 1); 0 returns None.
    """
    if not decay:
        return None

    @torch.no_grad()
    def update(averages: Any, weights: Any, num_averaged: Any) -> None:
        n = float(num_averaged)
        torch._foreach_lerp_(averages, weights, 1 - min(decay, (1 + n) / (10 + n)))

    return AveragedModel(model, multi_avg_fn=update)


@torch.no_grad()
def interpolate_weights(model: nn.Module, start: Mapping[str, Tensor], alpha: float) -> None:
    """Interpolate between the weights of a network and its initial weights.

    w = alpha w_start + (1 - alpha) w

    Args:
        model: its weights change.
        start: all initial weights; not needed for alpha = 0.
        alpha: in [0, 1).
    """
    for name, weight in model.state_dict().items() if alpha else ():
        weight.lerp_(start[name], alpha)
