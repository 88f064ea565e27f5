"""What the Attractor tab says of points whose kind is known: the verdict, and numbers that mean something."""

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
        (points_of([]), "**Unlike the published line attractor:** nowhere"),
        (points_of([0.1, 0.2, 0.3]), "**Unlike the published line attractor:** all that it rests at is one verdict."),
        (points_of([-3, -3, 3, 3]), "**Unlike the published line attractor:** its dots leave a wide gap"),
        (points_of(LINE, MOVING), "**Like the published line attractor in h alone:** h stands still"),
        (points_of(LINE), "**Like the published line attractor:** it stands still"),
    ],
)
def test_the_verdict_comes_first(points: FixedPoints, verdict: str) -> None:
    assert liken(points).startswith(verdict)
    assert describe({"trained": points, "untrained": points_of([0.0])}).startswith(verdict)


def test_where_c_moves_on_no_fixed_points_are_promised() -> None:
    said = describe({"trained": points_of(LINE, MOVING), "untrained": points_of([0.0])})
    assert "**11 of 12** searches ended where h stands still" in said
    assert "At 0 of the 11 c stands still too." in said
    assert "fixed point" not in said
    whole = points_of(LINE, memory_variance=np.zeros(0))
    assert "searches ended in a fixed point" in describe({"trained": whole, "untrained": whole})


def test_a_time_beyond_any_text_is_not_counted_out() -> None:
    before = points_of([0.0], time_constants=np.full((1, 2), 52.3))
    said = compare({"trained": points_of(LINE, time_constants=np.full((11, 2), 216_207.0)), "untrained": before})
    assert "lasts longer than any text read here (2,000 tokens), 52 tokens untrained; published: about 1,000." in said
    assert "216" not in said
    assert "The slowest mode lasts 200 tokens, 52 tokens" in compare({"trained": points_of(LINE), "untrained": before})
