"""What papers report on the data sets that our models are measured on; the numbers are in published.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NUMBERS = Path(__file__).with_name("published.toml")


@dataclass(frozen=True)
class Published:
    """A number from a paper."""

    who: str
    metric: str
    """As config.json calls it."""
    value: float
    """Rates lie in [0, 1]."""
    source: str


@cache
def read_published() -> dict[str, tuple[Published, ...]]:
    """Read the numbers: dataset/split -> what was published."""
    numbers = tomllib.loads(NUMBERS.read_text(encoding="utf-8"))
    return {
        dataset: tuple(
            Published(who, metric, value, source) for metric, rows in by_metric.items() for who, value, source in rows
        )
        for dataset, by_metric in numbers.items()
    }
