"""Averages of weights: over the last steps of a run, and of a fine-tuned network with the one that it started from.

The first is steadier than any of the steps (Polyak & Juditsky 1992; here the exponential moving average that torch
keeps; while the network is young it forgets faster, so that it does not hold on to where the weights started). The
second is often better than both ends, where they lie in one valley (Wortsman et al. 2022, arXiv:2109.01903).
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


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


@torch.no_grad()
def mix_in(model: nn.Module, start: Mapping[str, Tensor], share: float) -> None:
    """Mix the weights that a network started from into those that it has come to.

    w = share w_start + (1 - share) w

    Args:
        model: its weights are changed.
        start: all of its weights as they were; not needed for a share of 0.
        share: in [0, 1).
    """
    for name, weight in model.state_dict().items() if share else ():
        weight.lerp_(start[name], share)
