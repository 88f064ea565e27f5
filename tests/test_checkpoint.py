"""Save and load as one pair; and whatever is wrong with a folder is said by name."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from tiny import checkpoint_of, language_model, sentiment_model

import rnn_demo
from rnn_demo import checkpoint as checkpoint_module
from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import (
    copy_matching_weights,
    find_checkpoint,
    read_checkpoint,
    save_checkpoint,
    shipped_checkpoints,
)
from rnn_demo.comparison import choose_by_cell, trained_alike
from rnn_demo.encoder import Encoder
from rnn_demo.errors import CheckpointError, InputError
from rnn_demo.int8 import pack_weights, unpack_weights
from rnn_demo.language.model import LanguageModel
from rnn_demo.language.write import Writer
from rnn_demo.sentiment.model import SentimentModel
from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.tasks import TASKS

FILES = {"config.json", "model.safetensors", "tokenizer.model", "README.md"}


@pytest.fixture
def folder(tokenizer, tmp_path):
    """Write a tiny language model as a checkpoint."""
    save_checkpoint(tmp_path / "lm-tiny", language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm"))
    return tmp_path / "lm-tiny"


def change_config(folder, **changes):
    path = folder / "config.json"
    values = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({name: value for name, value in values.items() if value != "left out"}))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("make", [language_model, sentiment_model])
def test_round_trip(make, cell, tokenizer, tmp_path):
    model = make(tokenizer.vocab_size, cell, num_layers=2)
    task = "lm" if make is language_model else "sentiment"
    about = checkpoint_of(task, cell, metrics={"tiny/test": {"tokens": 5}})
    save_checkpoint(tmp_path / "new" / "tiny", model, tokenizer, about)
    folder = tmp_path / "new" / "tiny"
    assert {path.name for path in folder.iterdir()} == FILES
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]
    predictor = rnn_demo.load(str(folder))
    assert type(predictor) is (Writer if task == "lm" else SentimentScorer)
    assert predictor.name == "tiny"
    assert predictor.checkpoint == about == read_checkpoint(folder)
    assert predictor.model.config == model.config
    assert predictor.tokenizer.model_proto == tokenizer.model_proto
    assert not predictor.model.training
    stored = unpack_weights(pack_weights(model.state_dict()))
    for name, tensor in predictor.model.state_dict().items():
        assert tensor.dtype == torch.float32
        torch.testing.assert_close(tensor, stored[name], rtol=0, atol=0)


def test_saving_what_was_loaded_changes_no_number(folder, tokenizer, tmp_path):
    first = LanguageModel.load(folder)
    save_checkpoint(tmp_path / "again", first, tokenizer, checkpoint_of("lm"))
    for name, tensor in LanguageModel.load(tmp_path / "again").state_dict().items():
        torch.testing.assert_close(tensor, first.state_dict()[name], rtol=1e-6, atol=0)


@given(
    rows=st.lists(
        st.lists(st.floats(-1e4, 1e4, width=32), min_size=3, max_size=3),
        min_size=1,
        max_size=4,
    )
)
def test_a_packed_number_is_off_by_half_a_scale_at_most(rows):
    matrix = torch.tensor(rows)
    packed = pack_weights({"w": matrix, "b": matrix[0]})
    assert packed["w"].dtype == torch.int8
    assert packed["w.row_scale"].dtype == torch.float32
    unpacked = unpack_weights(packed)
    half_scale = matrix.abs().amax(dim=1, keepdim=True) / 127 / 2
    assert ((unpacked["w"] - matrix).abs() <= half_scale * 1.0001 + 1e-37).all()
    assert torch.equal(unpacked["b"], matrix[0])


def test_nothing_is_pickled(folder):
    assert not any(zipfile.is_zipfile(path) for path in folder.iterdir())  # what torch.save writes
    dtypes = {name: tensor.dtype for name, tensor in load_file(folder / "model.safetensors").items()}
    assert dtypes["encoder.embedding.weight"] == torch.int8
    assert dtypes["bias"] == torch.float32


def test_the_mixin_loads_a_folder_by_itself(folder):
    model = LanguageModel.from_pretrained(folder)
    assert model.config == LanguageModel.load(folder).config


@pytest.mark.parametrize("name", sorted(FILES - {"README.md"}))
@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "noise"])
def test_a_missing_or_broken_file_is_named(folder, name, damage):
    path = folder / name
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes({"empty": b"", "truncated": content[: len(content) // 2], "noise": b"\xff\x00 noise"}[damage])
    with pytest.raises(CheckpointError, match=name.replace(".", r"\.")):
        rnn_demo.load(str(folder))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "left out"}, r"config\.json lacks task"),
        ({"minutes": "left out", "seed": "left out"}, r"config\.json lacks seed, minutes"),
        ({"task": "poems"}, r"unknown task 'poems'; choose one of lm, sentiment, ner"),
        ({"cell": "lstmm"}, r"config\.json does not describe a LanguageModel: unknown cell 'lstmm'"),
        (
            {"hidden_size": 7},
            r"does not fit its config\.json: encoder\.layers\.0\S+weight_ih_l0 is \(24, 8\) in the file",
        ),
        ({"num_layers": 2}, r"encoder\.layers\.1\S+ is missing in the file"),
        ({"cell": "gru"}, r"weight_ih_l0 is \(24, 8\) in the file and \(18, 8\) by the config"),
        ({"vocab_size": 601}, r"encoder\.embedding\.weight is \(600, 8\)|bias is \(600,\) in the file"),
        ({"hidden_size": "left out"}, r"does not describe a LanguageModel: .*hidden_size"),
        ({"hidden_size": 0}, r"hidden_size is 0; it must be 1 or more"),
        ({"hidden_size": "six"}, r"does not describe a LanguageModel"),
        ({"hidden_size": 10**12}, r"does not describe a LanguageModel"),
        ({"dropout_prob": 1.5}, r"dropout_prob is 1\.5; it must be in \[0, 1\)"),
    ],
)
def test_a_config_that_does_not_fit_is_refused_by_its_field(folder, changes, message):
    change_config(folder, **changes)
    with pytest.raises((CheckpointError, InputError), match=message):
        rnn_demo.load(str(folder))


@pytest.mark.parametrize("content", ["[]", "5", "null", '"config"'])
def test_a_config_that_is_no_object_is_refused(folder, content):
    (folder / "config.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"config\.json contains a \w+; expected an object"):
        read_checkpoint(folder)


@pytest.mark.parametrize("scale", ["left out", torch.ones(1), torch.ones(600, 1)])
def test_int8_rows_without_a_scale_each_are_refused(folder, scale):
    path = folder / "model.safetensors"
    weights = load_file(path)
    name = "encoder.embedding.weight.row_scale"
    del weights[name]
    save_file(weights if scale == "left out" else {**weights, name: scale}, path)
    with pytest.raises(CheckpointError, match=rf"model\.safetensors: encoder\.embedding\.weight needs {name}"):
        rnn_demo.load(str(folder))


def test_another_tasks_reader_or_tokenizer_is_refused(folder, tokenizer, tmp_path):
    with pytest.raises(CheckpointError, match="is of task 'lm', not 'sentiment'"):
        SentimentScorer.load(folder)
    save_checkpoint(tmp_path / "small", language_model(500), tokenizer, checkpoint_of("lm"))
    with pytest.raises(CheckpointError, match=r"tokenizer has 600 subwords, vocab_size in config.json is 500"):
        rnn_demo.load(str(tmp_path / "small"))


def test_recording_metrics_updates_config_and_card(folder):
    task = TASKS["lm"]
    task.record(folder, "tiny/test", {"nats_per_token": 4.25, "tokens": 12345})
    task.record(folder, "tiny/validation", {"nats_per_token": 4.5, "tokens": 7, "per_type": {"PER": {"f1": 1.0}}})
    task.record(folder, "tiny/test", {"nats_per_token": 4.125, "tokens": 12345})
    assert read_checkpoint(folder).metrics == {
        "tiny/test": {"nats_per_token": 4.125, "tokens": 12345},
        "tiny/validation": {"nats_per_token": 4.5, "tokens": 7, "per_type": {"PER": {"f1": 1.0}}},
    }
    card = (folder / "README.md").read_text()
    assert card.startswith("---\n")
    for line in (
        "# lm-tiny",
        "| nats_per_token | 4.1250 |",
        "| tokens | 12,345 |",
        "**tiny/validation**: the split that chose the weights",
        "python train.py lm --cell lstm",
        "- tiny: public domain",
    ):
        assert line in card
    assert "4.2500" not in card
    assert "per_type" not in card


def test_a_checkpoint_is_replaced_and_nothing_else_is(folder, tokenizer, tmp_path):
    model = language_model(tokenizer.vocab_size, "gru")
    save_checkpoint(folder, model, tokenizer, checkpoint_of("lm", "gru"))
    assert read_checkpoint(folder).cell == "gru"
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "love.txt").write_text("dear")
    (tmp_path / "file").write_text("a file")
    for name, message in (
        ("letters", "contains something other than a checkpoint"),
        ("file", "is a file; give a folder"),
    ):
        with pytest.raises(InputError, match=message):
            save_checkpoint(tmp_path / name, model, tokenizer, checkpoint_of("lm"))
    assert (tmp_path / "letters" / "love.txt").read_text() == "dear"


def test_a_checkpoint_can_be_written_into_the_folder_one_stands_in(tokenizer, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    save_checkpoint(Path("."), language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm"))
    assert read_checkpoint(tmp_path / "here").task == "lm"


def test_checkpoints_are_found_by_name_and_by_folder(folder, monkeypatch):
    monkeypatch.setattr(checkpoint_module, "CHECKPOINTS_DIR", folder.parent)
    assert find_checkpoint("lm-tiny") == folder
    assert find_checkpoint(folder) == folder
    assert shipped_checkpoints() == ["lm-tiny"]


@pytest.mark.parametrize("name", ["lm-tinny", "", "x" * 5000, "a\0b"])
def test_an_unknown_name_lists_what_is_there(folder, monkeypatch, name):
    monkeypatch.setattr(checkpoint_module, "CHECKPOINTS_DIR", folder.parent)
    with pytest.raises(CheckpointError, match=r"there is no checkpoint '.*has lm-tiny \(train one with"):
        find_checkpoint(name)


def test_a_hub_id_is_downloaded_and_loaded(folder, monkeypatch):
    asked = []
    monkeypatch.setattr(checkpoint_module, "snapshot_download", lambda name: asked.append(name) or str(folder))
    predictor = rnn_demo.load("someone/lm-tiny")
    assert isinstance(predictor, Writer)
    assert predictor.name == "lm-tiny"  # and not the folder of the download, which is a hash
    assert asked == ["someone/lm-tiny"]


@pytest.mark.parametrize("error", [OSError("no network"), ConnectionError("no route")])
def test_a_hub_that_does_not_answer_is_told(monkeypatch, error):
    def refuse(name):
        raise error

    monkeypatch.setattr(checkpoint_module, "snapshot_download", refuse)
    with pytest.raises(CheckpointError, match=r"no folder someone/lm, and the Hub did not provide 'someone/lm': no "):
        find_checkpoint("someone/lm")


def test_the_weights_of_a_hub_id_come_from_where_its_config_came_from(folder, monkeypatch):
    asked = []
    monkeypatch.setattr(checkpoint_module, "snapshot_download", lambda name, **how: asked.append(how) or str(folder))
    monkeypatch.setattr("huggingface_hub.hub_mixin.hf_hub_download", lambda **how: str(folder / "config.json"))
    LanguageModel.from_pretrained("someone/lm-tiny", revision="v2", token="secret")
    assert asked == [asked[0] | {"revision": "v2", "token": "secret"}]


def test_a_path_is_never_taken_for_a_shipped_name(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint_module, "CHECKPOINTS_DIR", folder.parent)
    (own := tmp_path / "own" / "lm-tiny").mkdir(parents=True)
    monkeypatch.chdir(own.parent)
    assert find_checkpoint("lm-tiny") == folder
    assert find_checkpoint("./lm-tiny").resolve() == own
    assert find_checkpoint(".").resolve() == own.parent


def test_weights_are_copied_where_name_and_shape_agree(folder, tokenizer):
    source = LanguageModel.load(folder)
    target = sentiment_model(tokenizer.vocab_size)
    copied = copy_matching_weights(target, folder)
    assert copied == sorted(f"encoder.{name}" for name in Encoder(source.config).state_dict())
    for name in copied:
        assert torch.equal(target.state_dict()[name], source.state_dict()[name])


def test_copying_nothing_is_an_error(folder, tokenizer):
    other = SentimentModel(replace(sentiment_model(500).config, embed_size=3, hidden_size=5))
    with pytest.raises(CheckpointError, match=r"no weight of .*lm-tiny fits this network"):
        copy_matching_weights(other, folder)


def test_the_cells_are_compared_by_those_that_were_trained_alike():
    def trained(cell, tokens, *data):
        return checkpoint_of("lm", cell, training={"tokens": tokens}, data=list(data))

    long, alike = trained("lstm", 90, "a", "b"), trained("lstm", 10, "a", "b")
    others = {"gru": trained("gru", 10, "a", "b"), "rnn": trained("rnn", 10, "a", "b")}
    assert choose_by_cell({"long": long, "alike": alike, **others}) == {"rnn": "rnn", "gru": "gru", "lstm": "alike"}
    assert choose_by_cell({"long": long, **others}) == {"rnn": "rnn", "gru": "gru", "lstm": "long"}
    assert choose_by_cell({"long": long, "alike": alike, "elsewhere": trained("gru", 10, "a")})["lstm"] == "long"
    assert choose_by_cell({}) == {}


def test_alike_are_those_with_the_same_data_tokens_and_nearly_as_many_parameters():
    one = checkpoint_of("lm", "gru", num_parameters=1000)
    other = replace(one, cell="lstm", num_parameters=1050)
    assert trained_alike([one, other])
    for changes in ({"num_parameters": 1051}, {"data": ["else/train"]}, {"training": {"tokens": 11}}):
        assert not trained_alike([one, replace(other, **changes)])
    assert not trained_alike([one])
    assert not trained_alike([])
