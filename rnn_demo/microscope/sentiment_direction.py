"""The sentiment direction of each layer of a language model, and its best single unit.

    d is proportional to ((S + s I) / 2)^-1 (m_positive - m_negative)        |d| = 1

m is the mean of h over the reviews of a class, S the within-class covariance and s the mean of its diagonal: Fisher's
discriminant with shrinkage 0.5 (Friedman 1989). The difference of means alone also picks up variance unrelated to
sentiment. Radford et al. 2017 (arXiv:1704.01444) fit a logistic regression and find a single unit.

A review is classified by the nearer class mean of d . h, or of a single unit. Directions and units are fitted on one
half of the reviews; accuracies are measured on the other.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np

from rnn_demo.precomputed import Entry

POOLINGS = ("mean", "last")
"""The mean of a review's states, or the last state."""
PERCENTILES = (1, 99)


@dataclass(frozen=True)
class LayerStates:
    """One layer's states over labelled reviews; float32 (review, unit) each."""

    mean: np.ndarray
    """Mean over the tokens of a review."""
    last: np.ndarray
    """After the last token."""
    drawn: np.ndarray
    """After one random token."""


@dataclass(frozen=True)
class SentimentDirection:
    """One layer's direction from negative to positive, and its best unit."""

    vector: np.ndarray
    """float32 (unit,), a unit vector."""
    mean: float
    """Mean of the projection over tokens."""
    std: float
    """Standard deviation of the projection over tokens: the unit of a clamp."""
    pooling: str
    """The one of POOLINGS with the higher accuracy on the fitting half."""
    positive_mean: float
    """Mean pooled projection of the positive reviews."""
    positive_std: float
    negative_mean: float
    negative_std: float
    accuracy: float
    """Accuracy of the projection on the held-out half; the threshold is midway between the class means."""
    difference_accuracy: float
    """The same for the difference of the class means."""
    unit: int
    """The best single unit."""
    unit_accuracy: float
    """Its accuracy on the held-out half."""
    unit_negative: float
    """Its 1st or 99th percentile over tokens, whichever is on the negative side."""
    unit_positive: float
    """The other percentile."""

    def at(self, deviations: float) -> float:
        """Return the projection that lies `deviations` standard deviations from the mean."""
        return self.mean + deviations * self.std

    @classmethod
    def from_entry(cls, entry: Entry, layer: int) -> Self:
        """Read the stored direction of a layer; negative layers count from the end."""
        layers = entry.notes["layers"]
        layer %= len(layers)
        return cls(vector=entry.arrays[f"{layer}.vector"], **layers[layer])


def find_sentiment_direction(states: LayerStates, positive: np.ndarray) -> SentimentDirection:
    """Fit one layer's direction and find its best unit.

    Args:
        states: at least two reviews of each class in each half.
        positive: bool (review,).
    """
    made_from = np.arange(len(positive)) % 2 == 0
    pooled = {pooling: getattr(states, pooling).astype(np.float64) for pooling in POOLINGS}
    vectors = {pooling: _discriminant(x[made_from], positive[made_from]) for pooling, x in pooled.items()}

    def accuracies(features: np.ndarray, tried: np.ndarray) -> np.ndarray:
        return _accuracies(features, positive, made_from=made_from, tried=tried)

    pooling = max(POOLINGS, key=lambda name: float(accuracies(pooled[name] @ vectors[name][:, None], made_from)[0]))
    x, vector = pooled[pooling], vectors[pooling]
    projected, after_a_token = x @ vector, states.drawn @ vector
    difference = _difference(x[made_from], positive[made_from])
    unit = int(accuracies(x, made_from).argmax())
    low, high = np.percentile(states.drawn[:, unit], PERCENTILES)
    ends = (low, high) if difference[unit] > 0 else (high, low)
    return SentimentDirection(
        vector=vector.astype(np.float32),
        mean=float(after_a_token.mean()),
        std=float(after_a_token.std()),
        pooling=pooling,
        positive_mean=float(projected[positive].mean()),
        positive_std=float(projected[positive].std()),
        negative_mean=float(projected[~positive].mean()),
        negative_std=float(projected[~positive].std()),
        accuracy=float(accuracies(projected[:, None], ~made_from)[0]),
        difference_accuracy=float(accuracies(x @ difference[:, None], ~made_from)[0]),
        unit=unit,
        unit_accuracy=float(accuracies(x[:, [unit]], ~made_from)[0]),
        unit_negative=float(ends[0]),
        unit_positive=float(ends[1]),
    )


def to_entry(layers: Sequence[SentimentDirection], num_reviews: int) -> Entry:
    """Return the entry to store, layer 0 first; `num_reviews` counts both halves."""
    notes = [{name: value for name, value in asdict(layer).items() if name != "vector"} for layer in layers]
    arrays = {f"{i}.vector": layer.vector for i, layer in enumerate(layers)}
    return Entry(arrays, {"layers": notes, "reviews": num_reviews})


def _difference(x: np.ndarray, positive: np.ndarray) -> np.ndarray:
    difference: np.ndarray = x[positive].mean(0) - x[~positive].mean(0)
    return difference


def _discriminant(x: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Return Fisher's discriminant with shrinkage 0.5: float64 (review, unit) -> unit vector (unit,)."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis  # slow to import

    vector: np.ndarray = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.5).fit(x, positive).coef_[0]
    return vector / np.linalg.norm(vector)


def _accuracies(features: np.ndarray, positive: np.ndarray, *, made_from: np.ndarray, tried: np.ndarray) -> np.ndarray:
    """Return each feature's accuracy with a threshold midway between the class means: (feature,)."""
    high = features[made_from & positive].mean(0)
    low = features[made_from & ~positive].mean(0)
    predicted = (features[tried] - (high + low) / 2) * (high - low) > 0
    accuracies: np.ndarray = (predicted == positive[tried][:, None]).mean(0)
    return accuracies
