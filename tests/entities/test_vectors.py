"""A table of word vectors: from a text file to a small file, and each word found again by its forms."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from rnn_demo.entities.config import VectorsRecipe
from rnn_demo.entities.quantise import build_vectors, make_table, read_glove, read_table
from rnn_demo.entities.spelling import spell
from rnn_demo.entities.vectors import WordVectors
from rnn_demo.errors import CheckpointError, DataError, InputError

WORDS = ["the", "london", "beyonce", "Rome", "1996", "n't"]


def vectors_of(table):
    size = table["codebooks"].shape[0] * table["codebooks"].shape[2]
    vectors = WordVectors(len(table["keys"]), len(table["codes"]), size, table["codes"].shape[1])
    vectors.load_state_dict(table)
    return vectors


def rows_of(vectors, *words):
    return vectors.find(torch.tensor([spell(word).keys for word in words]))


@pytest.fixture
def glove(tmp_path):
    """Write 300 words with 8 numbers each; give the file and the numbers."""
    numbers = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    words = [*WORDS, *(f"word{i}" for i in range(300 - len(WORDS)))]
    path = tmp_path / "glove.txt"
    rows = zip(words, numbers, strict=True)
    path.write_text("".join(f"{word} {' '.join(map(str, row))}\n" for word, row in rows), encoding="utf-8")
    return path, numbers


def recipe_of(path, tmp_path, **changes):
    settings = {"name": "tiny", "licence": "public domain", "output": tmp_path / "out" / "v.safetensors", "parts": 4}
    return VectorsRecipe(source=str(path), **{**settings, **changes})


def test_a_words_vector_comes_back_nearly_and_under_each_of_its_forms(glove, tmp_path):
    path, numbers = glove
    table, about = read_table(build_vectors(recipe_of(path, tmp_path)))
    assert about == {"source": "tiny", "licence": "public domain"}
    vectors = vectors_of(table)
    rows = rows_of(vectors, "The", "LONDON", "Beyoncé", "rome", "ROME", "1996", "n’t", "Reuters", "")
    expected = torch.from_numpy(numbers / numbers.std())[[0, 1, 2, 3, 3, 4, 5]]
    assert rows.tolist()[7:] == [-1, -1]
    found = vectors(rows)
    assert float((found[:7] - expected).square().mean()) < 0.05  # of 1
    assert found[7:].abs().max() == 0


def test_words_may_share_a_row():
    numbers = np.random.default_rng(0).normal(size=(2, 4)).astype(np.float32)
    vectors = vectors_of(make_table(["a", "b", "c"], np.array([0, 1, 0]), numbers, 2, seed=0))
    rows = rows_of(vectors, "a", "b", "c")
    assert rows[0] == rows[2] != rows[1]
    torch.testing.assert_close(vectors(rows), torch.from_numpy(numbers / numbers.std())[[0, 1, 0]])


def test_the_same_table_comes_of_the_same_seed(glove, tmp_path):
    path, _ = glove
    first, second = (read_table(build_vectors(recipe_of(path, tmp_path)))[0] for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_first_words_are_kept_and_a_dry_run_writes_nothing(glove, tmp_path):
    path, _ = glove
    assert read_glove(str(path), 3)[0] == WORDS[:3]
    assert build_vectors(recipe_of(path, tmp_path, dry_run=True)) is None
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; give a file with a word and its numbers a line"),
        ("a 1 2\nb 1\n", "line 2 of .* has 1 numbers, the first 2"),
        ("a 1 b\n", "line 1 of .* is no word with its numbers: 'a 1 b"),
        ("a 1 2 3\n", "vectors of 3 numbers do not fall into 4 equal --parts"),
    ],
)
def test_a_file_that_is_no_table_is_refused(text, message, tmp_path):
    path = tmp_path / "glove.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        build_vectors(recipe_of(path, tmp_path))


def test_what_is_neither_a_file_nor_a_spacy_model_is_refused(tmp_path):
    with pytest.raises(DataError, match="nowhere is no file"):
        build_vectors(recipe_of("nowhere", tmp_path))
    with pytest.raises(InputError, match="parts is 0; it must be 1 or more"):
        recipe_of("nowhere", tmp_path, parts=0)


def test_a_broken_table_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot read the vectors .*train.py vectors"):
        read_table(tmp_path / "none.safetensors")
    save_file({"keys": torch.zeros(1)}, tmp_path / "half.safetensors")
    with pytest.raises(CheckpointError, match="lacks codebooks, codes"):
        read_table(tmp_path / "half.safetensors")
