"""Principal component analysis of a trace (Pearson 1901; Hotelling 1933): the plane in which the state moves most."""

import numpy as np

from rnn_demo.results import HiddenTrace, Trajectory

__all__ = ["project_trajectory"]

SMALLEST_MOVE = 1e-6
"""A component whose size, compared with the states', is below this is float32 rounding and no movement."""


def project_trajectory(trace: HiddenTrace) -> Trajectory:
    """Project a trace on its two main components.

        X = H - mean(H) = U S V^T        H float64 (token, unit)
        points = U[:, :2] S[:2]          the coordinates of X on the first two rows of V^T
        share of the variance of component i = S_i^2 / sum_j S_j^2

    U and V are only given up to a common sign: each component is turned so that the largest of its weights in V is
    positive, and the same text always draws the same picture.

    Args:
        trace: one token or more. One token, or states that never change, lie at the origin and explain nothing.

    Returns:
        One point a token.
    """
    states = trace.states.astype(np.float64)
    centred = states - states.mean(axis=0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    s = np.where(s > SMALLEST_MOVE * np.linalg.norm(states), s, 0.0)
    largest = np.take_along_axis(vt, np.abs(vt).argmax(axis=1)[:, None], axis=1)[:, 0]
    points = np.zeros((len(states), 2))
    shares = np.zeros(2)
    kept = min(2, len(s))
    points[:, :kept] = (u * s * np.where(largest < 0, -1.0, 1.0))[:, :kept]
    shares[:kept] = (s**2 / max((s**2).sum(), np.finfo(np.float64).tiny))[:kept]
    return Trajectory(points.astype(np.float32), (float(shares[0]), float(shares[1])))
