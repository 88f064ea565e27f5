"""Words as a tagger reads them: cut into subwords, which the network reads one after the other.

- The backbone learned from running text, so words are written as such: with a space before each word except closing
  signs and clitics (see `spacing.py`), whatever the text has there. A data set of words does not say where the spaces
  were.
- In a sentence in CAPITALS they mean nothing, and its words would fall into single letters: it is read in lower case.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from rnn_demo.entities.spelling import HIDDEN, collate_spelling
from rnn_demo.entities.words import HYPHENS, Word
from rnn_demo.spacing import spaced
from rnn_demo.tokenizer import PAD_ID, Token, Tokenizer
from rnn_demo.training.batching import pad_rows

TO_HYPHEN = str.maketrans(dict.fromkeys(HYPHENS, "-"))
DOMAIN = "news"
"""The domain that the backbone reads every text in."""


@dataclass(frozen=True)
class Sentence:
    """The subwords of all words of a sentence."""

    token_ids: list[int]
    """The control symbol of the domain, then the subwords of the words."""
    subword_counts: list[int]
    """Subwords in each word, 1 or more."""
    lowercased_words: list[str]
    """By which two words are the same."""
    words: list[str]
    """The words as the network reads them; HIDDEN for a masked one."""

    @classmethod
    def of(cls, words: Sequence[str], subwords: Sequence[Sequence[int]], start_id: int) -> "Sentence":
        """Make a sentence of words and the token ids of each."""
        counts = [len(word_ids) for word_ids in subwords]
        return cls([start_id, *chain.from_iterable(subwords)], counts, [word.lower() for word in words], list(words))

    def hide(self, hidden: np.ndarray, unk_id: int) -> "Sentence":
        """Return the sentence with some of its words unknown, bool (words,), and all of their subwords."""
        ids = np.array(self.token_ids)
        ids[1:][np.repeat(hidden, self.subword_counts)] = unk_id
        words = [HIDDEN if hide else word for word, hide in zip(self.words, hidden, strict=True)]
        return replace(self, token_ids=ids.tolist(), words=words)


def encode_sentences(sentences: Sequence[Sequence[str]], tokenizer: Tokenizer) -> list[Sentence]:
    """Return sentences of a data set; every distinct word is cut into subwords once."""
    read = [as_read(words) for words in sentences]
    start_id = tokenizer.domain_id(DOMAIN)
    subwords = {word: tokenizer.encode(spaced(word)) or [tokenizer.unk_id] for words in read for word in words}
    return [Sentence.of(words, [subwords[word] for word in words], start_id) for words in read]


def as_read(words: Sequence[str]) -> list[str]:
    """Return the words of a sentence in the spelling that the network reads, each as long as it was.

    Every hyphen is an ASCII one. A sentence of two words or more in CAPITALS is in small letters.

    >>> as_read(["IRAQ", "'S", "MEN"]), as_read(["NATO", "1996"]), as_read(["U.S.", "and", "Jean\u2010Michel"])
    (['iraq', "'s", 'men'], ['NATO', '1996'], ['U.S.', 'and', 'Jean-Michel'])
    """
    words = [word.translate(TO_HYPHEN) for word in words]
    if sum(word.isupper() for word in words) < 2 or any(word != word.upper() for word in words):
        return words
    return [word.lower() if len(word.lower()) == len(word) else word for word in words]


def encode_words_with_spans(words: Sequence[Word], tokenizer: Tokenizer) -> list[list[Token]]:
    """Return the subwords of each word of a typed sentence, with their spans in the text.

    A subword of an added space alone is empty. The token ids are those of `encode_sentences`.
    """
    encoded = []
    for word, read in zip(words, as_read([word.text for word in words]), strict=True):
        added = len(spaced(read)) - len(read)
        tokens = []
        for token in tokenizer.encode_with_spans(spaced(read)):
            first, last = max(token.start - added, 0), max(token.end - added, 0)
            tokens.append(Token(word.text[first:last], token.token_id, word.start + first, word.start + last))
        encoded.append(tokens)
    return encoded


def collate(sentences: Sequence[Sentence], spelled: bool = False) -> dict[str, Tensor]:
    """Make a batch.

    Args:
        sentences: one or more.
        spelled: whether the spelling of each word is read too.

    Returns:
        token_ids: int64 (batch, 1 + seq); PAD_ID past each sentence.
        subword_counts: int64 (batch, words); 0 past each sentence.
        And, if spelled, the tensors of `collate_spelling`.
    """
    token_ids, _ = pad_rows([sentence.token_ids for sentence in sentences], PAD_ID)
    subword_counts, _ = pad_rows([sentence.subword_counts for sentence in sentences], 0)
    batch = {"token_ids": torch.from_numpy(token_ids), "subword_counts": torch.from_numpy(subword_counts)}
    return batch | (collate_spelling([sentence.words for sentence in sentences]) if spelled else {})
