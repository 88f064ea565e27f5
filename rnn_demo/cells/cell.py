"""What every cell has in common: the equations of one step, unrolled over a sequence.

A cell is one recurrent layer in one direction. A cell that torch has a fused kernel for builds on `FusedCell`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from rnn_demo.errors import InputError

State = tuple[Tensor, ...]
"""The recurrent state of a cell, one (batch, hidden) tensor for each name in `state_names`; h comes first."""


def arguments_of(gates: Sequence[str], from_x: Tensor, from_h: Tensor) -> dict[str, Tensor]:
    """Name what x_t and h_{t-1} add to the argument of each gate, and their sum.

    Args:
        gates: in the order of the rows of the weights.
        from_x: float32 (.., gates * hidden).
        from_h: float32 (.., gates * hidden).
    """
    parts = {"x": from_x, "h": from_h, "sum": from_x + from_h}
    chunks = {kind: part.chunk(len(gates), dim=-1) for kind, part in parts.items()}
    return {f"{gate}_{kind}": chunks[kind][row] for row, gate in enumerate(gates) for kind in parts}


@dataclass(frozen=True)
class Quantity:
    """A state or a gate of a cell, in words for the page."""

    title: str
    """Such as "h (hidden state)" or "forget gate"."""
    bounded: bool = True
    """Whether every unit stays within -1..1 (a gate: 0..1) in every text."""
    at_zero: str = ""
    """What a gate does at 0, such as "erase"; empty for all others."""
    at_one: str = ""
    """What a gate does at 1, such as "keep"."""
    acts_on: str = ""
    """What the gate multiplies, such as "the cell state"."""

    @property
    def is_gate(self) -> bool:
        """Whether it lies in 0..1 and scales something else."""
        return bool(self.at_zero)

    @property
    def label(self) -> str:
        """The entry for menus.

        >>> Quantity("forget gate", at_zero="erase", at_one="keep", acts_on="the cell state").label
        'forget gate (0 = erase, 1 = keep)'
        """
        return f"{self.title} (0 = {self.at_zero}, 1 = {self.at_one})" if self.is_gate else self.title


class Cell(nn.Module, ABC):
    """One recurrent layer, one direction.

    Args:
        input_size: numbers in one input vector x_t.
        hidden_size: units, numbers in h_t.
        weight_drop_prob: must be 0; only `FusedCell` drops recurrent weights.

    Raises:
        InputError: weight drop was requested.
    """

    state_names: ClassVar[tuple[str, ...]]
    gate_names: ClassVar[tuple[str, ...]]
    """What `step` returns beside the state; the candidate is among them."""
    quantities: ClassVar[dict[str, Quantity]]
    """Each name in `state_names`, then each in `gate_names`."""

    def __init__(self, input_size: int, hidden_size: int, weight_drop_prob: float = 0.0) -> None:
        super().__init__()
        if weight_drop_prob:
            raise InputError(f"{type(self).__name__} cannot drop recurrent weights; set weight_drop_prob to 0")
        self.input_size, self.hidden_size = input_size, hidden_size

    @abstractmethod
    def step(self, x_t: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        """Take one time step by the equations.

        Args:
            x_t: float32 (batch, input).
            state: the previous state, (batch, hidden) each.

        Returns:
            state: the new state, (batch, hidden) each.
            gates: float32 (batch, hidden) by name, in the order of `gate_names`.
        """

    def terms(self, x_t: Tensor, state: State) -> dict[str, Tensor]:
        """Return the numbers within the equations of a step, for display; none unless a cell says otherwise.

        `forget_x` and `forget_h` are what x_t and h_{t-1} add to the argument of a gate's sigmoid or tanh, biases
        included, and `forget_sum` is the argument itself.

        Args:
            x_t: float32 (.., input); the leading axes are free, so that all steps of a text can be taken at once.
            state: the previous state, (.., hidden) each.

        Returns:
            float32 (.., hidden) by name.
        """
        return {}

    def zero_state(self, batch_size: int, like: Tensor) -> State:
        """Return the state before the first token, with the device and dtype of `like`."""
        return tuple(like.new_zeros(batch_size, self.hidden_size) for _ in self.state_names)

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read whole sequences.

        Args:
            inputs: float32 (batch, seq, input).
            state: the previous state, (batch, hidden) each; None is zero.

        Returns:
            outputs: float32 (batch, seq, hidden); h after each step.
            final_state: the state after the last column, (batch, hidden) each.
        """
        state = self.zero_state(len(inputs), inputs) if state is None else state
        outputs = []
        for x_t in inputs.unbind(dim=1):
            state, _ = self.step(x_t, state)
            outputs.append(state[0])
        return torch.stack(outputs, dim=1), state

    def forward_with_gates(self, inputs: Tensor, state: State | None = None) -> dict[str, Tensor]:
        """Read whole sequences by the equations and return every state and gate.

        Args:
            inputs: float32 (batch, seq, input).
            state: the previous state, (batch, hidden) each; None is zero.

        Returns:
            float32 (batch, seq, hidden) for each name in `quantities`.
        """
        state = self.zero_state(len(inputs), inputs) if state is None else state
        steps = []
        for x_t in inputs.unbind(dim=1):
            state, gates = self.step(x_t, state)
            steps.append({**dict(zip(self.state_names, state, strict=True)), **gates})
        return {name: torch.stack([step[name] for step in steps], dim=1) for name in steps[0]}
