"""The held-out text is read once a model, passage by passage, as if each had been read alone."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tiny_models import NAMES, tiny_checkpoint, tiny_model

from rnn_demo.errors import CheckpointError
from rnn_demo.microscope import reference as reference_module
from rnn_demo.microscope.reference import PASSAGE_BREAK, ReferenceShelf, read_passages, read_reference
from rnn_demo.microscope.trace import parts_of, trace_hidden_states
from rnn_demo.reader import Reader
from rnn_demo.tasks import TASKS
from rnn_demo.tokenizer import Tokenizer

PASSAGES = ("Ada walked in London.\n\nIt was fine.", "Rome", "“No,” said Babbage, and Ada met him every day in Paris.")


def reader_of(name: str, tokenizer: Tokenizer) -> Reader:
    checkpoint = tiny_checkpoint(name)
    return TASKS[checkpoint.task].reader(name, tiny_model(name, tokenizer.vocab_size), tokenizer, checkpoint)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "reference.txt").write_text(PASSAGE_BREAK.join(PASSAGES) + "\n", encoding="utf-8")
    return tmp_path / "reference.txt"


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_that_of_its_passage_read_alone(tokenizer: Tokenizer, name: str) -> None:
    reader = reader_of(name, tokenizer)
    for part in parts_of(reader):
        found = read_reference(reader, PASSAGES, part)
        assert len(found.layers) == 2
        for i, passage in enumerate(PASSAGES):
            rows = slice(found.starts[i], found.starts[i + 1])
            for layer in (0, 1):
                alone = trace_hidden_states(reader, passage, layer, part).states
                np.testing.assert_allclose(found.layers[layer][rows], alone, rtol=1e-3, atol=1e-3)
                assert found.layers[layer].dtype == np.float16


def test_passages_are_read_as_they_were_joined(path: Path) -> None:
    assert [passage.strip() for passage in read_passages(path)] == list(PASSAGES)


def test_a_missing_an_empty_or_a_broken_text_says_how_to_make_it(tmp_path: Path) -> None:
    path = tmp_path / "reference.txt"
    with pytest.raises(
        CheckpointError, match=r"cannot read the held-out text reference.txt \(File.*train.py reference"
    ):
        read_passages(path)
    path.write_bytes(b"\n\n\n\n")
    with pytest.raises(CheckpointError, match="is empty; make it with"):
        read_passages(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(CheckpointError, match="cannot read the held-out text"):
        read_passages(path)


def test_a_shelf_reads_once_for_all_visitors_and_forgets_the_oldest(
    path: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(reader: Reader, passages: list[str], part: str) -> object:
        asked.append(reader.name)
        return read_reference(reader, passages, part)

    monkeypatch.setattr(reference_module, "read_reference", counted)
    monkeypatch.setattr(reference_module, "MAX_KEPT", 2)
    shelf = ReferenceShelf(path)
    first, second, third = (reader_of(name, tokenizer) for name in NAMES[:3])
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(shelf.get, [first] * 8))
    assert asked == [first.name]
    assert all(one is found[0] for one in found)
    for reader in (second, first, third, first, second):
        shelf.get(reader)
    assert asked == [first.name, second.name, third.name, second.name]


def test_a_text_that_is_missing_at_first_is_read_once_it_is_there(path: Path, tokenizer: Tokenizer) -> None:
    text = path.read_bytes()
    path.unlink()
    shelf, reader = ReferenceShelf(path), reader_of("lm-gru", tokenizer)
    with pytest.raises(CheckpointError, match="make it with"):
        shelf.get(reader)
    path.write_bytes(text)
    assert len(shelf.get(reader).passages) == len(PASSAGES)


def test_only_so_many_characters_are_read(path: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_module, "STATE_CHARS", 60)
    found = ReferenceShelf(path).get(reader_of("lm-rnn", tokenizer))
    assert [one.text.strip() for one in found.passages] == [PASSAGES[0], PASSAGES[2]]
