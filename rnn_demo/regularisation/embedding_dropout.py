"""Embedding dropout: whole rows of the vocabulary are dropped, wherever they occur in the batch.

Source: Gal & Ghahramani 2016, arXiv:1512.05287, section 4.2.
"""

from torch import Tensor


def drop_rows(weight: Tensor, drop_prob: float) -> Tensor:
    """Set some rows of an embedding to 0 and scale the others up.

    Args:
        weight: float (vocab, embed).
        drop_prob: chance of each row, in [0, 1).
    """
    kept = weight.new_empty(len(weight), 1).bernoulli_(1 - drop_prob)
    return weight * kept.div_(1 - drop_prob)
