"""Ranks the units of a layer for display."""

from dataclasses import dataclass

import numpy as np

from rnn_demo.microscope.correlations import RankedUnit, UnitCorrelations, best_units, rank_units
from rnn_demo.microscope.trace import HiddenTrace

MAX_TOKENS = 2000
NUM_ACTIVE = 40
"""Units listed if no correlations were precomputed."""


@dataclass(frozen=True)
class UnitReading:
    """The units of one layer over a text, ranked."""

    trace: HiddenTrace
    ranked: tuple[RankedUnit, ...]
    """Each unit once, largest |r| first; without precomputed correlations, the units that change most."""
    by_feature: tuple[RankedUnit, ...]
    """The best unit of each feature, largest |r| first; empty without precomputed correlations."""
    num_skipped: int
    """Earlier tokens, which are read but not in the trace."""


def rank_trace(trace: HiddenTrace, known: UnitCorrelations | None) -> UnitReading:
    """Rank the units of a layer.

    Args:
        trace: of one token or more; the result keeps the last MAX_TOKENS tokens.
        known: precomputed correlations; None if there are none for this quantity.
    """
    kept = trace.cut(slice(-MAX_TOKENS, None))
    num_skipped = len(trace.tokens) - len(kept.tokens)
    if known is None or trace.layer not in known.layers:
        active = (RankedUnit(unit, None, None) for unit in most_active_units(kept, NUM_ACTIVE))
        return UnitReading(kept, tuple(active), (), num_skipped)
    correlations = known.layers[trace.layer]
    ranked, by_feature = rank_units(correlations, known.features), best_units(correlations, known.features)
    return UnitReading(kept, tuple(ranked), tuple(by_feature), num_skipped)


def most_active_units(trace: HiddenTrace, limit: int) -> list[int]:
    """Return the units that change most over a text, ordered by the token of their largest deviation.

    Change is the maximum minus the minimum; ties go to the lower unit. The order is by the token at which a unit is
    farthest from its mean, so that the peaks of a heat map run along its diagonal.

    Args:
        trace: one token or more.
        limit: maximum number of units, 1 or more.
    """
    change = np.ptp(trace.states, axis=0)  # (unit,)
    size = np.abs(trace.states).mean(axis=0)  # (unit,); ranks the units of a text of one token, where nothing changes
    chosen = np.sort(np.lexsort((-size, -change))[:limit])
    distance = np.abs(trace.states - trace.states.mean(axis=0))[:, chosen]  # (token, chosen)
    return [int(unit) for unit in chosen[np.argsort(distance.argmax(axis=0), kind="stable")]]
