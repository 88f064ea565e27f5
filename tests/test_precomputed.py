"""Precomputed analyses are read as they were written, and only for the weights that they belong to."""

from pathlib import Path

import numpy as np
import pytest

from rnn_demo.checkpoint import WEIGHTS_NAME
from rnn_demo.errors import CheckpointError
from rnn_demo.precomputed import (
    NOTHING_PRECOMPUTED,
    PRECOMPUTED_NAME,
    Entry,
    Precomputed,
    read_precomputed,
    write_precomputed,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / WEIGHTS_NAME).write_bytes(b"some weights")
    return tmp_path


def test_analyses_come_back_as_they_were_written(folder: Path) -> None:
    basis = Entry({"1.h.mean": np.arange(3.0), "1.h.components": np.eye(3, dtype=np.float32)}, {"texts": 1000})
    units = Entry({"1.correlations": np.ones((2, 3))}, {"features": ["capital", "quoted"]})
    write_precomputed(folder, Precomputed({"basis": basis, "units": units}))
    precomputed = read_precomputed(folder)
    assert precomputed.get("nothing") is None
    for name, entry in (("basis", basis), ("units", units)):
        read = precomputed.entries[name]
        assert read.notes == entry.notes
        assert read.arrays.keys() == entry.arrays.keys()
        for key, array in entry.arrays.items():
            np.testing.assert_array_equal(read.arrays[key], array)
            assert read.arrays[key].dtype == array.dtype


def test_a_checkpoint_without_a_file_has_no_analyses(folder: Path) -> None:
    assert read_precomputed(folder) == NOTHING_PRECOMPUTED


def test_analyses_of_other_weights_are_ignored(folder: Path) -> None:
    write_precomputed(folder, Precomputed({"basis": Entry({"x": np.zeros(2)}, {})}))
    (folder / WEIGHTS_NAME).write_bytes(b"other weights")
    assert read_precomputed(folder) == NOTHING_PRECOMPUTED


def test_a_broken_file_says_how_to_make_it_again(folder: Path) -> None:
    (folder / PRECOMPUTED_NAME).write_bytes(b"no safetensors")
    with pytest.raises(CheckpointError, match=r"cannot read .*microscope.safetensors.*train.py precompute"):
        read_precomputed(folder)
