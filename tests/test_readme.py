"""The README tells the truth: it names every cell, task and checkpoint, with the numbers of the config files."""

import json
from pathlib import Path

import pytest

from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import CHECKPOINTS_DIR, read_checkpoint, shipped_checkpoints, weights_size
from rnn_demo.tasks import TASKS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def row_of(name: str) -> list[str]:
    """The cells of the README's table row for a checkpoint."""
    rows = [line for line in README.splitlines() if line.startswith(f"| [{name}]")]
    assert len(rows) == 1, f"README.md needs one table row for {name}"
    return [cell.strip() for cell in rows[0].strip("|").split("|")]


@pytest.mark.parametrize("name", shipped_checkpoints())
def test_readme_row_holds_the_numbers_of_the_config_file(name: str) -> None:
    checkpoint, row = read_checkpoint(CHECKPOINTS_DIR / name), row_of(name)
    size = weights_size(CHECKPOINTS_DIR / name)
    assert row[1] == f"{checkpoint.num_parameters / 1e6:.1f} M"
    assert row[2] == f"{size / 1e6:.1f} MB"
    assert row[3] == f"{checkpoint.minutes:.0f} min"
    metrics = {
        f"{key} {metric} {value:.4f}"
        for key, values in checkpoint.metrics.items()
        for metric, value in values.items()
        if isinstance(value, float)
    }
    quoted = [part.strip() for part in row[4].split("<br>")]
    assert quoted
    assert set(quoted) <= metrics


@pytest.mark.parametrize("name", [*CELLS, *TASKS])
def test_readme_names_every_cell_and_task(name: str) -> None:
    assert name in README


def test_the_space_installs_the_gradio_that_was_tested() -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    version = next(line.split(":")[1].strip() for line in README.splitlines() if line.startswith("sdk_version:"))
    assert f"gradio=={version}" in constraints


@pytest.mark.parametrize("name", shipped_checkpoints())
def test_a_shipped_config_has_what_other_programs_read(name: str) -> None:
    values = json.loads((CHECKPOINTS_DIR / name / "config.json").read_text(encoding="utf-8"))
    for key in ("task", "cell", "num_parameters", "metrics", "data", "command", "seed", "minutes"):
        assert values[key] is not None
    assert values["metrics"], f"{name} has no metrics: run train.py evaluate {name} --record"
