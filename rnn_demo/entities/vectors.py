"""A table of word vectors from outside, small enough to ship: they know a hundred times the names of a tagged corpus.

    v_w = [C_1[q_1(w)] ; .. ; C_m[q_m(w)]]

Each vector is cut into m parts, and each part is one of the 256 of its codebook C_j: a byte q_j(w) a part (product
quantisation, Jégou, Douze & Schmid 2011). A word is found by a 32-bit hash of its form, so that no word is written
out. 341,479 words of GloVe (Pennington et al. 2014), 100 numbers each in 20 bytes, take 8.3 MB instead of 137.

Sources of what to do with it: Collobert et al. 2011, "Natural language processing (almost) from scratch"; Ma & Hovy
2016, arXiv:1603.01354. The table stays as it is while the network learns.
"""

import torch
from torch import Tensor, nn

CODES = 256
"""Rows of a codebook: what a byte tells."""


class WordVectors(nn.Module):
    """The table. It is a buffer, never trained, and is saved with the network in a file of its own.

    Args:
        num_words: keys.
        num_rows: vectors; fewer than keys where words share them, each key then has the number of its row.
        size: numbers in a vector.
        num_parts: bytes in a row; divides the size.
    """

    keys: Tensor
    """int32 (words,), in order; see `spelling.word_key`."""
    codes: Tensor
    """uint8 (rows, parts)."""
    codebooks: Tensor
    """float32 (parts, 256, size / parts)."""
    rows: Tensor | None
    """int32 (words,); the row of each key, where they share rows, else None: they are in the same order."""

    def __init__(self, num_words: int, num_rows: int, size: int, num_parts: int) -> None:
        super().__init__()
        self.register_buffer("keys", torch.zeros(num_words, dtype=torch.int32))
        self.register_buffer("codes", torch.zeros(num_rows, num_parts, dtype=torch.uint8))
        self.register_buffer("codebooks", torch.zeros(num_parts, CODES, size // num_parts))
        self.register_buffer("rows", torch.zeros(num_words, dtype=torch.int32) if num_rows < num_words else None)

    def find(self, keys: Tensor) -> Tensor:
        """Find words by the keys of their forms, int64 (words, forms): int64 (words,), a row, or -1 where none is."""
        wanted = keys.to(torch.int32)
        places = torch.searchsorted(self.keys, wanted).clamp(max=len(self.keys) - 1)
        there = self.keys[places] == wanted
        first = there.int().argmax(1, keepdim=True)  # the first form that is there
        rows = places.gather(1, first)[:, 0]
        if self.rows is not None:
            rows = self.rows[rows].long()
        return rows.masked_fill(~there.any(1), -1)

    def forward(self, rows: Tensor) -> Tensor:
        """Put vectors together, float32 (words, size), of int64 (words,); -1 gives zeros."""
        codes = self.codes[rows.clamp(min=0)].long()  # (words, parts)
        parts = self.codebooks[torch.arange(codes.shape[1], device=codes.device), codes]
        return parts.flatten(1) * (rows >= 0)[:, None]
