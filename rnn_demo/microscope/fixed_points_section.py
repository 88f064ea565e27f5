"""The section `fixed_points` of a study: what was found of a network, trained and untrained, as arrays and back."""

from collections.abc import Mapping
from dataclasses import fields

import numpy as np

from rnn_demo.microscope.fixed_points import FixedPoints
from rnn_demo.precomputed import Entry

STATES = ("trained", "untrained")


def section_of(found: Mapping[str, FixedPoints]) -> Entry:
    """Store what was found, by a name in STATES."""
    arrays: dict[str, np.ndarray] = {
        f"{state}.{field.name}": getattr(found[state], field.name) for state in STATES for field in fields(FixedPoints)
    }
    return Entry(arrays, {})


def fixed_points_of(section: Entry) -> Mapping[str, FixedPoints]:
    """Read it again."""
    return {
        state: FixedPoints(**{field.name: section.arrays[f"{state}.{field.name}"] for field in fields(FixedPoints)})
        for state in STATES
    }
