"""A tiny scorer with random weights."""

import pytest
from tiny import checkpoint_of, sentiment_model

from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import save_checkpoint
from rnn_demo.sentiment.score import SentimentScorer


@pytest.fixture(params=CELLS)
def scorer(request, tokenizer):
    """Make a predictor of a tiny model, once a cell."""
    model = sentiment_model(tokenizer.vocab_size, request.param, num_layers=2)
    return SentimentScorer("tiny", model, tokenizer, checkpoint_of("sentiment", request.param))


@pytest.fixture
def folder(tokenizer, tmp_path):
    """Write a tiny model as a checkpoint."""
    save_checkpoint(tmp_path / "tiny", sentiment_model(tokenizer.vocab_size), tokenizer, checkpoint_of("sentiment"))
    return tmp_path / "tiny"
