"""One step of a cell after another: every number of its equations, for a few units of one layer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rnn_demo.cells import CELLS
from rnn_demo.checks import require_layer, require_tokens, require_unit
from rnn_demo.errors import InputError
from rnn_demo.microscope.trace import HiddenTrace
from rnn_demo.microscope.units import most_active_units
from rnn_demo.predictor import Predictor
from rnn_demo.tokenizer import EncodedText

MAX_TOKENS = 200
"""Tokens that are traced, from the start of a text."""
NUM_UNITS = 12
"""Units and entries of x_t that are traced unless others are chosen."""
MAX_UNITS = 64


@dataclass(frozen=True)
class CellSteps:
    """The numbers of every step of one layer over a text."""

    cell: str
    """A name in CELLS."""
    layer: int
    """From 0, the layer nearest to the input."""
    hidden_size: int
    """Units of the layer."""
    tokens: tuple[str, ...]
    """The first MAX_TOKENS tokens of the text."""
    spans: tuple[tuple[int, int], ...]
    """(start, end) of each token in the text, code points."""
    num_skipped: int
    """Tokens after them."""
    units: tuple[int, ...]
    """Units of the layer; unless they were chosen, those whose h changes most."""
    entries: tuple[int, ...]
    """Entries of x_t, those that change most."""
    inputs: np.ndarray
    """float32 (token, entry): x_t."""
    before: Mapping[str, np.ndarray]
    """float32 (unit,) for each state: before the first token, after the prefix."""
    values: Mapping[str, np.ndarray]
    """float32 (token, unit) for each state, each gate and each of `Cell.terms`."""


@torch.inference_mode()
def trace_cell_steps(
    predictor: Predictor, encoded: EncodedText, layer: int = -1, units: Sequence[int] | None = None
) -> CellSteps:
    """Take the steps of one layer by its equations; of a tagger, in its forward encoder.

    Args:
        predictor: a loaded checkpoint.
        encoded: a text as the predictor encodes it.
        layer: 0 is nearest to the input; negative numbers count from the end.
        units: units of the layer, at most MAX_UNITS; None chooses NUM_UNITS.

    Raises:
        InputError: there is no such layer or unit, or the text has no tokens.
    """
    encoder = predictor.model.encoder
    layer = require_layer(layer, encoder.config.num_layers)
    require_tokens(encoded.tokens)
    tokens, start = encoded.tokens[:MAX_TOKENS], len(encoded.prefix_ids)
    token_ids = torch.tensor([encoded.token_ids[: start + len(tokens)]])
    layers, cell = encoder.forward_with_gates(token_ids), encoder.cells[layer]
    inputs = layers[layer - 1]["h"] if layer else encoder.embed(token_ids)
    traced = layers[layer]
    previous = {name: after_zero_step(traced[name]) for name in cell.state_names}
    terms = cell.terms(inputs, tuple(previous.values()))
    texts, spans = tuple(token.token for token in tokens), tuple((token.start, token.end) for token in tokens)

    def most_active(states: Tensor) -> list[int]:
        return most_active_units(HiddenTrace(texts, spans, states[0, start:].numpy(), layer), NUM_UNITS)

    chosen = most_active(traced["h"]) if units is None else checked_units(units, encoder.config.hidden_size)
    entries = most_active(inputs)
    return CellSteps(
        cell=encoder.config.cell,
        layer=layer,
        hidden_size=encoder.config.hidden_size,
        tokens=texts,
        spans=spans,
        num_skipped=len(encoded.tokens) - len(tokens),
        units=tuple(chosen),
        entries=tuple(entries),
        inputs=inputs[0, start:, entries].numpy(),
        before={name: states[0, start, chosen].numpy() for name, states in previous.items()},
        values={name: part[0, start:, chosen].numpy() for name, part in {**traced, **terms}.items()},
    )


def longest_memory(steps: CellSteps) -> int:
    """Return the unit, as an index into `units`, that keeps its state longest and still changes it.

    That is the one with the largest (mean) x (maximum - minimum) of the gate that says how much of the previous state
    stays; the first unit where the cell has no such gate.
    """
    for name, quantity in CELLS[steps.cell].quantities.items():
        if "keep" in (quantity.at_zero, quantity.at_one):
            kept = steps.values[name] if quantity.at_one == "keep" else 1 - steps.values[name]
            return int(np.argmax(kept.mean(axis=0) * np.ptp(kept, axis=0)))
    return 0


def after_zero_step(states: Tensor) -> Tensor:
    """Return the state before each step, (1, seq, hidden): zero, then all states but the last."""
    return torch.cat([torch.zeros_like(states[:, :1]), states[:, :-1]], dim=1)


def checked_units(units: object, hidden_size: int) -> list[int]:
    """Refuse what is not a list of 1 to MAX_UNITS units; each is kept once."""
    if not isinstance(units, list | tuple) or not 1 <= len(units) <= MAX_UNITS:
        raise InputError(f"units is {units!r:.60}; give a list of 1 to {MAX_UNITS} units, such as [3, 14]")
    return list(dict.fromkeys(require_unit(unit, hidden_size) for unit in units))
