"""What is known of a checkpoint before a visitor types anything: `microscope.safetensors`, beside its weights.

Numbers only, in sections: `basis.1.h.mean` is the array `1.h.mean` of the section `basis`. `train.py study` computes
them from held-out texts (see `rnn_demo/studies/`); of those texts nothing is stored. A study holds for the weights that
it was made of: it keeps their digest, and is left aside as soon as they change.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from rnn_demo.checkpoint import WEIGHTS_NAME
from rnn_demo.errors import CheckpointError

PRECOMPUTED_NAME = "microscope.safetensors"


@dataclass(frozen=True)
class Entry:
    """The arrays and notes of one precomputed analysis."""

    arrays: Mapping[str, np.ndarray]
    notes: Mapping[str, Any]
    """What is no array, such as the names of rows; JSON values."""


@dataclass(frozen=True)
class Precomputed:
    """The precomputed analyses of one checkpoint."""

    sections: Mapping[str, Entry]

    def get(self, name: str) -> Entry | None:
        """Return a section; None where it was not computed."""
        return self.sections.get(name)


NOTHING_PRECOMPUTED = Precomputed({})


def read_precomputed(folder: Path) -> Precomputed:
    """Read a checkpoint's study; an empty one where there is none, or where it is of other weights.

    Raises:
        CheckpointError: the file is broken.
    """
    path = folder / PRECOMPUTED_NAME
    if not path.is_file():
        return NOTHING_PRECOMPUTED
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("weights") != digest(folder):
                return NOTHING_PRECOMPUTED
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
            notes = json.loads(metadata.get("notes", "{}"))
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"cannot read {path}: {error}; make it again with `python train.py study`") from error
    names = dict.fromkeys([*(name.split(".")[0] for name in arrays), *notes])
    return Precomputed({name: Entry(arrays_of(name, arrays), notes.get(name, {})) for name in names})


def arrays_of(section: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Take the arrays of one section, by their names within it."""
    start = f"{section}."
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


def write_precomputed(folder: Path, study: Precomputed) -> Path:
    """Write a checkpoint's study; what stood there is replaced."""
    arrays = {
        f"{section}.{name}": np.ascontiguousarray(array)
        for section, found in study.sections.items()
        for name, array in found.arrays.items()
    }
    notes = {section: dict(found.notes) for section, found in study.sections.items() if found.notes}
    path = folder / PRECOMPUTED_NAME
    save_file(arrays, path, metadata={"weights": digest(folder), "notes": json.dumps(notes)})
    return path


def digest(folder: Path) -> str:
    """The fingerprint of a checkpoint's weights."""
    return sha256((folder / WEIGHTS_NAME).read_bytes()).hexdigest()
