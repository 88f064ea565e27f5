"""Which units of a layer are worth a look, and in which order."""

import numpy as np

from rnn_demo.results import HiddenTrace

__all__ = ["most_active_units"]


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
