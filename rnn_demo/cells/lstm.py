"""Long short-term memory (Hochreiter & Schmidhuber 1997) with the forget gate of Gers et al. 2000."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from rnn_demo.cells.cell import Quantity, State, arguments_of
from rnn_demo.cells.fused import FusedCell


class LSTMCell(FusedCell):
    """Three gates and two states: the next layer reads h, c is the memory. There are no peepholes.

    The forget gate starts with a bias of 1, so that a new network remembers (Jozefowicz et al. 2015); torch's does not.
    """

    kernel_class = nn.LSTM
    state_names = ("h", "c")
    gate_names = ("input", "forget", "candidate", "output")
    quantities: ClassVar[dict[str, Quantity]] = {
        "h": Quantity("h (hidden state)"),
        "c": Quantity("c (cell state)", bounded=False),
        "input": Quantity("input gate", at_zero="block", at_one="add", acts_on="the candidate"),
        "forget": Quantity("forget gate", at_zero="erase", at_one="keep", acts_on="the cell state"),
        "candidate": Quantity("candidate (proposed addition to c)"),
        "output": Quantity("output gate", at_zero="hide", at_one="expose", acts_on="the cell state"),
    }

    def __init__(self, input_size: int, hidden_size: int, weight_drop_prob: float = 0.0) -> None:
        super().__init__(input_size, hidden_size, weight_drop_prob)
        _, _, b_ih, _ = self.weights
        with torch.no_grad():
            b_ih[hidden_size : 2 * hidden_size].fill_(1.0)  # rows are in the order i, f, g, o

    def step(self, x_t: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        """Take one time step by the equations; shapes as in `Cell.step`."""
        h, c = state
        from_x, from_h = self.products(x_t, h)
        i, f, g, o = (from_x + from_h).chunk(4, dim=-1)
        i_t = torch.sigmoid(i)  # i_t = sigmoid(W_ii x_t + b_ii + W_hi h_{t-1} + b_hi)
        f_t = torch.sigmoid(f)  # f_t = sigmoid(W_if x_t + b_if + W_hf h_{t-1} + b_hf)
        g_t = torch.tanh(g)  #    g_t = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)
        o_t = torch.sigmoid(o)  # o_t = sigmoid(W_io x_t + b_io + W_ho h_{t-1} + b_ho)
        c_t = f_t * c + i_t * g_t  # c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * torch.tanh(c_t)  # h_t = o_t * tanh(c_t)
        return (h_t, c_t), {"input": i_t, "forget": f_t, "candidate": g_t, "output": o_t}

    def terms(self, x_t: Tensor, state: State) -> dict[str, Tensor]:
        """Return the numbers within the equations; shapes as in `Cell.terms`."""
        arguments = arguments_of(self.gate_names, *self.products(x_t, state[0]))
        kept = torch.sigmoid(arguments["forget_sum"]) * state[1]  # f_t * c_{t-1}
        added = torch.sigmoid(arguments["input_sum"]) * torch.tanh(arguments["candidate_sum"])  # i_t * g_t
        return {**arguments, "kept": kept, "added": added, "squashed": torch.tanh(kept + added)}  # tanh(c_t)
