"""Learning the pieces: from train and unsupervised splits, repeatable, and refused where it cannot be."""

import pytest
from tiny import write_split

from rnn_demo.config import TokenizerRecipe
from rnn_demo.errors import DataError
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.vocabulary import train


@pytest.fixture
def data_dir(tmp_path):
    """Write texts with a letter a split that only stands there."""
    for i, split in enumerate(("train", "unsupervised", "validation", "test")):
        lines = [f"{'ΩЖΨΛ'[i]} is number {j}<br />of them é" for j in range(300)]
        write_split(tmp_path, "mine", split, text=lines)
    write_split(tmp_path, "tagged", "train", tokens=[["Φ", "two"]] * 100, ner_tags=[["O", "O"]] * 100)
    write_split(tmp_path, "pairs", "train", en=["Θ"] * 100, de=["Ξ"] * 100)
    (tmp_path / ".cache").mkdir()
    return tmp_path


def test_reads_train_and_unsupervised_and_nothing_else(data_dir):
    recipe = TokenizerRecipe(data_dir=data_dir, vocab_size=480)
    model_proto = train(recipe)
    tokenizer = Tokenizer(model_proto)
    pieces = {tokenizer.subword(token_id) for token_id in range(480)}
    assert set("ΩЖΦ\n") <= pieces
    assert not set("ΨΛΘΞ") & set("".join(pieces))
    assert not any("\n" in piece or "<br" in piece for piece in pieces - {"\n"})
    assert train(recipe) == model_proto


def test_no_text_and_too_little_text_are_refused(tmp_path):
    with pytest.raises(DataError, match="no text in no data set; expected a column text, sentence or tokens"):
        train(TokenizerRecipe(data_dir=tmp_path / "nowhere"))
    write_split(tmp_path, "mine", "train", text=["hardly anything"])
    with pytest.raises(DataError, match=r"cannot learn 8000 subwords from 1 lines: .*[Vv]ocabulary size"):
        train(TokenizerRecipe(data_dir=tmp_path))
