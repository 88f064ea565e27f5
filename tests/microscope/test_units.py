"""Which units are shown, and in which order."""

import numpy as np

from rnn_demo.microscope.trace import HiddenTrace
from rnn_demo.microscope.units import most_active_units


def trace_of(columns: list[list[float]]) -> HiddenTrace:
    states = np.array(columns, dtype=np.float32).T
    return HiddenTrace(tuple("abcdefgh"[: len(states)]), ((0, 0),) * len(states), states, layer=0)


def test_units_that_change_most_are_kept_in_the_order_in_which_they_stand_out() -> None:
    trace = trace_of([[0, 0, 0, 9], [5, 5, 5, 5], [0, 9, 0, 0], [0, 0, 0, 0.1], [-9, 0, 0, 0]])
    assert most_active_units(trace, 3) == [4, 2, 0]


def test_units_are_all_kept_when_there_are_few() -> None:
    assert sorted(most_active_units(trace_of([[0, 1], [1, 0]]), 40)) == [0, 1]


def test_units_of_one_token_are_the_largest() -> None:
    assert sorted(most_active_units(trace_of([[0.1], [-0.9], [0.5]]), 2)) == [1, 2]
