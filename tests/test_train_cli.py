"""The command line: help, rehearsals that write no checkpoint, JSON alone on stdout, and errors in a line."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import FILM_LABELS, FILM_TEXTS, checkpoint_of, language_model, sentiment_model, write_split

import train
from rnn_demo import checkpoint as checkpoint_module
from rnn_demo.checkpoint import CHECKPOINTS_DIR as SHIPPED
from rnn_demo.checkpoint import read_checkpoint, save_checkpoint, shipped_checkpoints
from rnn_demo.training import fit as fit_module

ROOT = Path(__file__).parent.parent
SIZES = ["--embed-size", "8", "--hidden-size", "8", "--num-layers", "1", "--batch-size", "4", "--precision", "fp32"]
WORDS = [["Ada", "Lovelace", "met", "Babbage"], ["He", "saw", "London", "."]] * 4
WORD_TAGS = [["B-PER", "I-PER", "O", "B-PER"], ["O", "O", "B-LOC", "O"]] * 4


@pytest.fixture
def place(tokenizer, tmp_path, monkeypatch):
    """Lay out data sets, checkpoints/ and an empty folder to work in."""
    data_dir = tmp_path / "data"
    for split in ("train", "validation", "test"):
        write_split(data_dir, "english_novels", split, text=["It was a good evening.\n" * 40], author=["Ada"])
        write_split(data_dir, "imdb", split, text=FILM_TEXTS * 5, label=FILM_LABELS * 5)
        write_split(data_dir, "conll2003", split, tokens=WORDS, ner_tags=WORD_TAGS)
    checkpoints = tmp_path / "checkpoints"
    (checkpoints / "tokenizer").mkdir(parents=True)
    (checkpoints / "tokenizer" / "tokenizer.model").write_bytes(tokenizer.model_proto)
    save_checkpoint(checkpoints / "lm-tiny", language_model(600), tokenizer, checkpoint_of("lm"))
    save_checkpoint(checkpoints / "sentiment-tiny", sentiment_model(600), tokenizer, checkpoint_of("sentiment"))
    for module in (checkpoint_module, fit_module):  # never write beside the shipped ones
        monkeypatch.setattr(module, "CHECKPOINTS_DIR", checkpoints)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["train.py", *map(str, words)])
    try:
        return train.main()
    except SystemExit as stop:
        return stop.code


def snapshot(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("command", ["tokenizer", "lm", "sentiment", "ner", "evaluate", "reference"])
def test_help_explains_every_flag(monkeypatch, capsys, command):
    assert call(monkeypatch, command, "--help") == 0
    shown = capsys.readouterr()
    assert "--data-dir" in shown.out
    assert shown.err == ""
    if command in ("lm", "sentiment", "ner"):
        for flag in [
            "--cell",
            "--output-dir",
            "--init-from",
            "--minutes",
            "--steps",
            "--seed",
            "--resume",
            "--dry-run",
            "--runs-dir",
        ]:
            assert flag in shown.out
        assert "Take two steps and write nothing under checkpoints/." in shown.out


@pytest.mark.parametrize(
    ("command", "flags"),
    [
        ("lm", ["--datasets", "english_novels", "--seq-len", "5", *SIZES]),
        ("sentiment", ["--datasets", "imdb", *SIZES]),
        ("ner", SIZES),
        ("lm", ["--init-from", "lm-tiny", "--datasets", "imdb", "--minutes", "60", "--seq-len", "5"]),
        ("tokenizer", ["--vocab-size", "435", "--output-dir", "checkpoints/tokenizer"]),
    ],
)
def test_a_dry_run_writes_nothing_under_checkpoints(place, monkeypatch, capsys, command, flags):
    before = snapshot(place / "checkpoints")
    assert call(monkeypatch, command, "--dry-run", "--data-dir", place / "data", *flags) == 0
    assert snapshot(place / "checkpoints") == before
    shown = capsys.readouterr()
    assert "wrote" not in shown.out
    assert command == "tokenizer" or "step 2: " in shown.err


def test_a_training_says_where_the_checkpoint_is(place, monkeypatch, capsys):
    flags = ["--data-dir", place / "data", "--datasets", "english_novels", "--seq-len", "5", "--steps", "2", *SIZES]
    assert call(monkeypatch, "lm", "--cell", "gru", *flags) == 0
    folder = place / "checkpoints" / "lm-gru"
    shown = capsys.readouterr()
    assert shown.out == f"wrote {folder}\n"
    assert "100.0%" in shown.err
    assert "tokens/s" in shown.err
    assert read_checkpoint(folder).command.startswith("python train.py lm --cell gru --data-dir DIR --steps 2")
    assert (place / "runs" / "lm-gru" / "metrics.jsonl").exists()


def test_a_tokenizer_is_written_where_asked(place, monkeypatch, capsys):
    flags = ["--data-dir", place / "data", "--vocab-size", "435", "--output-dir", place / "new"]
    assert call(monkeypatch, "tokenizer", *flags) == 0
    assert (place / "new" / "tokenizer.model").stat().st_size > 1000
    assert capsys.readouterr().out.startswith(f"wrote {place / 'new' / 'tokenizer.model'}")


@pytest.mark.parametrize(("name", "dataset"), [("lm-tiny", "english_novels"), ("sentiment-tiny", "imdb")])
def test_json_is_one_object_alone_on_stdout(place, monkeypatch, capsys, name, dataset):
    assert call(monkeypatch, "evaluate", name, "--dataset", dataset, "--data-dir", place / "data", "--json") == 0
    shown = capsys.readouterr()
    assert shown.out.count("\n") == 1
    metrics = json.loads(shown.out)
    assert metrics.keys() >= ({"nats_per_token", "bits_per_char"} if name == "lm-tiny" else {"accuracy", "ece"})
    assert call(monkeypatch, "evaluate", name, "--dataset", dataset, "--data-dir", place / "data") == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0] == f"{name} on {dataset}/test, asis"
    named = [line.split()[0] for line in table[1:] if not line.startswith("    ")]  # a row of a table stands further in
    assert named == list(metrics)


def test_recording_keeps_each_case_apart(place, monkeypatch):
    common = ["evaluate", "sentiment-tiny", "--dataset", "imdb", "--data-dir", place / "data", "--record"]
    assert call(monkeypatch, *common) == 0
    assert call(monkeypatch, *common, "--case", "upper") == 0
    metrics = read_checkpoint(place / "checkpoints" / "sentiment-tiny").metrics
    assert list(metrics) == ["imdb/test", "imdb/test, upper case"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lm", "--cell", "lstmm"], "unknown cell 'lstmm'; choose one of rnn, gru, lstm (did you mean 'lstm'?)"),
        (
            ["lm", "--init-from", "lm-tinny"],
            "there is no checkpoint 'lm-tinny'; checkpoints/ has lm-tiny, sentiment-tiny",
        ),
        (["lm", "--datasets", "imbd"], "imbd; DATA has conll2003, english_novels, imdb"),
        (["sentiment", "--datasets", "english_novels"], "'english_novels' has no column 'label'; it has text, author"),
        (["evaluate", "lm-tinny", "--dataset", "imdb"], "there is no checkpoint 'lm-tinny'"),
        (["evaluate", "lm-tiny", "--dataset", "imbd"], "imbd; DATA has conll2003, english_novels, imdb"),
        (["evaluate", "lm-tiny", "--dataset", "imdb", "--split", "dev"], "its splits are test, train, validation"),
        (["evaluate", "sentiment-tiny", "--dataset", "english_novels"], "'english_novels' has no column 'label'"),
        (["lm", "--resume", "--datasets", "imdb"], "there is no run to resume in runs/lm-lstm"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_with_exit_code_2(place, monkeypatch, capsys, words, message):
    extra = ["--dry-run", "--tokenizer", "tokenizer", *SIZES] if words[0] != "evaluate" else []
    extra = extra[1:] if "--resume" in words else extra
    assert call(monkeypatch, *words, "--data-dir", place / "data", *extra) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = [line for line in shown.err.splitlines() if "error" in line]
    assert line.replace(str(place / "data"), "DATA").startswith("error: ")
    assert message in line.replace(str(place / "data"), "DATA")
    assert "Traceback" not in shown.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lm", "--steps", "0"], "steps is 0; it must be 1 or more"),
        (["lm", "--lr", "fast"], "--lr"),
        (["evaluate", "lm-tiny"], "--dataset"),
        (["poems"], "poems"),
    ],
)
def test_flags_that_cannot_be_read_are_named_with_exit_code_2(monkeypatch, capsys, words, message):
    assert call(monkeypatch, *words) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""


@pytest.mark.slow
def test_the_script_itself_exits_with_2_and_no_trace(tmp_path):
    words = ["evaluate", str(tmp_path / "nowhere"), "--dataset", "imdb", "--json"]
    env = {**os.environ, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, ROOT / "train.py", *words], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: there is no checkpoint")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", shipped_checkpoints())
def test_the_command_of_every_shipped_card_still_parses(name, monkeypatch):
    recipes = []
    monkeypatch.setattr(train, "run", lambda task, recipe: recipes.append((task, recipe)))
    checkpoint = read_checkpoint(SHIPPED / name)
    train.parse_and_run(shlex.split(checkpoint.command)[2:])
    ((task, recipe),) = recipes
    assert (task, recipe.cell, recipe.seed) == (checkpoint.task, checkpoint.cell, checkpoint.seed)


def test_former_names_of_flags_and_commands_still_work(monkeypatch, capsys):
    recipes = []
    monkeypatch.setattr(train, "run", lambda task, recipe: recipes.append(recipe))
    words = "ner --lower-prob 0.3 --hide-prob 0.1 --passage-sentences=2 --agreement 0.7 --frozen_share 0.2"
    train.parse_and_run([*words.split(), "--init-from", "x", "--init-share", "0.5"])
    (recipe,) = recipes
    assert (recipe.lowercase_prob, recipe.mask_prob, recipe.window_sentences, recipe.alpha) == (0.3, 0.1, 2, 0.7)
    assert (recipe.freeze_fraction, recipe.interpolation) == (0.2, 0.5)
    assert call(monkeypatch, "study", "--help") == 0
    assert "--only" in capsys.readouterr().out


def test_the_reference_text_is_written_beside_the_checkpoints(place, monkeypatch, capsys):
    write_split(place / "data", "tiny_shakespeare", "validation", text=["ADA:\nGood morrow.\n\n" * 90])
    write_split(place / "data", "english_novels", "validation", text=["It was a good evening.\n" * 80])
    monkeypatch.setattr(train, "CHECKPOINTS_DIR", place / "checkpoints")
    assert call(monkeypatch, "reference", "--data-dir", place / "data") == 0
    path = place / "checkpoints" / "reference.txt"
    first = path.read_bytes()
    assert capsys.readouterr().out == f"wrote {path}, {len(first):,} bytes\n"
    assert call(monkeypatch, "reference", "--data-dir", place / "data") == 0
    assert path.read_bytes() == first
