"""The gated recurrent unit (Cho et al. 2014, arXiv:1406.1078), in the form that torch and cuDNN compute."""

import torch
from torch import Tensor, nn

from rnn_demo.cells.cell import Cell, State


class GRUCell(Cell):
    """Two gates and one state.

    r_t = sigmoid(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)           reset
    z_t = sigmoid(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)           update
    n_t = tanh(W_in x_t + b_in + r_t * (W_hn h_{t-1} + b_hn))      candidate
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}

    As in torch, z KEEPS the old state (in char-rnn and minGRU it admits the new one), and the reset is applied after
    the matrix product (in the paper, before it).
    """

    kernel_class = nn.GRU
    state_names = ("h",)
    gate_names = ("reset", "update", "candidate")

    def step(self, x_t: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        """Take one time step by the equations; shapes as in `Cell.step`."""
        (h,) = state
        w_ih, w_hh, b_ih, b_hh = self.weights
        i_r, i_z, i_n = (x_t @ w_ih.T + b_ih).chunk(3, dim=-1)
        h_r, h_z, h_n = (h @ w_hh.T + b_hh).chunk(3, dim=-1)
        r_t = torch.sigmoid(i_r + h_r)
        z_t = torch.sigmoid(i_z + h_z)
        n_t = torch.tanh(i_n + r_t * h_n)
        h_t = (1 - z_t) * n_t + z_t * h
        return (h_t,), {"reset": r_t, "update": z_t, "candidate": n_t}
