"""What every cell has in common: a fused kernel to run, and the equations to explain.

A cell is one layer in one direction. `forward` runs torch's fused kernel over a whole sequence; `step` is the paper's
equations for one time step, written out, and `explain` unrolls it to hand back every state and gate. A test holds the
two to the same numbers.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from rnn_demo.regularisation.weight_drop import run_with_dropped_weights

State = tuple[Tensor, ...]
"""The recurrent state of a cell, one (batch, hidden) tensor a name in `state_names`; h comes first."""


class Cell(nn.Module, ABC):
    """One recurrent layer, one direction.

    A gate at a time, W_ih starts as Glorot & Bengio 2010 draw it, W_hh orthogonal (Saxe et al. 2014, arXiv:1312.6120),
    so that a gradient neither dies nor grows on its first way back; biases are 0.

    Args:
        input_size: numbers in one input vector x_t.
        hidden_size: units, numbers in h_t.
        weight_drop_prob: chance that a recurrent weight is set to 0 while training; see `weight_drop.py`.
    """

    kernel_class: ClassVar[type[nn.RNN | nn.GRU | nn.LSTM]]
    state_names: ClassVar[tuple[str, ...]]
    gate_names: ClassVar[tuple[str, ...]]

    def __init__(self, input_size: int, hidden_size: int, weight_drop_prob: float = 0.0) -> None:
        super().__init__()
        self.hidden_size, self.weight_drop_prob = hidden_size, weight_drop_prob
        self.kernel = self.kernel_class(input_size, hidden_size, batch_first=True)
        w_ih, w_hh, b_ih, b_hh = self.weights
        for gate in range(len(w_ih) // hidden_size):
            rows = slice(gate * hidden_size, (gate + 1) * hidden_size)
            nn.init.xavier_uniform_(w_ih[rows])
            nn.init.orthogonal_(w_hh[rows])
        nn.init.zeros_(b_ih)
        nn.init.zeros_(b_hh)

    @abstractmethod
    def step(self, x_t: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        """Take one time step by the equations.

        Args:
            x_t: float32 (batch, input).
            state: the state before, (batch, hidden) each.

        Returns:
            state: the state after, (batch, hidden) each.
            gates: float32 (batch, hidden) by name.
        """

    @property
    def weights(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """W_ih (gates * hidden, input), W_hh (gates * hidden, hidden), b_ih and b_hh (gates * hidden,)."""
        w_ih, w_hh, b_ih, b_hh = self.kernel.all_weights[0]
        return w_ih, w_hh, b_ih, b_hh

    def zero_state(self, batch_size: int, like: Tensor) -> State:
        """The state before the first token, on the device and of the type of `like`."""
        return tuple(like.new_zeros(batch_size, self.hidden_size) for _ in self.state_names)

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read whole sequences with torch's kernel.

        Args:
            inputs: float32 (batch, seq, input).
            state: the state before, (batch, hidden) each; None is zero.

        Returns:
            outputs: float32 (batch, seq, hidden); h after each step.
            final_state: the state after the last column, (batch, hidden) each.
        """
        hidden = None if state is None else tuple(part.unsqueeze(0).contiguous() for part in state)
        one_part = len(self.state_names) == 1  # torch wants a bare tensor then
        given = hidden[0] if hidden and one_part else hidden
        if self.training and self.weight_drop_prob:
            outputs, final = run_with_dropped_weights(self.kernel, inputs, given, self.weight_drop_prob)
        else:
            outputs, final = self.kernel(inputs, given)
        final = (final,) if one_part else final
        return outputs, tuple(part.squeeze(0) for part in final)

    def forward_with_gates(self, inputs: Tensor, state: State | None = None) -> dict[str, Tensor]:
        """Read whole sequences by the equations and keep everything.

        Args:
            inputs: float32 (batch, seq, input).
            state: the state before, (batch, hidden) each; None is zero.

        Returns:
            float32 (batch, seq, hidden) a name: every state of `state_names`, every gate of `gate_names`.
        """
        state = self.zero_state(len(inputs), inputs) if state is None else state
        steps = []
        for x_t in inputs.unbind(dim=1):
            state, gates = self.step(x_t, state)
            steps.append({**dict(zip(self.state_names, state, strict=True)), **gates})
        return {name: torch.stack([step[name] for step in steps], dim=1) for name in steps[0]}
