"""The sentiment direction finds what was put into made-up states, and nothing in noise."""

import numpy as np
import pytest

from rnn_demo.microscope.sentiment_direction import (
    LayerStates,
    SentimentDirection,
    find_sentiment_direction,
    to_entry,
)


def made_up(shift: float, num_reviews: int = 400) -> tuple[LayerStates, np.ndarray]:
    """States of which unit 3 falls by `shift` in praise, beside a loud unit 0 that is in the way of unit 1."""
    rng = np.random.default_rng(0)
    positive = rng.random(num_reviews) < 0.5
    noise = rng.normal(size=(3, num_reviews, 6))
    noise[:, :, 0] *= 20
    noise[:2, :, 3] -= shift * positive[:, None].T
    return LayerStates(*noise.astype(np.float32)), positive


def test_the_direction_and_the_unit_are_those_that_were_put_in() -> None:
    states, positive = made_up(4.0)
    found = find_sentiment_direction(states, positive)
    assert np.abs(found.vector).argmax() == 3
    assert found.vector[3] < 0
    assert np.linalg.norm(found.vector) == pytest.approx(1, abs=1e-6)
    assert found.unit == 3
    assert found.accuracy > 0.9
    assert found.unit_accuracy > 0.9
    assert found.positive_mean > found.negative_mean
    assert found.unit_positive < 0 < found.unit_negative


def test_the_spread_is_that_of_single_tokens() -> None:
    states, positive = made_up(4.0)
    found = find_sentiment_direction(states, positive)
    along = states.drawn @ found.vector
    assert found.at(0) == pytest.approx(along.mean(), abs=1e-5)
    assert found.at(-2) == pytest.approx(along.mean() - 2 * along.std(), abs=1e-4)


def test_a_loud_unit_that_tells_nothing_does_not_drown_the_direction() -> None:
    states, positive = made_up(2.0)
    found = find_sentiment_direction(states, positive)
    assert found.accuracy > found.difference_accuracy + 0.1


def test_noise_tells_nothing() -> None:
    states, positive = made_up(0.0)
    found = find_sentiment_direction(states, positive)
    assert 0.35 < found.accuracy < 0.65
    assert 0.35 < found.unit_accuracy < 0.65


def test_the_pooling_that_tells_more_is_kept() -> None:
    states, positive = made_up(4.0)
    silent = np.random.default_rng(1).normal(size=states.mean.shape).astype(np.float32)
    assert find_sentiment_direction(LayerStates(silent, states.last, states.drawn), positive).pooling == "last"
    assert find_sentiment_direction(LayerStates(states.mean, silent, states.drawn), positive).pooling == "mean"


def test_an_entry_gives_each_layer_back() -> None:
    layers = [find_sentiment_direction(*made_up(shift)) for shift in (1.0, 4.0)]
    entry = to_entry(layers, 400)
    assert entry.notes["reviews"] == 400
    for layer in (0, 1, -1, -2):
        read, written = SentimentDirection.from_entry(entry, layer), layers[layer]
        np.testing.assert_array_equal(read.vector, written.vector)
        assert (read.unit, read.accuracy, read.at(2.0)) == (written.unit, written.accuracy, written.at(2.0))
