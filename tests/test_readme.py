"""The README tells the truth: it names every cell, task and checkpoint, with the numbers of the config files."""

import json
import re
from pathlib import Path

import pytest

from bench.readme import parts, tables
from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import CHECKPOINTS_DIR, shipped_checkpoints
from rnn_demo.tasks import TASKS
from rnn_demo.ui import TABS, build_app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tables_of_models_are_those_of_the_config_files() -> None:
    _, written, _ = parts(README)
    assert written == tables(), "run `python -m bench.readme`"


@pytest.mark.parametrize("told", [f"| {tab} | " for tab in TABS] + [f"[lm-{cell}](" for cell in CELLS])
def test_readme_has_a_row_for_every_tab_and_cell(told: str) -> None:
    assert f"\n{told}" in README or f"\n| {told}" in README


@pytest.mark.parametrize("task", TASKS)
def test_readme_shows_how_every_task_is_trained(task: str) -> None:
    assert f"\npython train.py {task} " in README


def test_readme_names_every_endpoint(tmp_path: Path) -> None:
    events = build_app(tmp_path).get_config_file()["dependencies"]
    names = {event["api_name"] for event in events if event["api_visibility"] == "public"}
    assert names >= {"generate", "score_sentiment"}
    assert names == set(re.findall(r"`/(\w+)`", README))


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
