"""The forms in which a training sentence is shown, so that the network learns more than this one spelling of it.

- IN CAPITALS or in lower case: it must not lean on capitals alone.
- With its neighbours, as a passage: people type more than one sentence, and a network that has only read single ones
  marks the sentences of a passage worse.

Cutting words into other pieces than the likeliest (subword regularisation, Kudo 2018) was tried and made it worse.
"""

from itertools import chain

import numpy as np

from rnn_demo.entities.corpus import TaggedSentences
from rnn_demo.entities.pieces import Sentence, encode_sentences
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.corpora import CASES, in_case

__all__ = ["CasedSentences", "with_passages"]


class CasedSentences:
    """Sentences that are shown in changing case.

    Args:
        words: of each sentence.
        tokenizer: cuts words into pieces.
        case_probs: chance of each of CASES; they sum to 1.
    """

    def __init__(self, words: list[list[str]], tokenizer: Tokenizer, case_probs: dict[str, float]) -> None:
        self.case_probs = [case_probs[case] for case in CASES]
        self.by_case = [
            encode_sentences([[in_case(word, case) for word in row] for row in words], tokenizer) for case in CASES
        ]

    def draw(self, row: int, rng: np.random.Generator) -> Sentence:
        """Draw a case and give a sentence in it."""
        return self.by_case[rng.choice(len(CASES), p=self.case_probs)][row]


def with_passages(sentences: TaggedSentences, longest: int, seed: int) -> TaggedSentences:
    """Add the same sentences once more, in passages of 2 to `longest` that follow each other; below 2 adds nothing.

    >>> alone = TaggedSentences("x/train", [["a"], ["b"], ["c"]], [["O"], ["O"], ["O"]])
    >>> with_passages(alone, 2, seed=0).words
    [['a'], ['b'], ['c'], ['a', 'b'], ['c']]
    """
    if longest < 2:
        return sentences
    rng = np.random.default_rng(seed)
    words, tags, start = list(sentences.words), list(sentences.tags), 0
    while start < len(sentences.words):
        end = start + int(rng.integers(2, longest + 1))
        words.append(list(chain.from_iterable(sentences.words[start:end])))
        tags.append(list(chain.from_iterable(sentences.tags[start:end])))
        start = end
    return TaggedSentences(sentences.name, words, tags)
