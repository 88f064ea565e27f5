"""A recurrent layer in both directions, exact under padding.

The backward cell reads each row reversed within its own length, so that it starts at the last real step.
"""

import torch
from torch import Tensor, nn

from rnn_demo.cells import Cell


class BidirectionalLayer(nn.Module):
    """One cell per direction; the outputs are the units of both, forward first."""

    def __init__(self, cell_class: type[Cell], input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.forward_cell = cell_class(input_size, hidden_size)
        self.backward_cell = cell_class(input_size, hidden_size)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Read a batch.

        Args:
            inputs: (batch, seq, input).
            lengths: int64 (batch,), 1..seq; steps in each row without padding.

        Returns:
            (batch, seq, 2 * hidden); meaningless beyond each row's length.
        """
        forward, _ = self.forward_cell(inputs)
        backward, _ = self.backward_cell(reverse_within_lengths(inputs, lengths))
        return torch.cat([forward, reverse_within_lengths(backward, lengths)], dim=-1)


def reverse_within_lengths(inputs: Tensor, lengths: Tensor) -> Tensor:
    """Reverse each row up to its length and leave the padding in place. Applying it twice changes nothing.

    Args:
        inputs: (batch, seq) or (batch, seq, size).
        lengths: int64 (batch,), 1..seq.
    """
    t = torch.arange(inputs.shape[1], device=inputs.device).expand(inputs.shape[:2])
    source = torch.where(t < lengths[:, None], lengths[:, None] - 1 - t, t)  # (batch, seq)
    return inputs.gather(1, source.view(*source.shape, *[1] * (inputs.dim() - 2)).expand_as(inputs))
