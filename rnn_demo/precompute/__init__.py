"""What `train.py study` computes of a finished checkpoint, a file a section of `microscope.safetensors`.

A new section is a file here, with a function from a predictor and held-out texts to a `Entry`, and a line in ANALYSES.
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
"""Entry -> what computes it; None where it makes no sense for such a predictor."""


def precompute_checkpoint(
    folder: Path, predictor: Predictor, held_out: HeldOut, names: Sequence[str], on_section: Callable[[str], None]
) -> Path:
    """Compute sections and write them beside the weights; sections that are not asked for stay as they are.

    Args:
        folder: the checkpoint folder of the predictor.
        predictor: what is studied.
        held_out: texts to study it on.
        names: in ANALYSES; none is all of them.
        on_section: told the name of each section before it is computed.

    Raises:
        InputError: a name is not in ANALYSES.
        DataError: a data set is missing.
    """
    for name in names:
        if name not in ANALYSES:
            raise unknown_name("section", name, ANALYSES)
    sections = dict(read_precomputed(folder).sections)
    for name in names or ANALYSES:
        on_section(name)
        found = ANALYSES[name](predictor, held_out)
        if found is not None:
            sections[name] = found
    return write_precomputed(folder, Precomputed(sections))
