"""Pearson's correlation of every unit with every feature, over tokens.

    r(x, y) = cov(x, y) / sqrt(var(x) var(y))                        Pearson 1895

The sums are accumulated batch by batch to bound memory. For a binary feature r is the point-biserial correlation.
A correlation does not show that the network uses the feature.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from rnn_demo.precomputed import Entry

CONSTANT = 1e-10
"""A variance below this fraction of the mean square is rounding; the correlation is then 0."""


@dataclass(frozen=True)
class RankedUnit:
    """A unit and the feature it correlates with most strongly."""

    unit: int
    feature: str | None
    """None where nothing was precomputed."""
    correlation: float | None
    """Pearson's r over held-out tokens; None where nothing was precomputed."""


@dataclass(frozen=True, eq=False)
class UnitCorrelations:
    """Correlations of a network's units with features over held-out texts."""

    features: tuple[str, ...]
    layers: Mapping[int, np.ndarray]
    """Layer -> float32 (feature, unit); Pearson's r."""
    tokens: Mapping[str, int]
    """Data set -> number of tokens."""

    def to_entry(self) -> Entry:
        """Return the entry to store."""
        arrays = {f"{layer}.correlations": values for layer, values in self.layers.items()}
        return Entry(arrays, {"features": list(self.features), "tokens": dict(self.tokens)})

    @classmethod
    def from_entry(cls, entry: Entry) -> Self:
        """Read a stored entry."""
        layers = {int(name.removesuffix(".correlations")): values for name, values in entry.arrays.items()}
        return cls(tuple(entry.notes["features"]), layers, entry.notes.get("tokens", {}))


class Correlator:
    """Running sums for the correlations of features with units."""

    def __init__(self) -> None:
        self.num_tokens = 0
        self.sums: list[np.ndarray] = []

    def add(self, features: np.ndarray, units: np.ndarray) -> None:
        """Add some tokens.

        Args:
            features: (token, feature).
            units: (token, unit).
        """
        x, y = features.astype(np.float64), units.astype(np.float64)
        new = [x.sum(0), y.sum(0), (x * x).sum(0), (y * y).sum(0), x.T @ y]
        self.sums = [total + term for total, term in zip(self.sums, new, strict=True)] if self.sums else new
        self.num_tokens += len(x)

    def correlations(self) -> np.ndarray:
        """Return float32 (feature, unit); 0 where a feature or a unit is constant.

        Raises:
            ValueError: no token was added.
        """
        if not self.num_tokens:
            raise ValueError("no tokens were added; there is nothing to correlate")
        sum_x, sum_y, square_x, square_y, product = (quantity / self.num_tokens for quantity in self.sums)
        var_x, var_y = square_x - sum_x**2, square_y - sum_y**2
        moves = np.outer(var_x > CONSTANT * square_x, var_y > CONSTANT * square_y)
        scale = np.sqrt(np.where(moves, np.outer(var_x, var_y), 1.0))
        r = np.where(moves, (product - np.outer(sum_x, sum_y)) / scale, 0.0)
        return r.clip(-1, 1).astype(np.float32)


def correlation(x: Sequence[float], y: Sequence[float]) -> float:
    """Return Pearson's r of two sequences; 0 where either is constant.

    >>> correlation([0, 1, 0, 1], [2, 4, 2, 4]), correlation([1, 1], [0, 1])
    (1.0, 0.0)
    """
    correlator = Correlator()
    correlator.add(np.array(x, dtype=np.float64)[:, None], np.array(y, dtype=np.float64)[:, None])
    return float(correlator.correlations()[0, 0])


def rank_units(correlations: np.ndarray, features: Sequence[str]) -> list[RankedUnit]:
    """Return each unit with its best feature, largest |r| first; ties go to the lower unit.

    Args:
        correlations: (feature, unit).
        features: their names.
    """
    best = np.abs(correlations).argmax(axis=0)  # (unit,)
    r = np.take_along_axis(correlations, best[None], axis=0)[0]
    order = np.argsort(-np.abs(r), kind="stable")
    return [RankedUnit(int(unit), features[best[unit]], float(r[unit])) for unit in order]


def best_units(correlations: np.ndarray, features: Sequence[str]) -> list[RankedUnit]:
    """Return each feature with its best unit, largest |r| first; a unit may occur several times."""
    best = np.abs(correlations).argmax(axis=1)  # (feature,)
    r = np.take_along_axis(correlations, best[:, None], axis=1)[:, 0]
    order = np.argsort(-np.abs(r), kind="stable")
    return [RankedUnit(int(best[i]), features[i], float(r[i])) for i in order]
