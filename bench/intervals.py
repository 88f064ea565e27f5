"""Bootstrap 95 % intervals of statistics of summed rows, such as accuracy and F1."""

from collections.abc import Callable

import numpy as np

RESAMPLES = 1000
Statistic = Callable[[np.ndarray], np.ndarray]
"""Sums (..., column) -> (...)."""


def interval(rows: np.ndarray, statistic: Statistic) -> tuple[float, float, float]:
    """Return a statistic of summed rows with its bootstrap 95 % interval.

    Args:
        rows: float (row, column).
        statistic: of the summed rows.

    Returns:
        the statistic, and the 2.5th and 97.5th percentiles of it over RESAMPLES draws of as many rows.
    """
    rng = np.random.default_rng(0)
    draws = [rows[rng.integers(0, len(rows), len(rows))].sum(0) for _ in range(RESAMPLES)]
    low, high = np.percentile(statistic(np.stack(draws)), [2.5, 97.5])
    return float(statistic(rows.sum(0))), float(low), float(high)


def ratio_of(sums: np.ndarray) -> np.ndarray:
    """Return the first column's sum over the second's."""
    ratio: np.ndarray = sums[..., 0] / sums[..., 1]
    return ratio


def f1_of(sums: np.ndarray) -> np.ndarray:
    """Return F1 from (..., correct, predicted, true)."""
    f1: np.ndarray = 2 * sums[..., 0] / np.maximum(sums[..., 1] + sums[..., 2], 1)
    return f1


def percent(rows: np.ndarray, statistic: Statistic) -> str:
    """Write a rate in % with its interval."""
    value, low, high = (100 * number for number in interval(rows, statistic))
    return f"{value:.2f} ({low:.2f} to {high:.2f})"
