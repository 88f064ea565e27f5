"""Reviews read in batches have the states of reviews read alone; only language models have a direction."""

from functools import cached_property

import numpy as np
import pytest
import torch
from tiny import FILM_LABELS, FILM_TEXTS, checkpoint_of, language_model, sentiment_model

from rnn_demo.language.write import Writer
from rnn_demo.precompute import ANALYSES
from rnn_demo.precompute.held_out import HeldOut
from rnn_demo.precompute.sentiment_direction import read_reviews, sentiment_direction
from rnn_demo.sentiment.reviews import LabelledText
from rnn_demo.sentiment.score import SentimentScorer


class Films(HeldOut):
    """A few opinions, and one that is neither."""

    @cached_property
    def reviews(self):
        """Clear opinions, each several times, and an unclear one."""
        clear = [LabelledText(text, label) for text, label in zip(FILM_TEXTS, FILM_LABELS, strict=True)]
        return [*clear, *clear[::-1], *clear, *clear[::-1], LabelledText("it was there .", 0.5)]


@pytest.fixture
def writer(tokenizer):
    return Writer("tiny", language_model(tokenizer.vocab_size, num_layers=2), tokenizer, checkpoint_of("lm"))


def test_a_language_model_has_a_direction_per_layer(writer):
    assert ANALYSES["sentiment_direction"] is sentiment_direction
    entry = sentiment_direction(writer, Films(None))
    assert set(entry.arrays) == {"0.vector", "1.vector"}
    assert {vector.shape for vector in entry.arrays.values()} == {(6,)}
    assert entry.notes["reviews"] == 16
    assert all(layer["accuracy"] > 0.5 for layer in entry.notes["layers"])  # the same texts in both halves


def test_another_predictor_has_none(tokenizer):
    scorer = SentimentScorer("tiny", sentiment_model(tokenizer.vocab_size), tokenizer, checkpoint_of("sentiment"))
    assert sentiment_direction(scorer, Films(None)) is None


@torch.inference_mode()
def test_states_are_those_of_each_review_read_alone(writer):
    rows = [[4, *writer.tokenizer.encode(text)] for text in FILM_TEXTS]
    for layer, states in enumerate(read_reviews(writer.model.encoder, rows)):
        for i, row in enumerate(rows):
            h = writer.model.encoder(torch.tensor([row])).layers[layer][0, 1:].numpy()
            np.testing.assert_allclose(states.mean[i], h.mean(0), atol=1e-5)
            np.testing.assert_allclose(states.last[i], h[-1], atol=1e-5)
            assert np.abs(h - states.drawn[i]).sum(1).min() < 1e-4
