"""Temperature scaling: scores are divided by T, so that confidence matches accuracy; no decision changes.

Source: Guo et al. 2017, arXiv:1706.04599: one T for all, chosen by the likelihood of held-out data.

The surprise: a network that learned from sentences and reviews is not sure enough of the ones (T = 0.8) and too sure of
the others (1.2), and one T is wrong for both. Each held-out data set has its own here, which holds for texts of its
length; between two lengths T goes along the logarithm of the length, and beyond the last it stays.
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
