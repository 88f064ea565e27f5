"""The documents tell the truth: they name every tab, cell, task, checkpoint and endpoint, with today's numbers."""

import json
import re
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path

import pytest

import rnn_demo
from bench.readme import DOCUMENTS, parts
from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import CHECKPOINTS_DIR, shipped_checkpoints
from rnn_demo.tasks import TASKS, expected_checkpoints
from rnn_demo.ui import TABS, build_app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in PAGES}
README, MODELS, TRAINING = TEXTS["README.md"], TEXTS["docs/models.md"], TEXTS["docs/training.md"]
MOST_LINES, FIRST_SCREEN = 160, 40


def blocks(text: str) -> list[str]:
    """Return the commands in a document's code blocks, continued lines joined."""
    code = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    return code.replace("\\\n", " ").splitlines()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_tables_of_models_are_those_of_the_config_files(path: Path) -> None:
    _, written, _ = parts(path.read_text(encoding="utf-8"))
    assert written == DOCUMENTS[path](), "run `python -m bench.readme`"


def test_readme_is_short_and_opens_with_the_two_commands() -> None:
    lines = README.splitlines()
    assert len(lines) <= MOST_LINES
    first = blocks("\n".join(lines[:FIRST_SCREEN]))
    assert [line.split()[:2] for line in first if line.startswith("make")][:2] == [["make", "demo"], ["make", "test"]]
    assert any("git clone --depth 1" in line for line in first)


@pytest.mark.parametrize("tab", TABS)
def test_readme_has_a_row_for_every_tab(tab: str) -> None:
    assert f"\n| {tab} | " in README


def test_every_model_is_in_a_table() -> None:
    assert re.findall(r"^\| \[([\w-]+)\]\(", README, re.MULTILINE) == expected_checkpoints()
    assert set(re.findall(r"^\| \[([\w-]+)\]\(", MODELS, re.MULTILINE)) == set(shipped_checkpoints())
    assert all(f"[lm-{cell}](" in MODELS for cell in CELLS)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_is_trained_with_flags_that_exist(task: str) -> None:
    commands = [line.split("#")[0].split() for line in blocks(TRAINING)]
    commands = [words for words in commands if words[:3] == ["python", "train.py", task]]
    known = {"--" + field.name.replace("_", "-") for field in fields(TASKS[task].recipe)}
    assert commands
    assert {word for words in commands for word in words if word.startswith("--")} <= known


def test_every_report_exists() -> None:
    modules = {module for text in TEXTS.values() for module in re.findall(r"python -m (bench\.\w+)", text)}
    assert modules >= {"bench.readme", "bench.evaluate", "bench.findings"}
    assert all(find_spec(module) for module in modules)


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_leads_to_a_file(name: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", TEXTS[name])
    assert not [link for link in links if not ((ROOT / name).parent / link).exists()]


def test_readme_names_every_endpoint(tmp_path: Path) -> None:
    events = build_app(tmp_path).get_config_file()["dependencies"]
    names = {event["api_name"] for event in events if event["api_visibility"] == "public"}
    assert names >= {"generate", "score_sentiment"}
    assert names == set(re.findall(r"`/(\w+)`", README))


def test_the_space_installs_the_gradio_that_was_tested() -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    version = next(line.split(":")[1].strip() for line in README.splitlines() if line.startswith("sdk_version:"))
    assert f"gradio=={version}" in constraints


@pytest.mark.shipped
def test_the_scores_that_readme_quotes_are_those_of_the_model() -> None:
    quoted = re.findall(r'"([^"]+)" \((\d\.\d\d)\)', " ".join(README.split()))
    scores = rnn_demo.load("sentiment-lstm").predict([text for text, _ in quoted])
    assert len(quoted) >= 3
    assert [f"{score.score:.2f}" for score in scores] == [score for _, score in quoted]


@pytest.mark.parametrize("name", shipped_checkpoints())
def test_a_shipped_config_has_what_other_programs_read(name: str) -> None:
    values = json.loads((CHECKPOINTS_DIR / name / "config.json").read_text(encoding="utf-8"))
    for key in ("task", "cell", "num_parameters", "metrics", "data", "command", "seed", "minutes"):
        assert values[key] is not None
    assert values["metrics"], f"{name} has no metrics: run train.py evaluate {name} --record"
