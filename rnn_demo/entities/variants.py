"""The forms in which a training sentence is shown, so that the network learns more than this one spelling of it.

- In small letters: it must not lean on capitals alone. (A sentence in CAPITALS is read in small letters anyway; see
  `subwords.py`.)
- With its neighbours, as a window: where a typed text is split into sentences, some ends are missed.
- As a headline, and as people chat (see `retyping.py`).
- With names masked: where the subwords of a word are unknown, its context must tell what it is, and where label
  consistency is learned (see `consistency.py`) the other occurrences of the name must.

docs/experiments.md has what each of these brought, and what was tried besides.
"""

from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from rnn_demo.entities.corpus import TaggedSentences
from rnn_demo.entities.retyping import ADDED, as_chat, as_headline
from rnn_demo.entities.subwords import Sentence, encode_sentences
from rnn_demo.tokenizer import Tokenizer


class Shown(NamedTuple):
    """A sentence as it is shown."""

    sentence: Sentence
    places: list[int]
    """Of each of its words in the sentence as it was; ADDED where it was not there."""


class ShownSentences:
    """Sentences that are shown as they are, in small letters, as a headline or a chat, or with words hidden.

    Args:
        words: of each sentence.
        tokenizer: cuts words into subwords.
        lowercase_prob: chance of small letters.
        mask_prob: chance that a word with a capital is hidden.
        title_prob: chance of a headline.
        chat_prob: chance of a chat.
    """

    def __init__(
        self,
        words: list[list[str]],
        tokenizer: Tokenizer,
        lowercase_prob: float,
        mask_prob: float = 0.0,
        *,
        title_prob: float = 0.0,
        chat_prob: float = 0.0,
    ) -> None:
        self.words, self.tokenizer, self.mask_prob = words, tokenizer, mask_prob
        self.bounds = np.cumsum([lowercase_prob, title_prob, chat_prob])
        self.as_is = encode_sentences(words, tokenizer)
        self.lower = encode_sentences([[word.lower() for word in row] for row in words], tokenizer)

    def draw(self, row: int, rng: np.random.Generator) -> Shown:
        """Draw a form, and which words are hidden, and return a sentence so."""
        form = int(np.searchsorted(self.bounds, rng.random(), side="right"))
        if form in (1, 2):
            retyped, places = (as_headline, as_chat)[form - 1](self.words[row], rng)
            sentence = encode_sentences([retyped], self.tokenizer)[0]
        else:
            sentence = (self.lower if form == 0 else self.as_is)[row]
            places = list(range(len(sentence.words)))
        if self.mask_prob:
            capital = np.array([place != ADDED and self.words[row][place][:1].isupper() for place in places])
            hidden = capital & (rng.random(len(capital)) < self.mask_prob)
            sentence = sentence.hide(hidden, self.tokenizer.unk_id)
        return Shown(sentence, places)


def with_windows(sentences: TaggedSentences, longest: int, seed: int) -> TaggedSentences:
    """Add the same sentences once more, in passages of 2 to `longest` that follow each other; below 2 adds nothing.

    >>> alone = TaggedSentences("x/train", [["a"], ["b"], ["c"]], [["O"], ["O"], ["O"]], [[""], [""], [""]])
    >>> with_windows(alone, 2, seed=0).words
    [['a'], ['b'], ['c'], ['a', 'b'], ['c']]
    """
    if longest < 2:
        return sentences
    rng = np.random.default_rng(seed)
    cuts = [0]
    while cuts[-1] < len(sentences.words):
        cuts.append(cuts[-1] + int(rng.integers(2, longest + 1)))

    def joined(rows: list[list[str]]) -> list[list[str]]:
        return rows + [list(chain.from_iterable(rows[start:end])) for start, end in pairwise(cuts)]

    columns = (sentences.words, sentences.tags, sentences.pos_tags)
    return TaggedSentences(sentences.name, *map(joined, columns))
