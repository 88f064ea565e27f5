"""The precomputed analyses of a checkpoint: `microscope.safetensors`, beside its weights.

`train.py precompute` computes the entries from held-out texts (see `rnn_demo/precompute/`) and stores no text, only
numbers: `basis.1.h.mean` is the array `1.h.mean` of the entry `basis`. The file has a digest of the weights, and is
ignored once they change.
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
from rnn_demo.storage import replace_file

PRECOMPUTED_NAME = "microscope.safetensors"


@dataclass(frozen=True)
class Entry:
    """The arrays and notes of one precomputed analysis."""

    arrays: Mapping[str, np.ndarray]
    notes: Mapping[str, Any]
    """JSON values, such as the names of rows."""


@dataclass(frozen=True)
class Precomputed:
    """The precomputed analyses of one checkpoint."""

    entries: Mapping[str, Entry]

    def get(self, name: str) -> Entry | None:
        """Return an entry; None if it was not computed."""
        return self.entries.get(name)


NOTHING_PRECOMPUTED = Precomputed({})


def read_precomputed(folder: Path) -> Precomputed:
    """Read the analyses of a checkpoint; NOTHING_PRECOMPUTED if there is no file, or if it belongs to other weights.

    Raises:
        CheckpointError: the file cannot be read.
    """
    path = folder / PRECOMPUTED_NAME
    if not path.is_file():
        return NOTHING_PRECOMPUTED
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("weights") != digest(folder):
                return NOTHING_PRECOMPUTED
            notes = json.loads(metadata.get("notes", "{}"))
            arrays: dict[str, dict[str, np.ndarray]] = {name: {} for name in notes}
            for key in file.keys():  # noqa: SIM118 - no mapping
                name, _, array_name = key.partition(".")
                arrays.setdefault(name, {})[array_name] = file.get_tensor(key)
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"cannot read {path}: {error}; recreate it with `python train.py precompute`") from error
    return Precomputed({name: Entry(arrays[name], notes.get(name, {})) for name in arrays})


def write_precomputed(folder: Path, precomputed: Precomputed) -> Path:
    """Write the analyses of a checkpoint, replace its old file, and return the path."""
    arrays = {
        f"{name}.{key}": np.ascontiguousarray(array)
        for name, entry in precomputed.entries.items()
        for key, array in entry.arrays.items()
    }
    notes = {name: dict(entry.notes) for name, entry in precomputed.entries.items() if entry.notes}
    path = folder / PRECOMPUTED_NAME
    metadata = {"weights": digest(folder), "notes": json.dumps(notes)}
    replace_file(path, lambda aside: save_file(arrays, aside, metadata=metadata))
    return path


def digest(folder: Path) -> str:
    """Return the SHA-256 of a checkpoint's weights."""
    return sha256((folder / WEIGHTS_NAME).read_bytes()).hexdigest()
