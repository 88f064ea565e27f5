"""Pearson's r as numpy has it, in however many batches; what never changes goes with nothing."""

import numpy as np
import pytest

from rnn_demo.microscope.correlations import Correlator, RankedUnit, best_units, correlation, rank_units


def test_correlations_equal_numpys_in_any_number_of_batches() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(50, 3)) + 1000
    units = (0.01 * rng.normal(size=(50, 4)) + features[:, :1] * 0.01).astype(np.float32)
    expected = np.corrcoef(features.T, units.T.astype(np.float64))[:3, 3:]
    for sizes in ([50], [1, 7, 42]):
        correlator = Correlator()
        for quantity in np.split(np.arange(50), np.cumsum(sizes)[:-1]):
            correlator.add(features[quantity], units[quantity])
        assert correlator.num_tokens == 50
        found = correlator.correlations()
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_what_is_constant_correlates_with_nothing() -> None:
    correlator = Correlator()
    correlator.add(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[0.1, 0.2, 0.0], [0.1, 0.4, 0.0]], dtype=np.float32))
    np.testing.assert_array_equal(correlator.correlations(), [[0, 0, 0], [0, 1, 0]])


def test_without_tokens_there_is_nothing_to_correlate() -> None:
    with pytest.raises(ValueError, match="no tokens were added"):
        Correlator().correlations()


def test_correlation_is_negative_where_one_falls_as_the_other_rises() -> None:
    assert correlation([1, 2, 3], [6, 4, 2]) == pytest.approx(-1)


def test_units_are_ranked_by_size_and_each_feature_has_its_best() -> None:
    correlations = np.array([[0.5, -0.75, 0.0], [0.25, -0.5, 0.25]], dtype=np.float32)
    names = ["quotes", "capitals"]
    assert rank_units(correlations, names) == [
        RankedUnit(1, "quotes", -0.75),
        RankedUnit(0, "quotes", 0.5),
        RankedUnit(2, "capitals", 0.25),
    ]
    assert best_units(correlations, names) == [RankedUnit(1, "quotes", -0.75), RankedUnit(1, "capitals", -0.5)]
