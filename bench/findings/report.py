"""What a section of docs/what-we-found.md is made from, and what it is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from rnn_demo.comparison import choose_by_cell
from rnn_demo.plots import Figure
from rnn_demo.precomputed import Precomputed
from rnn_demo.predictor import ForwardPredictor, Predictor

AnyPredictor = TypeVar("AnyPredictor", bound=Predictor)


@dataclass(frozen=True)
class Subject:
    """A model that is examined, with what was computed of it in advance."""

    predictor: Predictor
    precomputed: Precomputed

    @property
    def last_layer(self) -> int:
        """The index of the uppermost layer."""
        return int(self.predictor.model.encoder.config.num_layers) - 1


@dataclass(frozen=True)
class Material:
    """Everything that the sections read."""

    subjects: Mapping[str, Subject]
    """By the names of the models."""
    chunks: Sequence[str]
    """Chunks of held-out text."""

    def predictors(self, kind: type[AnyPredictor]) -> dict[str, AnyPredictor]:
        """Return the predictors of one kind, by name."""
        predictors = {name: subject.predictor for name, subject in self.subjects.items()}
        return {name: predictor for name, predictor in predictors.items() if isinstance(predictor, kind)}

    @property
    def forward_predictors(self) -> dict[str, ForwardPredictor]:
        """The predictors that read forwards only, by name."""
        predictors = {name: subject.predictor for name, subject in self.subjects.items()}
        return {name: predictor for name, predictor in predictors.items() if isinstance(predictor, ForwardPredictor)}

    def by_cell(self, kind: type[Predictor]) -> dict[str, str]:
        """Choose the model of each cell that a task's cells are compared by: cell -> name."""
        return choose_by_cell({name: predictor.checkpoint for name, predictor in self.predictors(kind).items()})


@dataclass(frozen=True)
class Claim:
    """A published claim, checked in our models."""

    text: str
    holds: bool
    evidence: str
    """Our numbers."""

    @property
    def line(self) -> str:
        """A line of the report.

        >>> Claim("it rains", True, "3 mm").line
        '- it rains: **holds** (3 mm)'
        """
        return f"- {self.text}: **{'holds' if self.holds else 'does not hold'}** ({self.evidence})"


@dataclass(frozen=True)
class Section:
    """A section: tables, an explanation, claims, and figures."""

    tables: Sequence[Sequence[str]]
    """The lines of each table."""
    note: str
    """What the tables show, and what was published."""
    claims: Sequence[Claim] = ()
    figures: Mapping[str, tuple[str, Figure]] = field(default_factory=dict)
    """The name of a figure's file -> its caption and the figure."""

    @property
    def lines(self) -> list[str]:
        """The section in Markdown."""
        pictures = [f"![{caption}](figures/{name}.png)" for name, (caption, _) in self.figures.items()]
        blocks = [*self.tables, [self.note], [claim.line for claim in self.claims], *([line] for line in pictures)]
        return [line for block in blocks if block for line in ("", *block)]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Write a table.

    >>> table(["a", "b"], [["1", "2"]])
    ['| a | b |', '| --- | --- |', '| 1 | 2 |']
    """
    return [f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rows)]


def tenth(number: float) -> str:
    """Write a number with one decimal; what rounds to 0 has no sign.

    >>> tenth(-0.04), tenth(-0.06)
    ('0.0', '-0.1')
    """
    return f"{round(float(number), 1) + 0.0:.1f}"
