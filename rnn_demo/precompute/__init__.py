"""The analyses that `train.py precompute` stores in a checkpoint's `microscope.safetensors`, one file each.

A new analysis is a file with a function from a predictor and held-out texts to an `Entry`, and a line in ANALYSES.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from rnn_demo.errors import unknown_name
from rnn_demo.precompute.basis import precompute_basis
from rnn_demo.precompute.fixed_points import precompute_fixed_points
from rnn_demo.precompute.held_out import HeldOut
from rnn_demo.precompute.sentiment_direction import sentiment_direction
from rnn_demo.precompute.units import correlate_units
from rnn_demo.precomputed import Entry, Precomputed, read_precomputed, write_precomputed
from rnn_demo.predictor import Predictor

__all__ = ["ANALYSES", "precompute_checkpoint"]

ANALYSES: dict[str, Callable[[Predictor, HeldOut], Entry | None]] = {
    "units": correlate_units,
    "sentiment_direction": sentiment_direction,
    "basis": precompute_basis,
    "fixed_points": precompute_fixed_points,
}
"""Name of the entry -> the function that computes it; it returns None for a predictor that it does not apply to."""


def precompute_checkpoint(
    folder: Path, predictor: Predictor, held_out: HeldOut, names: Sequence[str], on_entry: Callable[[str], None]
) -> Path:
    """Compute analyses, store them beside the weights and return the path; other stored analyses are kept.

    Args:
        folder: the checkpoint folder of the predictor.
        predictor: of any task.
        held_out: the texts to read.
        names: keys of ANALYSES; empty for all of them.
        on_entry: called with each name before its analysis starts.

    Raises:
        InputError: a name is not in ANALYSES.
        DataError: a data set is missing.
    """
    for name in names:
        if name not in ANALYSES:
            raise unknown_name("analysis", name, ANALYSES)
    entries = dict(read_precomputed(folder).entries)
    for name in names or ANALYSES:
        on_entry(name)
        entry = ANALYSES[name](predictor, held_out)
        if entry is not None:
            entries[name] = entry
    return write_precomputed(folder, Precomputed(entries))
