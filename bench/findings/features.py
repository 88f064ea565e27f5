"""What single units keep track of."""

from collections.abc import Iterator, Mapping, Sequence

from bench.findings.report import Claim, Material, Section, table
from rnn_demo.language.write import Writer
from rnn_demo.microscope.correlations import RankedUnit, UnitCorrelations, best_units

NUM_FEATURES = 8
"""Features in a row of the table."""
CLEAR = 0.6
"""|r| of a unit that follows a feature clearly."""
QUOTES = "inside quotes"
WITHOUT_QUOTES = ("shakespeare-lstm",)
"""Their text has no quotation marks."""


def section(material: Material) -> Section:
    """Report the clearest features of each model."""
    units = units_by_model(material)
    header = ["model", "the clearest features: correlation with the unit that follows each best"]
    writers = {
        name: units[name] for name in material.predictors(Writer) if name in units and name not in WITHOUT_QUOTES
    }
    return Section(
        [table(header, [[name, "; ".join(map(show, best[:NUM_FEATURES]))] for name, best in units.items()])],
        "Pearson's r over held-out tokens, last layer's h. Published: single units that are on inside quotes, count "
        "down a line or follow brackets (Karpathy et al. 2015, arXiv:1506.02078), all in models of characters, where "
        f"a quotation mark is a token of its own. Clearly means here: |r| above {CLEAR:g}.",
        list(claims({name: units[name] for name in writers if name in units})),
    )


def units_by_model(material: Material) -> dict[str, list[RankedUnit]]:
    """Return the best unit of each feature, the clearest feature first."""
    best = {}
    for name, subject in material.subjects.items():
        entry = subject.precomputed.get("units")
        if entry is not None:
            known = UnitCorrelations.from_entry(entry)
            best[name] = best_units(known.layers[subject.last_layer], known.features)
    return best


def show(unit: RankedUnit) -> str:
    """Write a feature with its unit.

    >>> show(RankedUnit(20, "comma", 0.714))
    'comma +0.71 (unit 20)'
    """
    return f"{unit.feature} {unit.correlation or 0.0:+.2f} (unit {unit.unit})"


def claims(units: Mapping[str, Sequence[RankedUnit]]) -> Iterator[Claim]:
    """Check whether a unit follows quotation marks."""
    for name, best in units.items():
        r = next((unit.correlation or 0.0 for unit in best if unit.feature == QUOTES), 0.0)
        yield Claim(f"a unit of {name} follows quotation marks clearly", abs(r) > CLEAR, f"r {r:+.2f}")
