"""The results of the three predictors. The result of an analysis is defined beside its function in `microscope/`.

Offsets `start` and `end` count code points of the input text, half open: `text[start:end]`. Probabilities, scores and
confidences lie in [0, 1].
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Candidate:
    """A token that could have been drawn."""

    token: str
    """The subword as text, as in `TokenProbability`."""
    token_id: int
    probability: float
    """0 where temperature, top-k or top-p leave it out."""


@dataclass(frozen=True)
class GeneratedToken:
    """A sampled token. The joined `token` strings are the generated text."""

    token: str
    """The text that this token adds; empty while the bytes of a character are still incomplete."""
    token_id: int
    """Its index in the vocabulary."""
    probability: float
    """The probability that it was sampled with, after temperature, top-k and top-p."""
    candidates: tuple[Candidate, ...] = ()
    """The likeliest tokens at this step, likeliest first, and the sampled one where it is not among them."""
    is_written: bool = True
    """False for the step after the text, whose token is not part of it."""


@dataclass(frozen=True)
class GeneratedText:
    """The continuation of a prompt by a language model."""

    prompt: str
    text: str
    """Without the prompt."""
    tokens: tuple[GeneratedToken, ...]


@dataclass(frozen=True)
class TokenProbability:
    """A candidate for the next token."""

    token: str
    """The subword as text, with its leading space; a byte is `<0xE2>`, the end of the text `</s>`."""
    probability: float


@dataclass(frozen=True)
class ScoredToken:
    """A token and P(positive) after reading it."""

    token: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class SentimentScore:
    """The sentiment of a text, with the score after each token."""

    score: float
    """P(positive) of the complete text."""
    label: str
    """`negative` below 0.4, `positive` above 0.6, `neutral` between, as in the Stanford Sentiment Treebank."""
    tokens: tuple[ScoredToken, ...]


@dataclass(frozen=True)
class Entity:
    """A named entity: `text[start:end]`."""

    label: str
    """PER, LOC, ORG or MISC in the shipped models."""
    start: int
    end: int
    confidence: float
    """The CRF's posterior probability of this span with this label."""


@dataclass(frozen=True)
class TaggedToken:
    """A word and its tag on the most probable path."""

    token: str
    start: int
    end: int
    tag: str
    """IOB2: O, B-PER, I-PER, ..."""
    confidence: float
    """The CRF's marginal probability of this tag at this word."""
    pos: str = ""
    """Part of speech as in the training data (NNP, VBD, ...); empty if the model predicts none."""


@dataclass(frozen=True)
class TaggedText:
    """A text with its entities and the tag of each word."""

    text: str
    entities: tuple[Entity, ...]
    tokens: tuple[TaggedToken, ...]
