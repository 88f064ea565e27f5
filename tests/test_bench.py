"""What the reports in bench/ compute by themselves: intervals and peers."""

import numpy as np
import pytest
from tiny import FILM_LABELS, FILM_TEXTS

from bench.evaluate import f1_of, interval, percent, ratio_of
from bench.peers import NBSVM, vader_is_positive


def test_an_interval_holds_the_binomial_one():
    right = np.arange(1000) < 800
    value, low, high = interval(np.stack([right, np.ones(1000)], 1), ratio_of)
    assert value == pytest.approx(0.8)
    assert low == pytest.approx(0.8 - 1.96 * (0.8 * 0.2 / 1000) ** 0.5, abs=0.005)
    assert high == pytest.approx(0.8 + 1.96 * (0.8 * 0.2 / 1000) ** 0.5, abs=0.005)


def test_f1_is_that_of_the_summed_counts():
    counts = np.array([(1.0, 2.0, 1.0), (1.0, 1.0, 4.0)])
    assert f1_of(counts.sum(0)) == pytest.approx(2 * (2 / 3) * (2 / 5) / (2 / 3 + 2 / 5))
    assert percent(np.ones((5, 2)), ratio_of) == "100.00 (100.00 to 100.00)"


def test_peers_tell_good_films_from_bad_ones():
    labels = np.array(FILM_LABELS) == 1
    nbsvm = NBSVM(FILM_TEXTS * 5, np.tile(labels, 5))
    assert nbsvm.is_positive(FILM_TEXTS).tolist() == labels.tolist()
    assert nbsvm.is_positive(["good", "bad"]).tolist() == [True, False]
    assert vader_is_positive(["a wonderful film", "an awful film"]).tolist() == [True, False]
