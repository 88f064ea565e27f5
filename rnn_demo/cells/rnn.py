"""The vanilla recurrent cell (Elman 1990, "Finding structure in time")."""

import torch
from torch import Tensor, nn

from rnn_demo.cells.cell import Cell, State


class RNNCell(Cell):
    """Elman's cell with tanh. It has no gate: what h holds is overwritten at every step.

    h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)
    """

    kernel_class = nn.RNN
    state_names = ("h",)
    gate_names = ()

    def step(self, x_t: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        """Take one time step by the equation; shapes as in `Cell.step`."""
        (h,) = state
        w_ih, w_hh, b_ih, b_hh = self.weights
        h_t = torch.tanh(x_t @ w_ih.T + b_ih + h @ w_hh.T + b_hh)
        return (h_t,), {}
