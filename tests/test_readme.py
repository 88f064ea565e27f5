"""The README tells the truth: it names every cell, task and checkpoint, with the numbers of the config files."""

import json
from pathlib import Path

import pytest

from bench.readme import parts, tables
from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import CHECKPOINTS_DIR, shipped_checkpoints
from rnn_demo.tasks import TASKS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tables_of_models_are_those_of_the_config_files() -> None:
    _, written, _ = parts(README)
    assert written == tables(), "run `python -m bench.readme`"


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
