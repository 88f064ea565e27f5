"""The linear model of words and pairs: it learns, and its weights are what the paper says."""

import numpy as np
import pytest
from tiny import FILM_LABELS, FILM_TEXTS

from rnn_demo.sentiment.nbsvm import NBSVM

POSITIVE = np.tile(np.array(FILM_LABELS) == 1, 5)


def test_it_tells_good_films_from_bad_ones():
    nbsvm = NBSVM(FILM_TEXTS * 5, POSITIVE)
    assert (nbsvm.scores(FILM_TEXTS * 5) > 0).tolist() == POSITIVE.tolist()
    good, bad = nbsvm.scores(["good", "bad"])
    assert good > 0 > bad


def test_a_pair_can_say_what_its_words_do_not():
    nbsvm = NBSVM(["not bad", "a bad day", "bad", "not that bad"] * 5, np.array([True, False, False, False] * 5))
    pair, *others = nbsvm.scores(["not bad", "not", "bad", "not that bad", "bad not"])
    assert pair > max(others)


def test_ratios_are_log_shares_of_presence_smoothed_by_one():
    nbsvm = NBSVM(["good good film", "film", "bad film"], np.array([True, True, False]))
    names = list(nbsvm.counter.get_feature_names_out())
    in_positive = np.array(
        [
            1 + sum(name in features for features in ({"good", "film", "good good", "good film"}, {"film"}))
            for name in names
        ]
    )
    in_negative = np.array([1 + (name in {"bad", "film", "bad film"}) for name in names])
    expected = np.log(in_positive / in_positive.sum()) - np.log(in_negative / in_negative.sum())
    assert nbsvm.ratios == pytest.approx(expected)
