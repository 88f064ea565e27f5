"""The vanilla recurrent cell (Elman 1990, "Finding structure in time")."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from rnn_demo.cells.cell import Quantity, State, arguments_of
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
        from_x, from_h = self.products(x_t, h)
        h_t = torch.tanh(from_x + from_h)  # h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)
        return (h_t,), {}

    def terms(self, x_t: Tensor, state: State) -> dict[str, Tensor]:
        """Return the numbers within the equation; shapes as in `Cell.terms`."""
        return arguments_of(self.state_names, *self.products(x_t, state[0]))
