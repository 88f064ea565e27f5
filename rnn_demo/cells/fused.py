"""A cell that torch has a fused kernel for: the kernel reads sequences, the equations explain them.

`forward` runs the kernel; `step` is the paper's equations with the same weights. A test compares the two.
"""

from typing import ClassVar

from torch import Tensor, nn

from rnn_demo.cells.cell import Cell, State
from rnn_demo.regularisation.weight_drop import run_with_dropped_weights

RECURRENT_WEIGHT = "weight_hh_l0"


class FusedCell(Cell):
    """A cell on torch's kernel.

    For each gate, W_ih starts as in Glorot & Bengio 2010 and W_hh orthogonal (Saxe et al. 2014, arXiv:1312.6120), so
    that gradients neither vanish nor explode at first; biases start at 0.

    Args:
        input_size: numbers in one input vector x_t.
        hidden_size: units, numbers in h_t.
        weight_drop_prob: chance that a recurrent weight is set to 0 while training; see `weight_drop.py`.
    """

    kernel_class: ClassVar[type[nn.RNN | nn.GRU | nn.LSTM]]

    def __init__(self, input_size: int, hidden_size: int, weight_drop_prob: float = 0.0) -> None:
        super().__init__(input_size, hidden_size)
        self.weight_drop_prob = weight_drop_prob
        self.kernel = self.kernel_class(input_size, hidden_size, batch_first=True)
        w_ih, w_hh, b_ih, b_hh = self.weights
        for gate in range(len(w_ih) // hidden_size):  # in this order: random-init baselines are rebuilt from the seed
            rows = slice(gate * hidden_size, (gate + 1) * hidden_size)
            nn.init.xavier_uniform_(w_ih[rows])
            nn.init.orthogonal_(w_hh[rows])
        nn.init.zeros_(b_ih)
        nn.init.zeros_(b_hh)

    @property
    def weights(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """W_ih (gates * hidden, input), W_hh (gates * hidden, hidden), b_ih and b_hh (gates * hidden,)."""
        w_ih, w_hh, b_ih, b_hh = self.kernel.all_weights[0]
        return w_ih, w_hh, b_ih, b_hh

    def products(self, x_t: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """Return W_ih x_t + b_ih and W_hh h_{t-1} + b_hh, (.., gates * hidden) each; the leading axes are free."""
        w_ih, w_hh, b_ih, b_hh = self.weights
        return x_t @ w_ih.T + b_ih, h @ w_hh.T + b_hh

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read whole sequences with torch's kernel; shapes as in `Cell.forward`."""
        layers = None if state is None else tuple(part.unsqueeze(0).contiguous() for part in state)
        is_bare = len(self.state_names) == 1  # then torch takes and returns a tensor instead of a tuple
        hidden = layers[0] if layers and is_bare else layers
        if self.training and self.weight_drop_prob:
            outputs, final = run_with_dropped_weights(
                self.kernel, RECURRENT_WEIGHT, inputs, hidden, self.weight_drop_prob
            )
        else:
            outputs, final = self.kernel(inputs, hidden)
        return outputs, tuple(part.squeeze(0) for part in ((final,) if is_bare else final))
