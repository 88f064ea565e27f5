"""The axes of a trajectory: principal components (Pearson 1901; Hotelling 1933) of the states of a layer.

With X = H - mean(H), H float64 (state, unit), the components are the eigenvectors v_i of X^T X, largest eigenvalue
first, and

    share of the variance of component i = lambda_i / sum_j lambda_j

An eigenvector is only given up to its sign: each is turned so that the largest of its weights is positive, and the same
states always draw the same picture. Axes that were made of held-out texts mean the same for every text; those of the
text itself do not, and are for checkpoints that nobody has studied.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from rnn_demo.precomputed import Entry

HELD_OUT = "held-out texts"
SMALLEST_MOVE = 1e-6
"""A component whose size, compared with the states', is below this is float32 rounding and no movement."""
NUM_COMPONENTS = 3
NUM_SHARES = 10
NUM_BINS = 40
"""Of the density, along each axis."""
STORED = ("mean", "components", "explained_variance", "density", "extent")
OUTLIERS = 0.001
"""The share of the states that may lie outside the density, at each of its four sides."""


@dataclass(frozen=True)
class Basis:
    """The axes that the states of one layer are drawn on: their principal components."""

    mean: np.ndarray
    """Float (unit,)."""
    components: np.ndarray
    """Float (3, unit), orthonormal rows; zeros where the states have no such component."""
    explained_variance: np.ndarray
    """Float (10,): the share of the variance that each of the first components holds."""
    source: str
    """What the states were of: `held-out texts`, `this text` or `these texts`."""
    density: np.ndarray | None = None
    """Float (row, column): the share of the states in each cell of the plane of the first two, from its lower left."""
    extent: np.ndarray | None = None
    """Float (2, 2): where that plane begins and ends along the first component, then along the second."""

    @classmethod
    def from_entry(cls, entry: Entry, layer: int, quantity: str) -> Self | None:
        """Read the basis of a layer's states back, layers counted from 0; None where none was stored."""
        start = f"{layer}.{quantity}."
        if f"{start}mean" not in entry.arrays:
            return None
        return cls(source=HELD_OUT, **{name: entry.arrays[start + name] for name in STORED})


def own_basis(states: np.ndarray, source: str = "this text") -> Basis:
    """Find the components of a few states.

    Args:
        states: float32 (state, unit), one or more. One, or states that never change, have components of zeros.
        source: the name of the states.
    """
    return Basis(*principal_components(states), source)


def fit_basis(states: np.ndarray) -> Basis:
    """Find the components of many held-out states, and their density in the plane of the first two.

    Args:
        states: float32 (state, unit).
    """
    mean, components, shares = principal_components(states)
    density, extent = density_of((states - mean.astype(np.float32)) @ components[:2].T.astype(np.float32))
    return Basis(mean, components, shares, HELD_OUT, density, extent)


def principal_components(states: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean (unit,), the components (3, unit) and the shares of the variance (10,) of (state, unit)."""
    exact = states.astype(np.float64)
    mean = exact.mean(axis=0)
    centred = exact - mean
    if len(centred) > centred.shape[1]:
        centred = np.linalg.qr(centred, mode="r")  # has the same singular values and right vectors
    _, s, vt = np.linalg.svd(centred, full_matrices=False)
    s = np.where(s > SMALLEST_MOVE * np.linalg.norm(exact), s, 0.0)
    return mean, first_components(np.where(s[:, None] > 0, vt, 0.0)), shares_of(s**2)


def first_components(vectors: np.ndarray) -> np.ndarray:
    """Take the first rows of (component, unit), turn each to its sign, and fill up with zeros: (3, unit)."""
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1)[:, None], axis=1)
    components = np.zeros((NUM_COMPONENTS, vectors.shape[1]))
    turned = vectors * np.where(largest < 0, -1.0, 1.0)
    components[: len(turned)] = turned[:NUM_COMPONENTS]
    return components


def shares_of(variances: np.ndarray) -> np.ndarray:
    """Divide the first variances, largest first, by the sum of all of them: (10,), filled up with zeros.

    >>> shares_of(np.array([3.0, 1.0])).tolist()[:3]
    [0.75, 0.25, 0.0]
    """
    shares = np.zeros(NUM_SHARES)
    kept = variances[:NUM_SHARES] / max(variances.sum(), np.finfo(np.float64).tiny)
    shares[: len(kept)] = kept
    return shares


def density_of(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count points, (state, 2): the share of them in each cell, (row, column), and the extent as in `Basis`."""
    low, high = np.quantile(points, [OUTLIERS, 1 - OUTLIERS], axis=0)
    room = np.where(high > low, 0.05 * (high - low), 1.0)
    extent = np.stack([low - room, high + room], axis=1)  # (axis, end)
    counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=NUM_BINS, range=extent.tolist())
    return counts.T / len(points), extent


def to_entry(bases: Mapping[tuple[int, str], Basis], num_texts: int, num_states: int) -> Entry:
    """Return the entry to store, from the bases of held-out states by layer and quantity."""
    arrays = {
        f"{layer}.{quantity}.{name}": np.asarray(getattr(basis, name), dtype=np.float32)
        for (layer, quantity), basis in bases.items()
        for name in STORED
    }
    return Entry(arrays, {"texts": num_texts, "states": num_states})
