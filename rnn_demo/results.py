"""The values that cross from one room of the house to another.

Offsets `start` and `end` count code points of the text as it was given, half open: `text[start:end]`. Probabilities,
scores and confidences lie in [0, 1]. Arrays are numpy, so that `plots/` and the tests need no torch.
"""

from dataclasses import dataclass

import numpy as np


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


@dataclass(frozen=True)
class SurprisingToken:
    """A token and how little it was expected."""

    token: str
    start: int
    end: int
    bits: float
    """-log2 of the probability that the model gave it; 0 where it was sure."""


@dataclass(frozen=True)
class Surprisal:
    """What it costs a language model to read a text."""

    tokens: tuple[SurprisingToken, ...]
    bits_per_char: float
    """Over the code points that these tokens stand for."""
    perplexity: float
    """Over these tokens: as uncertain as a fair choice between so many."""
    num_skipped: int
    """Tokens before these, which were read and not counted."""


@dataclass(frozen=True)
class AttributedToken:
    """A token and its share of a verdict."""

    token: str
    start: int
    end: int
    attribution: float
    """Logits; above 0 speaks for positive."""


@dataclass(frozen=True)
class Attribution:
    """A verdict shared out among the tokens of a text."""

    tokens: tuple[AttributedToken, ...]
    difference: float
    """Logit of the text less logit of the baseline: what is shared out."""
    gap: float
    """By how much the shares, added up, miss it."""


@dataclass(frozen=True)
class HiddenTrace:
    """What one layer of a network held after each token."""

    tokens: tuple[str, ...]
    states: np.ndarray
    """float32 (token, unit); h after each token, or another part of the cells. Of a tagger: of its forward encoder."""
    layer: int
    """Counted from 0, the layer nearest to the words."""


@dataclass(frozen=True)
class Basis:
    """The axes that the states of one layer are drawn on: their principal components."""

    mean: np.ndarray
    """Float (unit,)."""
    components: np.ndarray
    """Float (3, unit), orthonormal rows; zeros where the states have no such component."""
    explained_variance: np.ndarray
    """Float (10,): the share of the variance that each of the first components holds."""
    source: str
    """What the states were of: `held-out texts`, `this text` or `these texts`."""
    density: np.ndarray | None = None
    """Float (row, column): the share of the states in each cell of the plane of the first two, from its lower left."""
    extent: np.ndarray | None = None
    """Float (2, 2): where that plane begins and ends along the first component, then along the second."""


@dataclass(frozen=True)
class Trajectory:
    """A trace drawn on the first two or three components of a basis."""

    points: np.ndarray
    """float32 (token, component)."""
    explained_variance: tuple[float, ...]
    """The share of the variance that each of these components holds, of the states that the basis was made of."""
    basis: str = "this text"
    """The source of the basis."""


@dataclass(frozen=True)
class Step:
    """A step of the state from one token to the next, as long as it is over all units."""

    token_index: int
    """The token that it was taken at."""
    length: float
    median_length: float
    """Of all steps of the text."""


@dataclass(frozen=True)
class RankedUnit:
    """A unit and what it goes with best."""

    unit: int
    feature: str | None
    """None where nothing was computed in advance."""
    correlation: float | None
    """Pearson's r over held-out tokens; None with the feature."""


@dataclass(frozen=True)
class UnitReading:
    """What the units of one layer did over a text, and which of them are worth a look."""

    trace: HiddenTrace
    spans: tuple[tuple[int, int], ...]
    """Where each token stands in the text."""
    ranked: tuple[RankedUnit, ...]
    """The clearest first, each unit once; where nothing was computed in advance, those that change most."""
    by_feature: tuple[RankedUnit, ...]
    """The best unit of each feature, the clearest first; empty where nothing was computed in advance."""
    num_skipped: int
    """Tokens before these, which were read and are not shown."""


@dataclass(frozen=True)
class Context:
    """A place in a held-out text, with some words around it."""

    before: str
    token: str
    after: str
    value: float
    """What one unit held there; over a span of tokens, the mean size of the units that are compared."""


@dataclass(frozen=True)
class SpanMatch:
    """A held-out span over which units are on."""

    context: Context
    num_shared: int
    """How many of the units that were looked for are on throughout."""


@dataclass(frozen=True)
class SpanMatches:
    """The units that are on over a span, and where else they are."""

    span: str
    """The text of the span."""
    units: tuple[int, ...]
    matches: tuple[SpanMatch, ...]
    """Most shared units first."""


@dataclass(frozen=True)
class JacobianNorms:
    """By how much each step of a network can stretch its state at most: the largest singular value of ds_k/ds_{k-1}."""

    tokens: tuple[str, ...]
    trained: tuple[float, ...]
    """One a token."""
    untrained: tuple[float, ...]
    """Of the same network with the weights that it was drawn with."""


@dataclass(frozen=True)
class WeightGroup:
    """A part of a network's weights, and the length of the gradient there."""

    name: str
    norm: float
    clipped_norm: float


@dataclass(frozen=True)
class ClippedStep:
    """A step of gradient descent on one text, with clipping and without. Losses are nats a token."""

    norm: float
    """The length of the gradient, over all weights."""
    clipped_norm: float
    """The same once it is clipped."""
    groups: tuple[WeightGroup, ...]
    loss: float
    """Before the step."""
    loss_clipped: float
    """After the step with clipping."""
    loss_unclipped: float
    """After the step without."""
    clipped_length: float
    """The way of the step with clipping; one of `lengths`."""
    lengths: tuple[float, ...]
    """Ways against the gradient, from 0 to that of the step without clipping."""
    losses: tuple[float, ...]
    """The loss after each of these ways."""


@dataclass(frozen=True)
class FixedPoints:
    """Where a sentiment network comes to rest when it reads nothing. Every field is an array, so that it can be stored.

    Occurrences are coordinates on the first components of the last layer's h over the visited states.
    """

    speeds: np.ndarray
    """float32 (start,); q over h of every layer, where each search ended."""
    whole_speeds: np.ndarray
    """float32 (start,); the same over all that is carried on, an LSTM's c too."""
    points: np.ndarray
    """float32 (point, 3); the ends with a q small enough to be kept."""
    logits: np.ndarray
    """float32 (point,); of P(positive), if the network stood there for ever."""
    drift: np.ndarray
    """float32 (point,); how far h moves in 20 more steps, compared with how far visited states lie from their mean."""
    visited: np.ndarray
    """float32 (state, 3); some of the states that were visited."""
    explained_variance: np.ndarray
    """float32 (component,); shares of the variance of the last layer's h, largest first."""
    memory_variance: np.ndarray
    """float32 (component,); the same of its c; empty in cells without one."""
    readout: np.ndarray
    """float32 (3,); the unit vector along which h moves the logit, in these coordinates."""
    mode_points: np.ndarray
    """int64 (linearised,); rows of `points` at which the Jacobian was taken."""
    time_constants: np.ndarray
    """float32 (linearised, mode); tokens, longest first."""
    growing: np.ndarray
    """bool (linearised, mode); the mode grows instead of fading."""
    alignments: np.ndarray
    """float32 (linearised, mode); |cosine| of the mode's h in the last layer with the readout."""
    mode_directions: np.ndarray
    """float32 (linearised, 3); of the mode that lasts longest, the unit vector of its h, in these coordinates."""

    @property
    def num_started(self) -> int:
        """Searches."""
        return len(self.speeds)

    @property
    def num_converged(self) -> int:
        """Fixed points kept."""
        return len(self.points)
