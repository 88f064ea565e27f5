"""Which units of a layer are worth a look, and in which order."""

from dataclasses import dataclass

import numpy as np

from rnn_demo.microscope.correlations import RankedUnit, UnitCorrelations, best_units, rank_units
from rnn_demo.microscope.trace import HiddenTrace

MAX_TOKENS = 2000
NUM_ACTIVE = 40
"""Units that are listed where nothing was computed in advance."""


@dataclass(frozen=True)
class UnitReading:
    """What the units of one layer did over a text, and which of them are worth a look."""

    trace: HiddenTrace
    ranked: tuple[RankedUnit, ...]
    """The clearest first, each unit once; where nothing was computed in advance, those that change most."""
    by_feature: tuple[RankedUnit, ...]
    """The best unit of each feature, the clearest first; empty where nothing was computed in advance."""
    num_skipped: int
    """Tokens before these, which were read and are not shown."""


def rank_trace(trace: HiddenTrace, known: UnitCorrelations | None) -> UnitReading:
    """Rank the units of a layer.

    Args:
        trace: of one token or more; the reading keeps the last MAX_TOKENS.
        known: what the units correlate with; None where it was not precomputed, or not for this quantity.
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
    """Choose the units that change most over a text, and order them by the token at which they stand out.

    A unit's change is its largest value less its smallest. It stands out where it is farthest from its own mean, so
    that in a heat map the bright cells run from one corner to the other: whoever reacts to the first words comes first.

    Args:
        trace: one token or more.
        limit: units at most, 1 or more.

    Returns:
        Unit numbers; ties go to the lower one.
    """
    change = np.ptp(trace.states, axis=0)  # (unit,)
    size = np.abs(trace.states).mean(axis=0)  # (unit,), for a text of one token, over which nothing changes
    chosen = np.sort(np.lexsort((-size, -change))[:limit])
    distance = np.abs(trace.states - trace.states.mean(axis=0))[:, chosen]  # (token, chosen)
    return [int(unit) for unit in chosen[np.argsort(distance.argmax(axis=0), kind="stable")]]
