"""Measures that more than one place needs."""

import numpy as np

__all__ = ["expected_calibration_error"]


def expected_calibration_error(probs: np.ndarray, labels: np.ndarray, num_bins: int = 15) -> float:
    """How far confidence is from accuracy (Naeini et al. 2015; Guo et al. 2017, arXiv:1706.04599).

    Args:
        probs: float (row,); P(positive).
        labels: int (row,); 0 or 1.
        num_bins: bins of equal width over [0, 1], each open on the left.

    Returns:
        The mean of |accuracy - confidence| over bins, weighted by their rows; in [0, 1].

    >>> round(expected_calibration_error(np.array([0.9, 0.9, 0.9, 0.9]), np.array([1, 1, 1, 0])), 3)
    0.15
    """
    confidence = np.maximum(probs, 1 - probs)
    correct = (probs >= 0.5) == (labels == 1)
    bins = np.clip(np.ceil(confidence * num_bins).astype(int) - 1, 0, num_bins - 1)
    gaps = [abs(correct[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return float(sum(gaps))
