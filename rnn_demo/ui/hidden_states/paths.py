"""Texts -> paths through the space of hidden states, as plain numbers.

How paths are coloured, drawn and described is in `drawing.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_demo.microscope.basis import Basis
from rnn_demo.microscope.trace import HiddenTrace
from rnn_demo.microscope.trajectory import Trajectory, basis_of_traces, project_trajectory
from rnn_demo.ui.service import Service

MAX_TOKENS = 2000
"""Of a longer text only the last MAX_TOKENS tokens are projected."""


@dataclass(frozen=True)
class Paths:
    """Some texts, read by one model and projected on the same axes."""

    untrimmed: tuple[HiddenTrace, ...]
    """Every token of each text."""
    traces: tuple[HiddenTrace, ...]
    """The tokens or words that are projected, of the last MAX_TOKENS tokens of each text."""
    trajectories: tuple[Trajectory, ...]
    basis: Basis

    @property
    def num_skipped(self) -> list[int]:
        """Return how many tokens at the start of each text are not projected."""
        return [max(len(trace.tokens) - MAX_TOKENS, 0) for trace in self.untrimmed]


def trace_paths(
    service: Service,
    texts: Sequence[str],
    model: str,
    layer: int,
    quantity: str = "h",
    *,
    dimensions: int = 2,
    by_word: bool = False,
) -> Paths:
    """Read some texts and project the states after each token or word, in 2 or 3 dimensions.

    Raises:
        InputError: a setting is unknown, or a text cannot be read.
    """
    untrimmed = tuple(service.trace(text, model, layer, quantity) for text in texts)
    traces = tuple(trace.cut(slice(-MAX_TOKENS, None)) for trace in untrimmed)
    if by_word:
        traces = tuple(trace.by_word() for trace in traces)
    basis = service.basis(model, traces[0].layer, quantity) or basis_of_traces(traces)
    return Paths(untrimmed, traces, tuple(project_trajectory(trace, basis, dimensions) for trace in traces), basis)


def numbers_of(service: Service, text: str, model: str, layer: int, quantity: str) -> dict[str, Any]:
    """Read a text and return its path in the plane as plain values."""
    return numbers_of_paths(trace_paths(service, [text], model, layer, quantity))[0]


def numbers_of_paths(paths: Paths) -> list[dict[str, Any]]:
    """Return each text's tokens, points and states as plain values."""
    return [
        {
            "tokens": list(trace.tokens),
            "points": trajectory.points.tolist(),
            "explained_variance": list(trajectory.explained_variance),
            "states": np.round(trace.states.astype(np.float64), 6).tolist(),  # half the size, at float32's precision
            "basis": paths.basis.source,
            "num_skipped": num_skipped,
        }
        for trace, trajectory, num_skipped in zip(paths.traces, paths.trajectories, paths.num_skipped, strict=True)
    ]
