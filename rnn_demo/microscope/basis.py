"""The axes of a trajectory: principal components (Pearson 1901; Hotelling 1933) of a layer's states.

With X = H - mean(H), H float64 (state, unit), the components are the eigenvectors v_i of X^T X, largest eigenvalue
first, and

    explained variance ratio of component i = lambda_i / sum_j lambda_j

The sign of each eigenvector is chosen so that its largest weight is positive, which makes plots reproducible. Axes from
held-out texts are comparable across texts. Axes from the text itself are the fallback for a checkpoint without
precomputed analyses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from rnn_demo.precomputed import Entry

HELD_OUT = "held-out texts"
SMALLEST_MOVE = 1e-6
"""Components with a smaller singular value, relative to the norm of the states, are float32 rounding."""
NUM_COMPONENTS = 3
NUM_SHARES = 10
NUM_BINS = 40
"""Of the density, per axis."""
STORED = ("mean", "components", "explained_variance", "density", "extent")
OUTLIERS = 0.001
"""Fraction of the states cut off at each side of the density."""


@dataclass(frozen=True)
class Basis:
    """The principal components of one layer's states."""

    mean: np.ndarray
    """Float (unit,)."""
    components: np.ndarray
    """Float (3, unit), orthonormal rows; zero rows past the rank of the states."""
    explained_variance: np.ndarray
    """Float (10,); explained variance ratios of the first components."""
    source: str
    """Where the states come from: `held-out texts`, `this text` or `these texts`."""
    density: np.ndarray | None = None
    """Float (row, column); fraction of the states per cell of the plane of components 1 and 2, from its lower left."""
    extent: np.ndarray | None = None
    """Float (2, 2); (low, high) of that plane along component 1, then along component 2."""

    @classmethod
    def from_entry(cls, entry: Entry, layer: int, quantity: str) -> Self | None:
        """Return the stored basis of a layer's quantity, layers from 0; None if none is stored."""
        prefix = f"{layer}.{quantity}."
        if f"{prefix}mean" not in entry.arrays:
            return None
        return cls(source=HELD_OUT, **{name: entry.arrays[prefix + name] for name in STORED})


def own_basis(states: np.ndarray, source: str = "this text") -> Basis:
    """Fit a basis to the states of a text.

    Args:
        states: float32 (state, unit), one or more. Constant states give zero components.
        source: where the states come from.
    """
    return Basis(*principal_components(states), source)


def fit_basis(states: np.ndarray) -> Basis:
    """Fit a basis, with a density, to many held-out states.

    Args:
        states: float32 (state, unit).
    """
    mean, components, shares = principal_components(states)
    density, extent = density_of((states - mean.astype(np.float32)) @ components[:2].T.astype(np.float32))
    return Basis(mean, components, shares, HELD_OUT, density, extent)


def principal_components(states: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean (unit,), components (3, unit) and explained variance ratios (10,) of states (state, unit)."""
    exact = states.astype(np.float64)
    mean = exact.mean(axis=0)
    centred = exact - mean
    if len(centred) > centred.shape[1]:
        centred = np.linalg.qr(centred, mode="r")  # keeps the singular values and right singular vectors
    _, s, vt = np.linalg.svd(centred, full_matrices=False)
    s = np.where(s > SMALLEST_MOVE * np.linalg.norm(exact), s, 0.0)
    return mean, first_components(np.where(s[:, None] > 0, vt, 0.0)), shares_of(s**2)


def first_components(vectors: np.ndarray) -> np.ndarray:
    """Return the first rows of (component, unit) with their signs fixed, padded with zeros: (3, unit)."""
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1)[:, None], axis=1)
    components = np.zeros((NUM_COMPONENTS, vectors.shape[1]))
    signed = vectors * np.where(largest < 0, -1.0, 1.0)
    components[: len(signed)] = signed[:NUM_COMPONENTS]
    return components


def shares_of(variances: np.ndarray) -> np.ndarray:
    """Return the explained variance ratios, (10,), of variances sorted in descending order, padded with zeros.

    >>> shares_of(np.array([3.0, 1.0])).tolist()[:3]
    [0.75, 0.25, 0.0]
    """
    shares = np.zeros(NUM_SHARES)
    kept = variances[:NUM_SHARES] / max(variances.sum(), np.finfo(np.float64).tiny)
    shares[: len(kept)] = kept
    return shares


def density_of(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the density and the extent of points (state, 2), as in `Basis`."""
    low, high = np.quantile(points, [OUTLIERS, 1 - OUTLIERS], axis=0)
    margin = np.where(high > low, 0.05 * (high - low), 1.0)
    extent = np.stack([low - margin, high + margin], axis=1)  # (axis, end)
    counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=NUM_BINS, range=extent.tolist())
    return counts.T / len(points), extent


def to_entry(bases: Mapping[tuple[int, str], Basis], num_texts: int, num_states: int) -> Entry:
    """Return the entry to store; bases are keyed by (layer, quantity)."""
    arrays = {
        f"{layer}.{quantity}.{name}": np.asarray(getattr(basis, name), dtype=np.float32)
        for (layer, quantity), basis in bases.items()
        for name in STORED
    }
    return Entry(arrays, {"texts": num_texts, "states": num_states})
