"""The vanilla recurrent cell (Elman 1990, "Finding structure in time")."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from rnn_demo.cells.cell import Quantity, State
from rnn_demo.cells.fused import FusedCell


class RNNCell(FusedCell):
    """Elman's cell with tanh. It has no gates: every step overwrites h."""

    kernel_class = nn.RNN
    state_names = ("h",)
    gate_names = ()
    quantities: ClassVar[dict[str, Quantity]] = {"h": Quantity("h (hidden state)")}

    def step(self, x_t: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        """Take one time step by the equation; shapes as in `Cell.step`."""
        (h,) = state
        w_ih, w_hh, b_ih, b_hh = self.weights
        h_t = torch.tanh(x_t @ w_ih.T + b_ih + h @ w_hh.T + b_hh)  # h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)
        return (h_t,), {}
