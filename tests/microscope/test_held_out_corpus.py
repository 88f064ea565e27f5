"""The held-out text is read once a model, passage by passage, as if each had been read alone."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tiny_models import NAMES, tiny_checkpoint, tiny_model

from rnn_demo.errors import CheckpointError
from rnn_demo.microscope import held_out_corpus as reference_module
from rnn_demo.microscope.held_out_corpus import CHUNK_BREAK, HeldOutStore, read_chunks, read_held_out
from rnn_demo.microscope.trace import quantities_of, trace_hidden_states
from rnn_demo.predictor import Predictor
from rnn_demo.tasks import TASKS
from rnn_demo.tokenizer import Tokenizer

PASSAGES = ("Ada walked in London.\n\nIt was fine.", "Rome", "“No,” said Babbage, and Ada met him every day in Paris.")


def reader_of(name: str, tokenizer: Tokenizer) -> Predictor:
    checkpoint = tiny_checkpoint(name)
    return TASKS[checkpoint.task].predictor(name, tiny_model(name, tokenizer.vocab_size), tokenizer, checkpoint)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "reference.txt").write_text(CHUNK_BREAK.join(PASSAGES) + "\n", encoding="utf-8")
    return tmp_path / "reference.txt"


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_that_of_its_passage_read_alone(tokenizer: Tokenizer, name: str) -> None:
    predictor = reader_of(name, tokenizer)
    for quantity in quantities_of(predictor):
        found = read_held_out(predictor, PASSAGES, quantity)
        assert len(found.layers) == 2
        for i, passage in enumerate(PASSAGES):
            rows = slice(found.starts[i], found.starts[i + 1])
            for layer in (0, 1):
                alone = trace_hidden_states(predictor, predictor.read(passage), layer, quantity).states
                np.testing.assert_allclose(found.layers[layer][rows], alone, rtol=1e-3, atol=1e-3)
                assert found.layers[layer].dtype == np.float16


def test_passages_are_read_as_they_were_joined(path: Path) -> None:
    assert [passage.strip() for passage in read_chunks(path)] == list(PASSAGES)


def test_a_missing_an_empty_or_a_broken_text_says_how_to_make_it(tmp_path: Path) -> None:
    path = tmp_path / "reference.txt"
    with pytest.raises(
        CheckpointError, match=r"cannot read the held-out text reference.txt \(File.*train.py reference"
    ):
        read_chunks(path)
    path.write_bytes(b"\n\n\n\n")
    with pytest.raises(CheckpointError, match="is empty; make it with"):
        read_chunks(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(CheckpointError, match="cannot read the held-out text"):
        read_chunks(path)


def test_a_shelf_reads_once_for_all_visitors_and_forgets_the_oldest(
    path: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(predictor: Predictor, passages: list[str], quantity: str) -> object:
        asked.append(predictor.name)
        return read_held_out(predictor, passages, quantity)

    monkeypatch.setattr(reference_module, "read_held_out", counted)
    monkeypatch.setattr(reference_module, "MAX_KEPT", 2)
    store = HeldOutStore(path)
    first, second, third = (reader_of(name, tokenizer) for name in NAMES[:3])
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(store.get, [first] * 8))
    assert asked == [first.name]
    assert all(one is found[0] for one in found)
    for predictor in (second, first, third, first, second):
        store.get(predictor)
    assert asked == [first.name, second.name, third.name, second.name]


def test_a_text_that_is_missing_at_first_is_read_once_it_is_there(path: Path, tokenizer: Tokenizer) -> None:
    text = path.read_bytes()
    path.unlink()
    store, predictor = HeldOutStore(path), reader_of("lm-gru", tokenizer)
    with pytest.raises(CheckpointError, match="make it with"):
        store.get(predictor)
    path.write_bytes(text)
    assert len(store.get(predictor).passages) == len(PASSAGES)


def test_only_so_many_characters_are_read(path: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_module, "STATE_CHARS", 60)
    found = HeldOutStore(path).get(reader_of("lm-rnn", tokenizer))
    assert [one.text.strip() for one in found.passages] == [PASSAGES[0], PASSAGES[2]]
