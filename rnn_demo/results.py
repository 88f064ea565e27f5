"""What the three predictors return. What an analysis returns stands beside its function in `microscope/`.

Offsets `start` and `end` count code points of the text as it was given, half open: `text[start:end]`. Probabilities,
scores and confidences lie in [0, 1].
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class GeneratedToken:
    """One sampled token. The `token` strings of a generation, joined, are its text."""

    token: str
    """The text that this token adds; empty while the bytes of a character are still incomplete."""
    token_id: int
    """Its row in the vocabulary."""
    probability: float
    """Its share of the distribution that it was drawn from, after temperature, top-k and top-p."""


@dataclass(frozen=True)
class GeneratedText:
    """What a language model wrote after a prompt."""

    prompt: str
    text: str
    """What was written, without the prompt."""
    tokens: tuple[GeneratedToken, ...]


@dataclass(frozen=True)
class TokenProbability:
    """A candidate for the next token."""

    token: str
    """The subword as it would read in the text: a leading space is a space. Bytes read `<0xE2>`, the end `</s>`."""
    probability: float


@dataclass(frozen=True)
class ScoredToken:
    """A token and P(positive) once it has been read."""

    token: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class SentimentScore:
    """The verdict on one text, and how it came about."""

    score: float
    """P(positive) of the whole text."""
    label: str
    """`negative` below 0.4, `positive` above 0.6, `neutral` between: the treebank's own bins."""
    tokens: tuple[ScoredToken, ...]


@dataclass(frozen=True)
class Entity:
    """A named entity: `text[start:end]`."""

    label: str
    """PER, LOC, ORG or MISC in the shipped models."""
    start: int
    end: int
    confidence: float
    """The CRF's posterior of exactly this span with this label."""


@dataclass(frozen=True)
class TaggedToken:
    """A word and its most likely tag on the best path."""

    token: str
    start: int
    end: int
    tag: str
    """IOB2: O, B-PER, I-PER, ..."""
    confidence: float
    """The CRF's marginal probability of this tag at this word."""
    pos: str = ""
    """Part of speech, as the training data calls it (NNP, VBD, ...); empty where the model knows none."""


@dataclass(frozen=True)
class TaggedText:
    """A text with its entities marked."""

    text: str
    entities: tuple[Entity, ...]
    tokens: tuple[TaggedToken, ...]
