"""Long short-term memory (Hochreiter & Schmidhuber 1997) with the forget gate of Gers et al. 2000."""

import torch
from torch import Tensor, nn

from rnn_demo.cells.cell import Cell, State


class LSTMCell(Cell):
    """Three gates and two states: h is shown to the next layer, c is the memory.

    i_t = sigmoid(W_ii x_t + b_ii + W_hi h_{t-1} + b_hi)           input
    f_t = sigmoid(W_if x_t + b_if + W_hf h_{t-1} + b_hf)           forget
    g_t = tanh   (W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)           candidate
    o_t = sigmoid(W_io x_t + b_io + W_ho h_{t-1} + b_ho)           output
    c_t = f_t * c_{t-1} + i_t * g_t
    h_t = o_t * tanh(c_t)

    The forget gate starts with a bias of 1, so that a new network remembers (Jozefowicz et al. 2015); torch's does
    not. There are no peepholes.
    """

    kernel_class = nn.LSTM
    state_names = ("h", "c")
    gate_names = ("input", "forget", "candidate", "output")

    def __init__(self, input_size: int, hidden_size: int, weight_drop_prob: float = 0.0) -> None:
        super().__init__(input_size, hidden_size, weight_drop_prob)
        _, _, b_ih, _ = self.weights
        with torch.no_grad():
            b_ih[hidden_size : 2 * hidden_size].fill_(1.0)  # rows stand in the order i, f, g, o

    def step(self, x_t: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        """Take one time step by the equations; shapes as in `Cell.step`."""
        h, c = state
        w_ih, w_hh, b_ih, b_hh = self.weights
        i, f, g, o = (x_t @ w_ih.T + b_ih + h @ w_hh.T + b_hh).chunk(4, dim=-1)
        i_t, f_t, g_t, o_t = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        c_t = f_t * c + i_t * g_t
        h_t = o_t * torch.tanh(c_t)
        return (h_t, c_t), {"input": i_t, "forget": f_t, "candidate": g_t, "output": o_t}
