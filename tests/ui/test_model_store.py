"""The store loads what it can, and names what is broken with the command that trains it."""

import json
from pathlib import Path
from shutil import copytree, rmtree

import pytest
import torch
from safetensors.torch import save_file
from tiny_models import NAMES, tiny_checkpoint, tiny_model

from rnn_demo.checkpoint import save_checkpoint
from rnn_demo.entities.tag import EntityTagger
from rnn_demo.errors import CheckpointError, InputError
from rnn_demo.language.write import Writer
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.vocabulary import learn_characters
from rnn_demo.ui.model_store import ModelStore


@pytest.fixture
def folder(checkpoints_dir: Path, tmp_path: Path) -> Path:
    """Copy the checkpoints, to break some."""
    return Path(copytree(checkpoints_dir, tmp_path / "checkpoints"))


def test_store_has_all_checkpoints_with_the_default_first(checkpoints_dir: Path) -> None:
    store = ModelStore(checkpoints_dir)
    assert store.names() == list(NAMES)
    assert store.names("lm") == ["lm-lstm", "lm-gru", "lm-rnn"]
    assert store.problems() == []
    assert store.get("lm-gru", Writer) is store.get("lm-gru", Writer)


def test_store_finds_a_checkpoint_that_was_added(folder: Path, tokenizer: Tokenizer) -> None:
    model = tiny_model("sentiment-gru", tokenizer.vocab_size)
    save_checkpoint(folder / "sentiment-gru", model, tokenizer, tiny_checkpoint("sentiment-gru"))
    (folder / "tokenizer").mkdir()
    assert ModelStore(folder).names("sentiment") == ["sentiment-lstm", "sentiment-gru"]


def test_models_of_other_subwords_are_not_compared(folder: Path, tokenizer: Tokenizer) -> None:
    of_characters = Tokenizer(learn_characters(["She was a good child.", "No!"]))
    model = tiny_model("lm-lstm", of_characters.vocab_size)
    save_checkpoint(folder / "verse", model, of_characters, tiny_checkpoint("lm-lstm"))
    store = ModelStore(folder)
    assert store.names("lm") == ["lm-lstm", "lm-gru", "lm-rnn", "verse"]
    assert store.names_alike("lm-rnn") == ["lm-rnn", "lm-lstm", "lm-gru"]
    assert store.names_alike("verse") == ["verse"]
    assert store.names_alike("ner-lstm") == ["ner-lstm"]


def test_models_have_titles_that_tell_them_apart(folder: Path, tokenizer: Tokenizer) -> None:
    copytree(folder / "lm-rnn", folder / "mine")
    of_characters = Tokenizer(learn_characters(["She was a good child.", "No!"]))
    save_checkpoint(
        folder / "verse", tiny_model("lm-lstm", of_characters.vocab_size), of_characters, tiny_checkpoint("lm-lstm")
    )
    store = ModelStore(folder)
    assert dict(map(reversed, store.choices("lm"))) == {
        "lm-lstm": "LSTM, best",
        "lm-gru": "GRU",
        "lm-rnn": "RNN, best",
        "mine": "RNN (mine)",
        "verse": "LSTM, letter by letter",
    }
    assert ("sentiment: LSTM", "sentiment-lstm") in store.choices()
    assert len({title for title, _ in store.choices()}) == len(store.names())


def test_store_without_any_checkpoint_names_all_that_are_missing(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "nowhere")
    assert store.names() == []
    assert [entry.name for entry in store.problems()] == list(NAMES)
    problem = store.problems("sentiment")[0]
    assert "sentiment-lstm/config.json" in problem.problem
    assert problem.command == "python train.py sentiment --cell lstm --init-from lm-lstm"


BREAKAGES = {
    "config.json is not JSON": lambda folder: (folder / "config.json").write_text("{"),
    "config.json is a list": lambda folder: (folder / "config.json").write_text("[]"),
    "config.json is missing": lambda folder: (folder / "config.json").unlink(),
    "a size is wrong": lambda folder: change_config(folder, hidden_size=13),
    "a size is no number": lambda folder: change_config(folder, hidden_size="many"),
    "the task is unknown": lambda folder: change_config(folder, task="poetry"),
    "the cell is unknown": lambda folder: change_config(folder, cell="lstmm"),
    "the weights are missing": lambda folder: (folder / "model.safetensors").unlink(),
    "the weights are cut off": lambda folder: (folder / "model.safetensors").write_bytes(b"\x08\x00"),
    "the weights are of something else": lambda folder: save_file({"w": torch.zeros(1)}, folder / "model.safetensors"),
    "the weights are not finite": lambda folder: spoil_weights(folder),
    "the tokenizer is missing": lambda folder: (folder / "tokenizer.model").unlink(),
    "the tokenizer is noise": lambda folder: (folder / "tokenizer.model").write_bytes(b"noise"),
}


def change_config(folder: Path, **values: object) -> None:
    config = json.loads((folder / "config.json").read_text()) | values
    (folder / "config.json").write_text(json.dumps(config))


def spoil_weights(folder: Path) -> None:
    from safetensors.torch import load_file

    weights = load_file(folder / "model.safetensors")
    weights["bias"][0] = float("nan")
    save_file(weights, folder / "model.safetensors")


def test_a_backward_language_model_is_known_by_its_config_not_by_its_name(folder: Path) -> None:
    """One of another name was broken on every tab, with the command that had made it as the remedy."""
    (folder / "lm-gru").rename(folder / "lm-gru-backward")
    (folder / "lm-rnn").rename(folder / "reversed")
    config = folder / "reversed" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "backward": True}))
    store = ModelStore(folder)
    assert "reversed" not in store.entries
    assert store.names("lm") == ["lm-lstm", "lm-gru-backward"]


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_store_keeps_the_rest_when_one_folder_is_broken(folder: Path, breakage: str) -> None:
    BREAKAGES[breakage](folder / "lm-gru")
    store = ModelStore(folder)
    (broken,) = store.problems()
    assert broken.name == "lm-gru"
    assert "checkpoints/lm-gru" in broken.problem
    assert str(folder) not in broken.problem
    assert broken.command.startswith("python train.py lm --cell gru")
    assert store.names() == ["lm-lstm", "lm-rnn", "sentiment-lstm", "ner-lstm"]
    with pytest.raises(CheckpointError, match=r"train it with `python train.py lm --cell gru"):
        store.get("lm-gru", Writer)


def test_messages_suggest_names(folder: Path) -> None:
    rmtree(folder / "lm-rnn")
    store = ModelStore(folder)
    with pytest.raises(InputError, match=r"unknown model 'lm-lst'; choose one of lm-lstm, lm-gru \(did you mean"):
        store.get("lm-lst", Writer)
    with pytest.raises(InputError, match="lm-lstm is of task lm, not ner; choose one of ner-lstm"):
        store.get("lm-lstm", EntityTagger)
