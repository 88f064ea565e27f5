"""Locked (variational) dropout: one mask for all steps of a sequence.

Source: Gal & Ghahramani 2016, arXiv:1512.05287; the name is that of Merity et al. 2017, arXiv:1708.02182. A new
mask at every step would disturb what a recurrent network carries from step to step.
"""

from torch import Tensor, nn


class LockedDropout(nn.Module):
    """Dropout with one mask per row of the batch, shared by its steps; off in eval mode.

    Args:
        dropout_prob: chance that a number is set to 0, in [0, 1); the others are scaled up by 1 / (1 - dropout_prob).
    """

    def __init__(self, dropout_prob: float) -> None:
        super().__init__()
        self.dropout_prob = dropout_prob

    def forward(self, inputs: Tensor) -> Tensor:
        """Drop: (batch, seq, size) -> the same shape."""
        if not self.training or not self.dropout_prob:
            return inputs
        kept = inputs.new_empty(len(inputs), 1, inputs.shape[2]).bernoulli_(1 - self.dropout_prob)
        return inputs * kept.div_(1 - self.dropout_prob)
