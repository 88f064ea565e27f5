"""Temperature scaling: scores are divided by T, so that confidence matches accuracy; no decision changes.

Source: Guo et al. 2017, arXiv:1706.04599: one T for all, chosen by the likelihood of held-out data.

The surprise: trained on sentences and reviews, a network is not confident enough on the former and too confident on the
latter (docs/experiments.md), so one T is wrong for both. Here each held-out data set has its own T, for texts of its
length; T is interpolated along the logarithm of the length, and constant beyond the last.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

TEMPERATURES = np.geomspace(0.4, 4.0, 47)
"""5 % apart."""


def best_temperature(nats_at: Callable[[float], float]) -> float:
    """Return the temperature with the highest likelihood of held-out data.

    Args:
        nats_at: temperature -> negative log-likelihood of the held-out data, with all scores divided by it.

    >>> round(best_temperature(lambda t: (t - 1.5) ** 2), 2)
    1.47
    """
    nats = [nats_at(float(temperature)) for temperature in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(nats))])


def temperature_at(lengths: Tensor, temperatures: Sequence[tuple[float, float]]) -> Tensor:
    """Return the temperature of texts of some lengths.

    Args:
        lengths: (..); tokens, 1 or more.
        temperatures: pairs of a length in tokens and its temperature, shortest first; empty is 1 for all.

    Returns:
        float32 (..).

    >>> temperature_at(torch.tensor([1, 4, 20, 100, 900]), [(4, 1.0), (100, 3.0)])
    tensor([1., 1., 2., 3., 3.])
    """
    if not temperatures:
        return torch.ones_like(lengths, dtype=torch.float32)
    known, values = zip(*temperatures, strict=True)
    between = np.interp(np.log(lengths.cpu().numpy()), np.log(known), values)
    return torch.as_tensor(between, dtype=torch.float32, device=lengths.device)
