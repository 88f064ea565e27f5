"""Calibration error against its definition, bin by bin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_demo.training.metrics import expected_calibration_error, reliability


def by_definition(probs, labels, num_bins=15):
    total = 0.0
    for b in range(num_bins):
        rows = [
            (max(p, 1 - p), (p >= 0.5) == (label == 1))
            for p, label in zip(probs, labels, strict=True)
            if b / num_bins < max(p, 1 - p) <= (b + 1) / num_bins
        ]
        if rows:
            confidence, correct = zip(*rows, strict=True)
            total += len(rows) / len(probs) * abs(np.mean(correct) - np.mean(confidence))
    return total


@given(st.lists(st.tuples(st.integers(0, 997).map(lambda i: i / 997), st.integers(0, 1)), min_size=1, max_size=60))
def test_is_its_definition(rows):
    probs, labels = (np.array(column) for column in zip(*rows, strict=True))
    assert expected_calibration_error(probs, labels) == pytest.approx(by_definition(probs, labels), abs=1e-9)


def test_reliability_counts_every_row_once():
    probs, labels = np.array([0.02, 0.5, 0.51, 0.97, 1.0]), np.array([0, 1, 0, 0, 1])
    bins = reliability(probs, labels)
    assert {ends: b["examples"] for ends, b in bins.items()} == {"0.47-0.53": 2, "0.93-1.00": 3}
    assert bins["0.93-1.00"]["accuracy"] == pytest.approx(2 / 3)
    assert bins["0.93-1.00"]["confidence"] == pytest.approx((0.98 + 0.97 + 1) / 3)


@pytest.mark.parametrize(
    ("probs", "labels", "expected"),
    [([1.0, 0.0], [1, 0], 0), ([1.0, 0.0], [0, 1], 1), ([0.5], [1], 0.5), ([0.7, 0.7, 0.3, 0.3], [1, 1, 0, 1], 0.05)],
)
def test_worked_numbers(probs, labels, expected):
    assert expected_calibration_error(np.array(probs), np.array(labels)) == pytest.approx(expected)
