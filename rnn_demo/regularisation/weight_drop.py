"""Weight drop: recurrent weights are dropped instead of states, with one mask for a whole sequence.

Source: Merity et al. 2017, arXiv:1708.02182, after DropConnect (Wan et al. 2013). The state is carried unchanged, and
torch's fused kernels still run.
"""

from typing import Any

from torch import Tensor, nn
from torch.func import functional_call


def run_with_dropped_weights(kernel: nn.RNNBase, name: str, inputs: Tensor, hidden: Any, drop_prob: float) -> Any:
    """Run a recurrent kernel with part of one weight set to 0 and the rest scaled up.

    Args:
        kernel: one of torch's recurrent modules.
        name: its recurrent weight.
        inputs: as the kernel takes them.
        hidden: as the kernel takes it.
        drop_prob: chance of each number in the weight, in (0, 1).
    """
    dropped = nn.functional.dropout(getattr(kernel, name), drop_prob)
    return functional_call(kernel, {name: dropped}, (inputs, hidden))
