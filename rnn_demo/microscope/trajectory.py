"""The trajectory of a trace in its first two or three principal components, and the lengths of its steps.

points = (H - mean) V^T        H (token, unit), V (component, unit) the components of a basis: see `basis.py`
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnn_demo.microscope.basis import Basis, own_basis
from rnn_demo.microscope.trace import HiddenTrace


@dataclass(frozen=True)
class Trajectory:
    """A trace projected on the first two or three components of a basis."""

    points: np.ndarray
    """float32 (token, component)."""
    explained_variance: tuple[float, ...]
    """Explained variance ratio of each component, over the states of the basis."""
    basis: str = "this text"
    """The source of the basis."""


@dataclass(frozen=True)
class Step:
    """The change of the state at one token, over all units."""

    token_index: int
    """The token that is read in this step."""
    length: float
    median_length: float
    """Over all steps of the text."""


def basis_of_traces(traces: Sequence[HiddenTrace]) -> Basis:
    """Return a basis fitted to the traces themselves, for models without a held-out basis."""
    source = "this text" if len(traces) == 1 else "these texts"
    return own_basis(np.concatenate([trace.states for trace in traces]), source)


def project_trajectory(trace: HiddenTrace, basis: Basis | None = None, dimensions: int = 2) -> Trajectory:
    """Project a trace on the first components of a basis.

    Args:
        trace: one token or more.
        basis: of the same layer and quantity; None fits one to the trace, where constant states lie at the origin.
        dimensions: 2 or 3.
    """
    basis = basis_of_traces([trace]) if basis is None else basis
    points = (trace.states.astype(np.float64) - basis.mean) @ basis.components[:dimensions].astype(np.float64).T
    shares = tuple(float(share) for share in basis.explained_variance[:dimensions])
    return Trajectory(points.astype(np.float32), shares, basis.source)


def step_lengths(trace: HiddenTrace) -> np.ndarray:
    """Return |h_t - h_{t-1}| over all units: float64 (token - 1,)."""
    lengths: np.ndarray = np.linalg.norm(np.diff(trace.states.astype(np.float64), axis=0), axis=1)
    return lengths


def longest_step(trace: HiddenTrace) -> Step | None:
    """Return the longest step of a trace; None if it has fewer than two steps."""
    lengths = step_lengths(trace)
    if len(lengths) < 2:
        return None
    index = int(lengths.argmax())
    return Step(index + 1, float(lengths[index]), float(np.median(lengths)))
