"""Calibration metrics."""

import numpy as np

NUM_BINS = 15
"""Of equal width over [0, 1], each open on the left."""


def reliability(probs: np.ndarray, labels: np.ndarray) -> dict[str, dict[str, float]]:
    """Compare confidence, max(p, 1 - p), with accuracy in each bin (Guo et al. 2017, arXiv:1706.04599).

    Args:
        probs: float (row,); P(positive).
        labels: int (row,); 0 or 1.

    Returns:
        For each bin with rows, named by its ends: mean confidence, accuracy and number of examples.

    >>> reliability(np.array([0.875, 0.875]), np.array([1, 0]))
    {'0.87-0.93': {'confidence': 0.875, 'accuracy': 0.5, 'examples': 2}}
    """
    confidence = np.maximum(probs, 1 - probs)
    correct = (probs >= 0.5) == (labels == 1)
    bins = np.clip(np.ceil(confidence * NUM_BINS).astype(int) - 1, 0, NUM_BINS - 1)
    return {
        f"{b / NUM_BINS:.2f}-{(b + 1) / NUM_BINS:.2f}": {
            "confidence": float(confidence[bins == b].mean()),
            "accuracy": float(correct[bins == b].mean()),
            "examples": int((bins == b).sum()),
        }
        for b in np.unique(bins)
    }


def expected_calibration_error(probs: np.ndarray, labels: np.ndarray) -> float:
    """Return the gap between confidence and accuracy (Naeini et al. 2015); arguments as in `reliability`.

    Returns:
        The mean of |accuracy - confidence| over bins, weighted by their rows; in [0, 1].

    >>> round(expected_calibration_error(np.array([0.9, 0.9, 0.9, 0.9]), np.array([1, 1, 1, 0])), 3)
    0.15
    """
    bins = reliability(probs, labels).values()
    return float(sum(abs(b["accuracy"] - b["confidence"]) * b["examples"] for b in bins) / len(probs))
