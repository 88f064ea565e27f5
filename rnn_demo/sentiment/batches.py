"""Batches where sentences are many and reviews are long: a step of short texts, many of them, or one of long ones."""

import numpy as np

from rnn_demo.sentiment.config import SentimentRecipe
from rnn_demo.training.batching import BucketedBatches

MAX_SHORT = 64
"""Tokens of a short text."""


class ShortAndLong:
    """Batches of short texts, with one of long texts at regular intervals: a pure function of the step.

    Mixed batches would spend nearly all time on reviews, of which one holds as many tokens as twenty sentences.

    Args:
        lengths: int64 (row,); tokens.
        recipe: how often, and both batch sizes.

    Raises:
        DataError: the short or the long texts do not fill a batch.
    """

    def __init__(self, lengths: np.ndarray, recipe: SentimentRecipe) -> None:
        self.every = recipe.long_every
        self.long_rows, self.short_rows = np.flatnonzero(lengths > MAX_SHORT), np.flatnonzero(lengths <= MAX_SHORT)
        self.long = BucketedBatches(lengths[self.long_rows], recipe.batch_size, recipe.seed)
        self.short = BucketedBatches(lengths[self.short_rows], recipe.short_batch_size, recipe.seed)

    def rows_at(self, step: int, rank: int = 0, world: int = 1) -> np.ndarray:
        """The row numbers of a step, int64 (batch / world,)."""
        num_long = (step + 1) // self.every  # up to this step, this one included
        if (step + 1) % self.every == 0:
            return self.long_rows[self.long.rows_at(num_long - 1, rank, world)]
        return self.short_rows[self.short.rows_at(step - num_long, rank, world)]
