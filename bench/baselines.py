"""A simple baseline beside the networks: a word list."""

import numpy as np
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


def vader_is_positive(texts: list[str]) -> np.ndarray:
    """Judge by VADER's word list and rules (Hutto & Gilbert 2014): bool (text,)."""
    analyser = SentimentIntensityAnalyzer()
    return np.array([analyser.polarity_scores(text)["compound"] >= 0 for text in texts])
