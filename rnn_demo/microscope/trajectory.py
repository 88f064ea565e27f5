"""A trace in the plane, or the space, of the main components of its layer's states; and how it moves from step to step.

points = (H - mean) V^T        H (token, unit), V (component, unit) the rows of a basis: see `basis.py`
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnn_demo.microscope.basis import Basis, own_basis
from rnn_demo.microscope.trace import HiddenTrace


@dataclass(frozen=True)
class Trajectory:
    """A trace drawn on the first two or three components of a basis."""

    points: np.ndarray
    """float32 (token, component)."""
    explained_variance: tuple[float, ...]
    """The share of the variance that each of these components holds, of the states that the basis was made of."""
    basis: str = "this text"
    """The source of the basis."""


@dataclass(frozen=True)
class Step:
    """A step of the state from one token to the next, as long as it is over all units."""

    token_index: int
    """The token that it was taken at."""
    length: float
    median_length: float
    """Of all steps of the text."""


def basis_of_traces(traces: Sequence[HiddenTrace]) -> Basis:
    """Find the components of some texts' own states, where there are none of held-out texts."""
    source = "this text" if len(traces) == 1 else "these texts"
    return own_basis(np.concatenate([trace.states for trace in traces]), source)


def project_trajectory(trace: HiddenTrace, basis: Basis | None = None, dimensions: int = 2) -> Trajectory:
    """Project a trace on the first components of a basis.

    Args:
        trace: one token or more.
        basis: of the same layer and quantity; None is that of the trace itself, in which one token, or states that
            never change, lie at the origin and explain nothing.
        dimensions: 2 or 3.

    Returns:
        One point a token.
    """
    basis = basis_of_traces([trace]) if basis is None else basis
    points = (trace.states.astype(np.float64) - basis.mean) @ basis.components[:dimensions].astype(np.float64).T
    shares = tuple(float(share) for share in basis.explained_variance[:dimensions])
    return Trajectory(points.astype(np.float32), shares, basis.source)


def step_lengths(trace: HiddenTrace) -> np.ndarray:
    """Measure |h_t - h_{t-1}| over all units: float64 (token - 1,)."""
    lengths: np.ndarray = np.linalg.norm(np.diff(trace.states.astype(np.float64), axis=0), axis=1)
    return lengths


def longest_step(trace: HiddenTrace) -> Step | None:
    """Find the longest of the steps between the tokens of a text; None where there are fewer than two of them."""
    lengths = step_lengths(trace)
    if len(lengths) < 2:
        return None
    place = int(lengths.argmax())
    return Step(place + 1, float(lengths[place]), float(np.median(lengths)))
