"""Subwords joined into words, for everything that a person reads.

A word's surprisal is the sum of its subwords'; its score, state and prediction are those after its last subword.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rnn_demo.graphemes import goes_on

MAX_WORD = 30
"""Characters; longer runs of letters, and scripts without spaces, are cut between subwords."""
APOSTROPHES = "'’"


class Spanned(Protocol):
    """A token and where it stands in the text, code points, half open."""

    @property
    def token(self) -> str:
        """Return its text."""

    @property
    def start(self) -> int:
        """Return where it starts."""

    @property
    def end(self) -> int:
        """Return where it ends."""


@dataclass(frozen=True)
class Word:
    """A run of tokens that a reader takes for one word, or one mark of punctuation."""

    text: str
    """With the white space before it, as its first token has it."""
    start: int
    end: int
    tokens: range
    """The numbers of its tokens."""

    @property
    def last(self) -> int:
        """The number of its last token."""
        return self.tokens[-1]


def words_of(tokens: Sequence[Spanned]) -> tuple[Word, ...]:
    """Join tokens into words; each token belongs to exactly one.

    Args:
        tokens: in order; the first tokens of a character that takes several have an empty span.

    >>> from rnn_demo.results import ScoredToken
    >>> subwords = ("It", " wasn", "'", "t", " my", " e", "le", "phant", ".", " 🎉")
    >>> ends = [sum(map(len, subwords[:n])) for n in range(len(subwords) + 1)]
    >>> [word.text for word in words_of([ScoredToken(p, a, b, 0.5) for p, a, b in zip(subwords, ends, ends[1:])])]
    ['It', " wasn't", ' my', ' elephant', '.', ' 🎉']
    >>> emoji = [ScoredToken(character, i, i + 1, 0.5) for i, character in enumerate("👩‍👧👍🏽🇬🇧!")]
    >>> [word.end - word.start for word in words_of(emoji)]
    [3, 2, 2, 1]
    """
    words: list[Word] = []
    first, text = 0, ""
    for i, token in enumerate(tokens):
        text += token.token
        following = next((tokens[j].token for j in range(i + 1, len(tokens)) if tokens[j].token), "")
        unfinished = i + 1 < len(tokens) and token.start == token.end
        if unfinished or (len(text) + len(following) <= MAX_WORD and _goes_on(text, following)):
            continue
        words.append(Word(text, tokens[first].start, token.end, range(first, i + 1)))
        first, text = i + 1, ""
    return tuple(words)


def _goes_on(text: str, following: str) -> bool:
    """Whether a word goes on: letters and digits side by side, also around an apostrophe; or a character goes on."""
    if goes_on(text, following):
        return True
    if not text.strip():
        return bool(following)  # white space belongs to the word after it
    before, after = text.rstrip(APOSTROPHES) or " ", following.lstrip(APOSTROPHES)
    joined = len(text) - len(before) + len(following) - len(after) <= 1
    if not before[-1].isalnum():
        return False
    return joined and (after[:1].isalnum() if after else following in tuple(APOSTROPHES))


def each_token(tokens: Sequence[Spanned]) -> tuple[Word, ...]:
    """Return every token as a word of its own, for a reader who wants to see the subwords."""
    return tuple(Word(token.token, token.start, token.end, range(i, i + 1)) for i, token in enumerate(tokens))


def sums(words: Iterable[Word], values: Sequence[float]) -> list[float]:
    """Add up the values of each word's tokens.

    >>> sums([Word("ab", 0, 2, range(2)), Word("!", 2, 3, range(2, 3))], [1.0, 2.0, 4.0])
    [3.0, 4.0]
    """
    return [sum(values[i] for i in word.tokens) for word in words]
