"""How far back the gradient of each cell reaches, before and after training."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.findings.report import Claim, Material, Section, table
from rnn_demo.cells import CELLS
from rnn_demo.language.write import Writer
from rnn_demo.microscope.baseline import random_init_baseline
from rnn_demo.microscope.gradients import gradient_over_distance
from rnn_demo.microscope.jacobians import largest_singular_values
from rnn_demo.plots import Figure, draw_gradients
from rnn_demo.predictor import ForwardPredictor
from rnn_demo.sentiment.score import SentimentScorer

FOLD = 1000
"""A gradient that has shrunk so many times counts as vanished."""
NUM_JACOBIAN_CHUNKS = 5
"""Of the chunks, for the singular values: they take longer."""
KINDS: tuple[type[ForwardPredictor], ...] = (Writer, SentimentScorer)
"""Whose cells are compared."""


@dataclass(frozen=True)
class Reach:
    """How far the gradient of one network reaches."""

    reaches: Sequence[int]
    """Tokens, of each chunk."""
    singular_value: float
    """The largest of a step's Jacobian; the median over tokens."""

    @property
    def middle(self) -> int:
        """The median over chunks, tokens."""
        return round(median(self.reaches))

    def __str__(self) -> str:
        return f"{self.middle} ({min(self.reaches)} to {max(self.reaches)})"


def section(material: Material) -> Section:
    """Measure every model that reads forwards only."""
    measured = {
        name: {
            "trained": measure(predictor, material.chunks),
            "untrained": measure(random_init_baseline(predictor), material.chunks),
        }
        for name, predictor in material.forward_predictors.items()
    }
    rows = [
        [name, *(cell for each in both.values() for cell in (str(each), f"{each.singular_value:.2f}"))]
        for name, both in measured.items()
    ]
    trained = {name: both["trained"] for name, both in measured.items()}
    return Section(
        [table(["model", "reach, trained", "largest singular value", "reach, untrained", "the same"], rows)],
        f"Reach: the tokens after which |dL/ds| has shrunk {FOLD:,} times; the median (minimum to maximum) over "
        f"{len(material.chunks)} held-out passages of some 200 tokens. Where the gradient does not shrink so far, the "
        "reach is the length of the passage. Training cut the gradient after 70 tokens in language models (64 "
        "characters in shakespeare-lstm) and after 400 to 600 in sentiment models; the table shows what the cell would "
        "allow, and for a classifier only the path through its last state. The largest singular value is that of one "
        "step's Jacobian, the median over tokens. Published: the gradient of a vanilla RNN vanishes exponentially "
        "(Hochreiter 1991; Bengio et al. 1994), and must where all singular values stay below 1 (Pascanu et al. 2013, "
        "arXiv:1211.5063); a trained LSTM language model uses about 200 tokens of context, and the order of only the "
        "last 50 (Khandelwal et al. 2018, arXiv:1805.04623).",
        [claim for kind in KINDS for claim in claims(material, kind, trained)],
        {"gradients": ("The gradient over distance on one passage", draw(material))},
    )


def measure(predictor: ForwardPredictor, chunks: Sequence[str]) -> Reach:
    """Measure one network."""
    encoded = [predictor.encode(text) for text in chunks]
    reaches = [reach(gradient_over_distance(predictor, text)) for text in encoded]
    values = [value for text in encoded[:NUM_JACOBIAN_CHUNKS] for value in largest_singular_values(predictor, text)]
    return Reach(reaches, median(values))


def reach(norms: Sequence[float]) -> int:
    """Return after how many tokens a gradient has shrunk FOLD times for good; the number of tokens if it never does."""
    still = [distance for distance, norm in enumerate(norms) if norm * FOLD > norms[0]]
    return still[-1] + 1 if still else 0


def claims(material: Material, kind: type[ForwardPredictor], trained: Mapping[str, Reach]) -> Iterator[Claim]:
    """Check whether the gradient of the cells without gates vanishes first."""
    chosen = material.by_cell(kind)
    reaches = {cell: trained[name].middle for cell, name in chosen.items()}
    gated = [tokens for cell, tokens in reaches.items() if CELLS[cell].gate_names]
    plain = [tokens for cell, tokens in reaches.items() if not CELLS[cell].gate_names]
    if not gated or not plain:
        return
    predictors = [material.subjects[name].predictor for name in chosen.values()]
    shortest = min(len(predictor.encode(text).tokens) for predictor in predictors for text in material.chunks)
    shown = (f"{cell} {'at least ' if tokens >= shortest else ''}{tokens} tokens" for cell, tokens in reaches.items())
    yield Claim(f"of the {kind.task} models the vanilla RNN forgets first", max(plain) < min(gated), ", ".join(shown))


def draw(material: Material) -> Figure:
    """Draw the gradients of the compared language models over the first chunk."""
    writers = material.predictors(Writer)
    predictors = {name: writers[name] for name in material.by_cell(Writer).values()}
    text = material.chunks[0]
    shares = {
        name: {
            "trained": relative(gradient_over_distance(predictor, predictor.encode(text))),
            "untrained": relative(gradient_over_distance(random_init_baseline(predictor), predictor.encode(text))),
        }
        for name, predictor in predictors.items()
    }
    return draw_gradients(shares, {name: predictor.checkpoint.cell for name, predictor in predictors.items()})


def relative(norms: Sequence[float]) -> list[float]:
    """Return norms as shares of the first.

    >>> relative([2.0, 1.0]), relative([0.0, 0.0])
    ([1.0, 0.5], [0.0, 0.0])
    """
    return [norm / (norms[0] or 1.0) for norm in norms]
