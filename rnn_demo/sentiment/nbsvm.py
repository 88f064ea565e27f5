"""A linear model of words and pairs of words: what the networks are compared with."""

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.svm import LinearSVC


class NBSVM:
    """A linear SVM on words and pairs of words, each weighed by how much likelier it is in one class.

    r_j = log((p_j / |p|) / (q_j / |q|)), p and q the counts of feature j (plus 1) in positive and negative texts; the
    SVM reads x * r, and its weights are drawn towards their mean size by beta.

    Source: Wang & Manning 2012, "Baselines and bigrams".

    Args:
        texts: to learn from.
        positive: bool (text,).
        beta: 0 = naive Bayes, 1 = the SVM alone.
    """

    def __init__(self, texts: list[str], positive: np.ndarray, beta: float = 0.25) -> None:
        self.counter = CountVectorizer(ngram_range=(1, 2), binary=True, token_pattern=r"\w+|[^\w\s]")
        counts = csr_matrix(self.counter.fit_transform(texts))
        in_positive = counts[positive].sum(0).A1 + 1.0
        in_negative = counts[~positive].sum(0).A1 + 1.0
        self.ratios = np.log((in_positive / in_positive.sum()) / (in_negative / in_negative.sum()))
        svm = LinearSVC(C=1.0, max_iter=20_000).fit(counts.multiply(self.ratios).tocsr(), positive)
        weights = svm.coef_[0]
        self.weights = (1 - beta) * np.abs(weights).mean() + beta * weights
        self.intercept = float(svm.intercept_[0])

    def scores(self, texts: list[str]) -> np.ndarray:
        """Score texts: float64 (text,), above 0 where positive; of no unit."""
        counts = csr_matrix(self.counter.transform(texts))
        return np.asarray(counts.multiply(self.ratios) @ self.weights + self.intercept)
