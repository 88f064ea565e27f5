"""Which checkpoints can be compared: the same data, about as many tokens and parameters."""

from collections import Counter
from collections.abc import Collection, Mapping

from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import Checkpoint

MAX_SIZE_RATIO = 1.05
"""Between the numbers of parameters of comparable checkpoints."""


def choose_by_cell(checkpoints: Mapping[str, Checkpoint]) -> dict[str, str]:
    """Choose a checkpoint for each cell for the fairest comparison: cell -> name, in the order of CELLS.

    Preferred are checkpoints that share their data and number of training tokens with most others; among equals, the
    first.
    """
    counts = Counter(checkpoint.trained_on for checkpoint in checkpoints.values())
    chosen: dict[str, str] = {}
    for name in sorted(checkpoints, key=lambda name: -counts[checkpoints[name].trained_on]):
        chosen.setdefault(checkpoints[name].cell, name)
    return {cell: chosen[cell] for cell in CELLS if cell in chosen}


def trained_alike(checkpoints: Collection[Checkpoint]) -> bool:
    """Return whether two or more checkpoints share their data and tokens, with about as many parameters."""
    sizes = [checkpoint.num_parameters for checkpoint in checkpoints]
    same_data = len({checkpoint.trained_on for checkpoint in checkpoints}) == 1
    return len(sizes) > 1 and same_data and max(sizes) <= MAX_SIZE_RATIO * min(sizes)
