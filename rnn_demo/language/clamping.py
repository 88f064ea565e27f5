"""Clamp some of a network's hidden state while it writes (Radford et al. 2017, arXiv:1704.01444).

After each step, h of one layer is changed before anything reads it, so that the layer above, the softmax and the next
step all see the clamped values:

    h_i = v_i                                   for each clamped unit i
    h   = h + (p - d . h) d_F / |d_F|^2         then d . h = p, with d_F = d in the units that are not clamped

Nothing else changes: the c of an LSTM follows its equations. The prompt is read unmodified, up to its last token, whose
state the first new token is drawn from. (Radford et al. clamped one unit of a multiplicative LSTM.)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from torch import Tensor

from rnn_demo.cells import State
from rnn_demo.checks import require_integer, require_layer, require_number, require_unit
from rnn_demo.config import EncoderConfig
from rnn_demo.encoder import Encoded, Encoder
from rnn_demo.errors import InputError

LARGEST_VALUE = 100.0
"""Far outside -1..1, where most cells keep h, and still far from overflow."""
SMALLEST_SHARE = 1e-4
"""Of |d|^2, the part that must lie in units that are not clamped."""


@dataclass(frozen=True, eq=False)
class Clamp:
    """What is clamped in one layer: units, the projection on a direction, or both."""

    layer: int = -1
    """0 is nearest to the words; negative counts from the end, -1 is the last."""
    units: Mapping[int, float] = field(default_factory=dict)
    """Unit -> its clamped value."""
    direction: np.ndarray | None = None
    """Float (unit,), of any length but 0; None clamps no projection."""
    projection: float = 0.0
    """The clamped projection of h on the direction, scaled to length 1."""

    def __post_init__(self) -> None:
        """Refuse units and values that no network has."""
        for unit, value in self.units.items():
            require_integer("unit", unit, 0)
            _require_value(f"the value of unit {unit}", value)
        _require_value("projection", self.projection)
        if self.direction is not None and not (np.isfinite(self.direction).all() and np.any(self.direction)):
            raise InputError("the direction has numbers that are not finite, or is 0 everywhere; give another")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is clamped."""
        return not self.units and self.direction is None

    def check(self, config: EncoderConfig) -> None:
        """Raise InputError for a network without such a layer or unit."""
        require_layer(self.layer, config.num_layers)
        for unit in self.units:
            require_unit(unit, config.hidden_size)
        if self.direction is None:
            return
        if self.direction.shape != (config.hidden_size,):
            raise InputError(f"the direction has shape {self.direction.shape}; a layer has {config.hidden_size} units")
        if np.square(self._unclamped_part()).sum() < SMALLEST_SHARE:
            raise InputError("every unit along the direction is clamped; clamp fewer units, or no direction")

    def apply(self, h: Tensor) -> Tensor:
        """Return a clamped copy of h, float32 (batch, hidden)."""
        clamped, units = h.clone(), list(self.units)
        clamped[:, units] = h.new_tensor(list(self.units.values()))
        if self.direction is not None:
            d = h.new_tensor(self._unit_direction())
            d_f = h.new_tensor(self._unclamped_part())
            clamped += ((self.projection - clamped @ d) / (d_f @ d_f))[:, None] * d_f
        return clamped

    def change(self, num_layers: int, layer: int, h: Tensor) -> Tensor:
        """Return the h of a layer, of `num_layers`, to use instead: clamped in this layer, else as it is."""
        return self.apply(h) if layer == self.layer % num_layers else h

    def _unit_direction(self) -> np.ndarray:
        direction = np.asarray(self.direction, dtype=np.float64)
        return direction / np.linalg.norm(direction)

    def _unclamped_part(self) -> np.ndarray:
        direction = self._unit_direction()
        direction[list(self.units)] = 0
        return direction


def read_clamped(encoder: Encoder, token_ids: Tensor, state: State | None, clamp: Clamp | None) -> Encoded:
    """Read tokens, clamped at the last one.

    Args:
        encoder: in eval mode; reads forwards.
        token_ids: int64 (batch, seq).
        state: before them, (layer, batch, hidden) a state name; None is zero.
        clamp: fits the encoder (see `Clamp.check`); None for nothing.

    Returns:
        Outputs and state; with a clamp, the outputs after the last token only, and both are clamped.
    """
    if clamp is None:
        return encoder(token_ids, state)
    if token_ids.shape[1] > 1:
        state = encoder(token_ids[:, :-1], state).final_state
    return encoder.step(token_ids[:, -1:], state, partial(clamp.change, encoder.config.num_layers))


def _require_value(name: str, value: object) -> None:
    allowed = f"a number in -{LARGEST_VALUE:.0f}..{LARGEST_VALUE:.0f}"
    require_number(name, value, lambda v: abs(v) <= LARGEST_VALUE, allowed)
