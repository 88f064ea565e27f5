"""The average of a network's weights over its last steps, which is steadier than any of them.

Source: Polyak & Juditsky 1992; here the exponential moving average that torch keeps. While the network is young the
average forgets faster, so that it does not hold on to where the weights started.
"""

from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

__all__ = ["average_of"]


def average_of(model: nn.Module, decay: float) -> AveragedModel | None:
    """Start an average: a network of its own, to be told of each step by `update_parameters(model)`.

    a_n = d_n a_(n-1) + (1 - d_n) w_n        d_n = min(decay, (1 + n) / (10 + n))

    Args:
        model: its weights are averaged; buffers are taken as they are.
        decay: in (0, 1); 0 gives no average.
    """
    if not decay:
        return None

    @torch.no_grad()
    def update(averages: Any, weights: Any, num_averaged: Any) -> None:
        n = float(num_averaged)
        torch._foreach_lerp_(averages, weights, 1 - min(decay, (1 + n) / (10 + n)))

    return AveragedModel(model, multi_avg_fn=update)
