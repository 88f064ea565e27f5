"""The held-out corpus, `checkpoints/reference.txt`, and a network's states over it.

States are computed on first use and cached per model. The text is public domain; `train.py reference` builds it.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from rnn_demo.errors import CheckpointError
from rnn_demo.microscope.states import read_states
from rnn_demo.predictor import Predictor
from rnn_demo.tokenizer import EncodedText

HELD_OUT_NAME = "reference.txt"
CHUNK_BREAK = "\n\n\n"
"""Separates passages; a passage contains at most one empty line in a row."""
STATE_CHARS, PART_CHARS = 90_000, 20_000
"""Characters read for h, and for c or a gate, which take 4 times as long."""
MAX_KEPT = 4
"""Cache entries; about 45 MB each for two layers of 512 units."""


@dataclass(frozen=True, eq=False)
class HeldOutCorpus:
    """The states of a network over the held-out corpus."""

    passages: tuple[EncodedText, ...]
    starts: np.ndarray
    """int64 (passage + 1,); the rows of passage i are `starts[i] .. starts[i + 1]`."""
    layers: tuple[np.ndarray, ...]
    """Per layer, float16 (row, unit); one row per token, passages concatenated."""


def read_chunks(path: Path) -> tuple[str, ...]:
    """Read the passages of the held-out corpus.

    Raises:
        CheckpointError: the file is missing, not UTF-8, or empty.
    """
    try:
        passages = tuple(filter(str.strip, path.read_text(encoding="utf-8").split(CHUNK_BREAK)))
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"cannot read the held-out text {path.name} ({type(error).__name__}); "
            "make it with `python train.py reference`"
        ) from error
    if not passages:
        raise CheckpointError(f"the held-out text {path.name} is empty; make it with `python train.py reference`")
    return passages


def read_held_out(predictor: Predictor, passages: Sequence[str], quantity: str = "h") -> HeldOutCorpus:
    """Return a network's states over some passages.

    Args:
        predictor: of any task.
        passages: one or more, none of them blank.
        quantity: a name in `trace.quantities_of`.
    """
    encoded = tuple(predictor.encode(passage) for passage in passages)
    starts = np.concatenate([[0], np.cumsum([len(passage.tokens) for passage in encoded])])
    layers: list[np.ndarray] = []
    for number, states in read_states(predictor, encoded, quantity):
        if not layers:
            layers = [np.zeros((int(starts[-1]), layer.shape[1]), dtype=np.float16) for layer in states]
        for layer, rows in zip(layers, states, strict=True):
            layer[starts[number] : starts[number + 1]] = rows
    return HeldOutCorpus(encoded, starts, tuple(layers))


class Slot:
    """A cache slot and the lock that guards its computation."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.reference: HeldOutCorpus | None = None


class HeldOutStore:
    """An LRU cache of held-out states, shared by all visitors.

    Concurrent requests for the same states share one computation and do not block requests for others.

    Args:
        path: of the held-out corpus; read on first use.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = Lock()
        self.slots: OrderedDict[tuple[str, str], Slot] = OrderedDict()

    def has(self, predictor: Predictor, quantity: str = "h") -> bool:
        """Return whether the states are cached."""
        slot = self.slots.get((predictor.name, quantity))
        return slot is not None and slot.reference is not None

    def get(self, predictor: Predictor, quantity: str = "h") -> HeldOutCorpus:
        """Return a predictor's states over the held-out corpus; the first call takes seconds.

        Raises:
            CheckpointError: the corpus cannot be read.
        """
        with self.lock:
            slot = self.slots.setdefault((predictor.name, quantity), Slot())
            self.slots.move_to_end((predictor.name, quantity))
            while len(self.slots) > MAX_KEPT:
                self.slots.popitem(last=False)
        with slot.lock:
            if slot.reference is None:
                passages = read_chunks(self.path)
                every = stride(map(len, passages), STATE_CHARS if quantity == "h" else PART_CHARS)
                slot.reference = read_held_out(predictor, passages[::every], quantity)
            return slot.reference


def stride(lengths: Iterable[int], most: int) -> int:
    """Return n such that every n-th text together has about `most` characters.

    >>> stride([2, 2, 2, 2], 4), stride([2, 2], 99)
    (2, 1)
    """
    return max(1, -(-sum(lengths) // most))
