"""What `train.py study` computes of a finished checkpoint, a file a section of `microscope.safetensors`.

A new section is a file here, with a function from a reader and held-out texts to a `Section`, and a line in STUDIES.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from rnn_demo.errors import unknown_name
from rnn_demo.microscope.study import Section, Study, read_study, write_study
from rnn_demo.reader import Reader
from rnn_demo.studies.basis import study_basis
from rnn_demo.studies.fixed_points import study_fixed_points
from rnn_demo.studies.held_out import HeldOut
from rnn_demo.studies.sentiment_direction import sentiment_direction
from rnn_demo.studies.units import correlate_units

__all__ = ["STUDIES", "study_checkpoint"]

STUDIES: dict[str, Callable[[Reader, HeldOut], Section | None]] = {
    "units": correlate_units,
    "sentiment_direction": sentiment_direction,
    "basis": study_basis,
    "fixed_points": study_fixed_points,
}
"""Section -> what computes it; None where it makes no sense for such a reader."""


def study_checkpoint(
    folder: Path, reader: Reader, held_out: HeldOut, names: Sequence[str], on_section: Callable[[str], None]
) -> Path:
    """Compute sections and write them beside the weights; sections that are not asked for stay as they are.

    Args:
        folder: the checkpoint folder of the reader.
        reader: what is studied.
        held_out: texts to study it on.
        names: in STUDIES; none is all of them.
        on_section: told the name of each section before it is computed.

    Raises:
        InputError: a name is not in STUDIES.
        DataError: a data set is missing.
    """
    for name in names:
        if name not in STUDIES:
            raise unknown_name("section", name, STUDIES)
    sections = dict(read_study(folder).sections)
    for name in names or STUDIES:
        on_section(name)
        found = STUDIES[name](reader, held_out)
        if found is not None:
            sections[name] = found
    return write_study(folder, Study(sections))
