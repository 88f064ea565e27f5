"""Whole words as a tagger reads them beside their subwords: a vector from outside, the spelling, the shape.

    f_w = [E v_w ; forward h at the last character ; backward h at the first ; s_w]

Papers: Lample et al. 2016, arXiv:1603.01360 (a small recurrent network reads the characters), Chiu & Nichols 2016,
arXiv:1511.08308 (a vector for the use of capitals), Ma & Hovy 2016, arXiv:1603.01354 (vectors from outside).
"""

import torch
from torch import Tensor, nn

from rnn_demo.bidirectional import BidirectionalLayer
from rnn_demo.cells import CELLS
from rnn_demo.entities.config import TaggerConfig
from rnn_demo.entities.spelling import NUM_CHARACTERS, SHAPES
from rnn_demo.entities.vectors import WordVectors

CHARACTER_SIZE = 25
"""Numbers in the vector of a character, as in Lample et al."""
SHAPE_SIZE = 8


class WordReader(nn.Module):
    """Gives a vector to each word of a batch by what it looks like.

    A word without a row in the table has a vector that is learned; while training, some words are taken for such.
    """

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__()
        self.unknown_prob = config.unknown_prob
        self.characters = nn.Embedding(NUM_CHARACTERS, CHARACTER_SIZE)
        self.read_characters = BidirectionalLayer(CELLS[config.cell], CHARACTER_SIZE, config.char_size)
        self.shapes = nn.Embedding(len(SHAPES), SHAPE_SIZE)
        table = (config.vector_words, config.vector_rows, config.vector_size, config.vector_parts)
        self.vectors = WordVectors(*table) if config.vector_words else None
        self.unknown = nn.Parameter(torch.zeros(config.vector_size)) if config.vector_words else None

    @staticmethod
    def size(config: TaggerConfig) -> int:
        """Numbers in the vector that each word gets."""
        return (config.vector_size if config.vector_words else 0) + 2 * config.char_size + SHAPE_SIZE

    def forward(self, distinct: Tensor, characters: Tensor, keys: Tensor, shapes: Tensor) -> Tensor:
        """Read the words of a batch; arguments as `collate_spelling` makes them.

        Returns:
            float (batch, words, size); without meaning past each sentence.
        """
        lengths = (characters > 0).sum(1)
        read = self.read_characters(self.characters(characters), lengths)  # (distinct, longest, 2 * char)
        forward, backward = read.chunk(2, dim=-1)
        last = forward.gather(1, (lengths - 1)[:, None, None].expand(-1, 1, forward.shape[2]))[:, 0]
        parts = [last, backward[:, 0], self.shapes(shapes)]
        if self.vectors is not None and self.unknown is not None:
            rows = self.vectors.find(keys)
            if self.training and self.unknown_prob:
                rows = rows.masked_fill(torch.rand(rows.shape, device=rows.device) < self.unknown_prob, -1)
            parts.insert(0, self.vectors(rows) + (rows < 0)[:, None] * self.unknown)
        return torch.cat(parts, dim=1)[distinct]
