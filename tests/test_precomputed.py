"""What is computed in advance is read as it was written, and never of other weights."""

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


def test_a_study_comes_back_as_it_was_written(folder: Path) -> None:
    basis = Entry({"1.h.mean": np.arange(3.0), "1.h.components": np.eye(3, dtype=np.float32)}, {"texts": 1000})
    units = Entry({"1.correlations": np.ones((2, 3))}, {"features": ["capital", "quoted"]})
    write_precomputed(folder, Precomputed({"basis": basis, "units": units}))
    found = read_precomputed(folder)
    assert found.get("nothing") is None
    for name, section in (("basis", basis), ("units", units)):
        read = found.sections[name]
        assert read.notes == section.notes
        assert read.arrays.keys() == section.arrays.keys()
        for key, array in section.arrays.items():
            np.testing.assert_array_equal(read.arrays[key], array)
            assert read.arrays[key].dtype == array.dtype


def test_a_checkpoint_without_a_study_has_an_empty_one(folder: Path) -> None:
    assert read_precomputed(folder) == NOTHING_PRECOMPUTED


def test_a_study_of_other_weights_is_left_aside(folder: Path) -> None:
    write_precomputed(folder, Precomputed({"basis": Entry({"x": np.zeros(2)}, {})}))
    (folder / WEIGHTS_NAME).write_bytes(b"other weights")
    assert read_precomputed(folder) == NOTHING_PRECOMPUTED


def test_a_broken_study_says_how_to_make_it_again(folder: Path) -> None:
    (folder / PRECOMPUTED_NAME).write_bytes(b"no safetensors")
    with pytest.raises(CheckpointError, match=r"cannot read .*microscope.safetensors.*train.py study"):
        read_precomputed(folder)
