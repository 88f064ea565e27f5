"""The gated recurrent unit (Cho et al. 2014, arXiv:1406.1078), in the form that torch and cuDNN compute."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from rnn_demo.cells.cell import Quantity, State, arguments_of
from rnn_demo.cells.fused import FusedCell


class GRUCell(FusedCell):
    """Two gates and one state.

    As in torch, z KEEPS the previous state (in char-rnn and minGRU it admits the new one), and the reset gate acts
    after the matrix product (in the paper, before it).
    """

    kernel_class = nn.GRU
    state_names = ("h",)
    gate_names = ("reset", "update", "candidate")
    quantities: ClassVar[dict[str, Quantity]] = {
        "h": Quantity("h (hidden state)"),
        "reset": Quantity("reset gate", at_zero="ignore", at_one="use", acts_on="the previous h in the candidate"),
        "update": Quantity("update gate", at_zero="replace", at_one="keep", acts_on="the previous h"),
        "candidate": Quantity("candidate (proposed new h)"),
    }

    def step(self, x_t: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        """Take one time step by the equations; shapes as in `Cell.step`."""
        (h,) = state
        from_x, from_h = self.products(x_t, h)
        i_r, i_z, i_n = from_x.chunk(3, dim=-1)
        h_r, h_z, h_n = from_h.chunk(3, dim=-1)
        r_t = torch.sigmoid(i_r + h_r)  # r_t = sigmoid(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)
        z_t = torch.sigmoid(i_z + h_z)  # z_t = sigmoid(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)
        n_t = torch.tanh(i_n + r_t * h_n)  # n_t = tanh(W_in x_t + b_in + r_t * (W_hn h_{t-1} + b_hn))
        h_t = (1 - z_t) * n_t + z_t * h  # h_t = (1 - z_t) * n_t + z_t * h_{t-1}
        return (h_t,), {"reset": r_t, "update": z_t, "candidate": n_t}

    def terms(self, x_t: Tensor, state: State) -> dict[str, Tensor]:
        """Return the numbers within the equations; shapes as in `Cell.terms`."""
        arguments = arguments_of(self.gate_names, *self.products(x_t, state[0]))
        z_t = torch.sigmoid(arguments["update_sum"])
        used = torch.sigmoid(arguments["reset_sum"]) * arguments["candidate_h"]  # r_t * (W_hn h_{t-1} + b_hn)
        candidate_sum = arguments["candidate_x"] + used
        added = (1 - z_t) * torch.tanh(candidate_sum)  # (1 - z_t) * n_t
        new = {"used": used, "candidate_sum": candidate_sum, "kept": z_t * state[0], "added": added}
        return {**arguments, **new}
