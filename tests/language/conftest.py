"""A tiny writer with random weights."""

import pytest
from tiny import checkpoint_of, language_model

from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import save_checkpoint
from rnn_demo.language.write import Writer


@pytest.fixture(params=CELLS)
def writer(request, tokenizer):
    """Make a predictor of a tiny model, once a cell."""
    model = language_model(tokenizer.vocab_size, request.param, num_layers=2)
    return Writer("tiny", model, tokenizer, checkpoint_of("lm", request.param))


@pytest.fixture
def folder(tokenizer, tmp_path):
    """Write a tiny model as a checkpoint."""
    save_checkpoint(tmp_path / "lm-tiny", language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm"))
    return tmp_path / "lm-tiny"
