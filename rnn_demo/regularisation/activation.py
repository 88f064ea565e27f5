"""Activation regularisation: outputs are kept small (AR), and kept from jumping (TAR).

Source: Merity, McCann & Socher 2017, arXiv:1708.01009.
"""

from torch import Tensor


def activation_penalty(outputs: Tensor, ar_weight: float, tar_weight: float) -> Tensor:
    """Return what is added to the loss: ar_weight * mean(h_t^2) + tar_weight * mean((h_t - h_{t-1})^2).

    Args:
        outputs: float (batch, seq, hidden); of the last layer.
        ar_weight: 0 = off.
        tar_weight: 0 = off.

    Returns:
        float32 ().
    """
    outputs = outputs.float()
    penalty = ar_weight * outputs.square().mean()
    if outputs.shape[1] > 1:
        penalty = penalty + tar_weight * outputs.diff(dim=1).square().mean()
    return penalty
