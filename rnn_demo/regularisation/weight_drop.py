"""Weight drop: recurrent weights are dropped instead of states, one draw for a whole sequence.

Source: Merity et al. 2017, arXiv:1708.02182, after DropConnect (Wan et al. 2013). A state can then be carried as it is,
and torch's fused kernels still run.
"""

from typing import Any

from torch import Tensor, nn
from torch.func import functional_call

RECURRENT = "weight_hh_l0"


def run_with_dropped_weights(kernel: nn.RNNBase, inputs: Tensor, hidden: Any, drop_prob: float) -> Any:
    """Run a recurrent kernel of one layer with part of W_hh set to 0 and the rest scaled up.

    Args:
        kernel: nn.RNN, nn.GRU or nn.LSTM.
        inputs: as the kernel takes them.
        hidden: as the kernel takes it.
        drop_prob: chance of each weight, in (0, 1).
    """
    dropped = nn.functional.dropout(getattr(kernel, RECURRENT), drop_prob)
    return functional_call(kernel, {RECURRENT: dropped}, (inputs, hidden))
