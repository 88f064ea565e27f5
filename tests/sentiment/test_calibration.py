"""Calibration: the temperature fits the clear rows, the width the neutral ones, at little cost to the clear."""

import numpy as np
import pytest

from rnn_demo.sentiment.calibration import MAX_ERROR, WIDTHS, Scored, calibrate, clear_rows, draw_in
from rnn_demo.sentiment.config import SentimentConfig
from rnn_demo.sentiment.score import label_of
from rnn_demo.training.metrics import expected_calibration_error

CONFIG = SentimentConfig("lstm", 40, 8, 6, 1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def drawn(rng, count, length, factor):
    """Draw clear rows whose log-odds are too large by a factor."""
    true_odds = rng.normal(0, 3, count)
    targets = (rng.random(count) < sigmoid(true_odds)).astype(float)
    return Scored(np.full(count, length), factor * true_odds, targets)


def test_temperatures_are_found_for_short_and_for_long_texts():
    rng = np.random.default_rng(0)
    rows = [drawn(rng, 4000, 20, 2.0), drawn(rng, 4000, 300, 0.8), drawn(rng, 4000, 30, 2.0)]
    (short, sharp), (long, dull) = calibrate(CONFIG, rows).temperatures
    assert (short, long) == (25.0, 300.0)
    assert sharp == pytest.approx(2, rel=0.07)
    assert dull == pytest.approx(0.8, rel=0.07)
    assert [width for _, width in calibrate(CONFIG, rows).neutral_widths] == [0, 0]


def test_a_middle_that_is_too_narrow_is_widened_as_far_as_clear_texts_allow():
    rng = np.random.default_rng(0)
    odds = np.where(rng.random(2000) < 0.5, 4.0, -4.0) + rng.normal(0, 1.5, 2000)
    clear = Scored(np.full(2000, 20), odds, (rng.random(2000) < sigmoid(odds)).astype(float))
    neutral = Scored(np.full(500, 20), rng.normal(0, 0.7, 500), np.full(500, 0.5))
    both = Scored(*(np.concatenate(pair) for pair in zip(vars(clear).values(), vars(neutral).values(), strict=True)))
    config = calibrate(CONFIG, [both])
    ((_, width),), ((_, temperature),) = config.neutral_widths, config.temperatures
    assert 0 < width <= WIDTHS[-1]

    def right(width, temperature):
        labels = [label_of(score) for score in sigmoid(draw_in(neutral.log_odds / temperature, width))]
        return labels.count("neutral") / 500

    assert right(width, temperature) > right(0, 1) + 0.2
    scores = sigmoid(draw_in(clear.log_odds / temperature, width))
    assert expected_calibration_error(scores, clear.targets.astype(int)) <= MAX_ERROR


def test_without_clear_rows_nothing_is_calibrated():
    nothing = calibrate(CONFIG, [Scored(np.array([5.0]), np.array([1.0]), np.array([0.5]))])
    assert nothing.temperatures == nothing.neutral_widths == ()


def test_temperatures_come_from_data_sets_that_hardly_hold_neutral_rows():
    rng = np.random.default_rng(0)
    clear, mixed = drawn(rng, 3000, 20, 1.5), drawn(rng, 3000, 20, 0.5)
    half = Scored(mixed.lengths, mixed.log_odds, np.where(np.arange(3000) % 2, mixed.targets, 0.5))
    assert clear_rows([clear, half]).targets.tolist() == clear.targets.tolist()
    assert len(clear_rows([half]).targets) == 1500
    assert len(clear_rows([]).targets) == 0
    ((_, alone),) = calibrate(CONFIG, [clear]).temperatures
    assert alone == pytest.approx(1.5, rel=0.07)
