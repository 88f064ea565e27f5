"""Which units of a layer are worth a look, and in which order."""

from dataclasses import dataclass, replace

import numpy as np

from rnn_demo.microscope.correlations import RankedUnit, best_units, rank_units
from rnn_demo.microscope.trace import HiddenTrace, trace_hidden_states
from rnn_demo.precomputed import Entry
from rnn_demo.predictor import Predictor

MAX_TOKENS = 2000
NUM_ACTIVE = 40
"""Units that are listed where nothing was computed in advance."""


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


def read_units(predictor: Predictor, text: str, layer: int, quantity: str, section: Entry | None) -> UnitReading:
    """Read a text and rank the units of one layer.

    Args:
        predictor: of any task.
        text: one token or more; of a longer one the last MAX_TOKENS are shown, those before are read all the same.
        layer: as in `trace_hidden_states`.
        quantity: a name in `trace.quantities_of`. Correlations are known of h alone.
        section: `units` of the predictor's study; None where it was not computed.

    Raises:
        InputError: as in `trace_hidden_states`.
    """
    whole = trace_hidden_states(predictor, text, layer, quantity)
    trace = replace(whole, tokens=whole.tokens[-MAX_TOKENS:], states=whole.states[-MAX_TOKENS:])
    spans = tuple((token.start, token.end) for token in predictor.encode(text).tokens[-MAX_TOKENS:])
    num_skipped = len(whole.tokens) - len(spans)
    found = section.arrays.get(f"{trace.layer}.correlations") if section and quantity == "h" else None
    if section is None or found is None:
        active = [RankedUnit(unit, None, None) for unit in most_active_units(trace, NUM_ACTIVE)]
        return UnitReading(trace, spans, tuple(active), (), num_skipped)
    names = section.notes["features"]
    return UnitReading(trace, spans, tuple(rank_units(found, names)), tuple(best_units(found, names)), num_skipped)


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
