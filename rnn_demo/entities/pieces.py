"""Words as a tagger reads them: each is cut into pieces, and the pieces of a sentence stand end to end.

A word is encoded as " " + word, whatever stands before it in the text. The pieces of `London` and ` London` differ,
and only the second is learned from running text; without the space a name that opens a sentence, or follows a bracket,
would look like another word, and a data set that brings its own words does not say where the spaces were.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rnn_demo.tokenizer import PAD_ID, Token, Tokenizer
from rnn_demo.training.batching import pad_rows

__all__ = ["Sentence", "collate", "encode_sentences", "encode_word_with_spans", "length_sorted_batches"]

MAX_ROWS = 32
MAX_PIECES = 8192
"""Pieces in one batch, padding included, unless one sentence alone has more; bounds the memory."""


@dataclass(frozen=True)
class Sentence:
    """The pieces of all words of a sentence."""

    token_ids: list[int]
    piece_counts: list[int]
    """Pieces in each word, 1 or more."""

    @classmethod
    def of(cls, words: Sequence[Sequence[int]]) -> "Sentence":
        """Join words, given as token ids."""
        return cls([token_id for pieces in words for token_id in pieces], [len(pieces) for pieces in words])


def encode_sentences(sentences: Sequence[Sequence[str]], tokenizer: Tokenizer) -> list[Sentence]:
    """Cut the words of sentences into pieces; every word is looked up once."""
    pieces = {word: tokenizer.encode(" " + word) for word in {word for words in sentences for word in words}}
    return [Sentence.of([pieces[word] for word in words]) for words in sentences]


def encode_word_with_spans(word: str, start: int, tokenizer: Tokenizer) -> list[Token]:
    """Cut one word into pieces that know their place in the text; a piece of the added space alone is empty.

    Args:
        word: as it stands in the text.
        start: its place there, code points.
        tokenizer: cuts.
    """
    tokens = []
    for token in tokenizer.encode_with_spans(" " + word):
        first, last = max(token.start - 1, 0), max(token.end - 1, 0)  # without the added space
        tokens.append(Token(word[first:last], token.token_id, start + first, start + last))
    return tokens


def collate(sentences: Sequence[Sentence]) -> dict[str, Tensor]:
    """Make a batch.

    Returns:
        token_ids: int64 (batch, seq); PAD_ID past each sentence.
        piece_counts: int64 (batch, words); 0 past each sentence.
    """
    token_ids, _ = pad_rows([sentence.token_ids for sentence in sentences], PAD_ID)
    piece_counts, _ = pad_rows([sentence.piece_counts for sentence in sentences], 0)
    return {"token_ids": torch.from_numpy(token_ids), "piece_counts": torch.from_numpy(piece_counts)}


def length_sorted_batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Group rows of about the same length, so that little is padded: row numbers, shortest rows first.

    >>> list(length_sorted_batches([5, 9000, 3]))
    [[2, 0], [1]]
    """
    batch: list[int] = []
    for row in np.argsort(lengths, kind="stable").tolist():
        if batch and (len(batch) == MAX_ROWS or lengths[row] * (len(batch) + 1) > MAX_PIECES):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
