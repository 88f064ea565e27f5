"""The Attractor tab on points of a known kind: the verdict, and numbers that mean something."""

import re
from typing import Any

import numpy as np
import pytest

from rnn_demo.microscope.fixed_points import FixedPoints
from rnn_demo.ui.attractor_tab import compare, describe, liken

STILL, MOVING = 1e-9, 1e-7


def points_of(logits: list[float], whole_speed: float = STILL, **others: Any) -> FixedPoints:
    """Make up points of an LSTM with these logits, all of them linearised."""
    count = len(logits)
    fields = {
        "speeds": np.array([*[STILL] * count, MOVING]),
        "whole_speeds": np.array([*[whole_speed] * count, STILL]),  # the last is slow as a whole only by mistake
        "points": np.zeros((count, 3)),
        "logits": np.array(logits),
        "drift": np.full(count, 0.008),
        "visited": np.zeros((5, 3)),
        "explained_variance": np.array([0.3, 0.2, 0.1]),
        "memory_variance": np.array([0.5, 0.3, 0.1]),
        "readout": np.zeros(3),
        "mode_points": np.arange(count),
        "time_constants": np.full((count, 2), 200.0),
        "growing": np.zeros((count, 2), bool),
        "alignments": np.full((count, 2), 0.5),
        "mode_directions": np.zeros((count, 3)),
    }
    return FixedPoints(**{**fields, **others})


LINE = [-2.0, -1.6, -1.2, -0.8, -0.4, 0.0, 0.4, 0.8, 1.2, 1.6, 2.0]


@pytest.mark.parametrize(
    ("points", "verdict"),
    [
        (points_of([]), "Unlike .* found no "),
        (points_of([0.1, 0.2, 0.3]), "Unlike .* the same score"),
        (points_of([-3, -3, 3, 3]), "Unlike .* gap in the line"),
        (points_of(LINE, MOVING), "Like .* in h alone"),
        (points_of(LINE), "Like .* the whole state"),
    ],
)
def test_the_verdict_comes_first(points: FixedPoints, verdict: str) -> None:
    assert re.match(rf"\*\*{verdict}", liken(points))
    assert describe({"trained": points, "untrained": points_of([0.0])}).startswith(liken(points))


def test_where_c_moves_on_no_fixed_points_are_promised() -> None:
    described = describe({"trained": points_of(LINE, MOVING), "untrained": points_of([0.0])})
    assert "**11 of 12**" in described
    assert "At 0 of the 11 points" in described
    assert "fixed point" not in described
    whole = points_of(LINE, memory_variance=np.zeros(0))
    assert "fixed point" in describe({"trained": whole, "untrained": whole})


def test_a_time_beyond_any_text_is_not_counted_out() -> None:
    before = points_of([0.0], time_constants=np.full((1, 2), 52.3))
    beyond = points_of(LINE, time_constants=np.full((11, 2), 216_207.0))
    compared = compare({"trained": beyond, "untrained": before})
    assert re.search(r"longer than .*2,000.* 52 tokens untrained; published: about 1,000\.", compared)
    assert "216" not in compared
    assert "lasts 200 tokens, 52 tokens untrained" in compare({"trained": points_of(LINE), "untrained": before})
