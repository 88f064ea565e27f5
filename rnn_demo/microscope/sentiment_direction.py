"""Which way a layer's state goes when a language model reads praise, and which of its units tells best on its own.

    d is proportional to ((S + s I) / 2)^-1 (m_positive - m_negative)        of length 1

m is the mean of h over the reviews of a class, S the covariance within the classes and s its mean diagonal: Fisher's
discriminant, shrunk halfway (Friedman 1989). The bare difference m_positive - m_negative points to what reviews differ
in most, whatever they think. Radford et al. 2017 (arXiv:1704.01444) fit a logistic regression, and find one unit.

A review counts as positive if d . h lies nearer to that class's mean, and likewise for a single unit in place of d.
Directions, units and bounds come from one half of the reviews, accuracies from the other.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np

from rnn_demo.precomputed import Entry

POOLINGS = ("mean", "last")
"""What stands for a review: the mean of its states, or the last one."""
EXTREMES = (1, 99)
"""Percentiles."""


@dataclass(frozen=True)
class LayerStates:
    """What one layer showed while it read labelled reviews; float32 (review, unit) each."""

    mean: np.ndarray
    """The mean over the tokens of a review."""
    last: np.ndarray
    """After its last token."""
    drawn: np.ndarray
    """After one token of it, drawn at random."""


@dataclass(frozen=True)
class SentimentDirection:
    """One layer's direction from negative to positive, and its best unit."""

    vector: np.ndarray
    """float32 (unit,), of length 1."""
    mean: float
    """Of the projection after any token."""
    std: float
    """Of the projection after any token: the unit in which it is held."""
    pooling: str
    """In POOLINGS: which of them tells the classes apart better in the half that the direction is made from."""
    positive_mean: float
    """Of the projection of positive reviews, pooled."""
    positive_std: float
    negative_mean: float
    negative_std: float
    accuracy: float
    """Of the projection, cut halfway between the classes, on the reviews that it was not made from."""
    difference_accuracy: float
    """The same for the bare difference of the class means."""
    unit: int
    """The unit that tells best on its own."""
    unit_accuracy: float
    """On the reviews that it was not chosen on."""
    unit_negative: float
    """Its 1st or 99th percentile over tokens: the end that speaks for negative."""
    unit_positive: float
    """The other end."""

    def at(self, deviations: float) -> float:
        """The projection so many standard deviations from its mean."""
        return self.mean + deviations * self.std

    @classmethod
    def from_entry(cls, entry: Entry, layer: int) -> Self:
        """Read the direction of a layer back; negative layers count from the end."""
        layers = entry.notes["layers"]
        layer %= len(layers)
        return cls(vector=entry.arrays[f"{layer}.vector"], **layers[layer])


def find_sentiment_direction(states: LayerStates, positive: np.ndarray) -> SentimentDirection:
    """Find a layer's direction and unit.

    Args:
        states: two reviews of either class in each half, or more.
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
    low, high = np.percentile(states.drawn[:, unit], EXTREMES)
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
    """Return the entry to store, from the direction of each layer and the number of reviews in both halves together."""
    notes = [{name: value for name, value in asdict(layer).items() if name != "vector"} for layer in layers]
    arrays = {f"{i}.vector": layer.vector for i, layer in enumerate(layers)}
    return Entry(arrays, {"layers": notes, "reviews": num_reviews})


def _difference(x: np.ndarray, positive: np.ndarray) -> np.ndarray:
    difference: np.ndarray = x[positive].mean(0) - x[~positive].mean(0)
    return difference


def _discriminant(x: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Fisher's discriminant, shrunk halfway: float64 (review, unit) -> (unit,), of length 1."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis  # not needed to answer, and slow to import

    vector: np.ndarray = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.5).fit(x, positive).coef_[0]
    return vector / np.linalg.norm(vector)


def _accuracies(features: np.ndarray, positive: np.ndarray, *, made_from: np.ndarray, tried: np.ndarray) -> np.ndarray:
    """How often each feature, cut halfway between its class means, names the class: (review, feature) -> (feature,)."""
    high = features[made_from & positive].mean(0)
    low = features[made_from & ~positive].mean(0)
    says_positive = (features[tried] - (high + low) / 2) * (high - low) > 0
    accuracies: np.ndarray = (says_positive == positive[tried][:, None]).mean(0)
    return accuracies
