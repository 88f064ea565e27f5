"""The held-out text that is read at run time, `checkpoints/reference.txt`, and what the units did over it.

The states are computed when they are first asked for and kept, for the models that were asked for last. The text is
public domain; `train.py reference` makes it.
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
"""Between two passages; within one there is at most one empty line."""
STATE_CHARS, PART_CHARS = 90_000, 20_000
"""How much is read: for h, by torch's kernel; for c and the gates, by the equations, which takes 4 times as long."""
MAX_KEPT = 4
"""Some 45 MB each, for two layers of 512 units."""


@dataclass(frozen=True, eq=False)
class HeldOutCorpus:
    """The hidden states of a network over the held-out text."""

    passages: tuple[EncodedText, ...]
    starts: np.ndarray
    """int64 (passage + 1,); the rows of passage i are `starts[i] .. starts[i + 1]`."""
    layers: tuple[np.ndarray, ...]
    """float16 (row, unit) a layer; a row a token, all passages end to end."""


def read_chunks(path: Path) -> tuple[str, ...]:
    """Read the passages of a reference text.

    Raises:
        CheckpointError: the file is missing, is no text, or is empty.
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
    """Read passages with a network.

    Args:
        predictor: of any task.
        passages: one or more, with something in each.
        quantity: a name in `trace.quantities_of`.
    """
    encoded = tuple(predictor.encode(passage) for passage in passages)
    starts = np.concatenate([[0], np.cumsum([len(one.tokens) for one in encoded])])
    layers: list[np.ndarray] = []
    for number, states in read_states(predictor, encoded, quantity):
        if not layers:
            layers = [np.zeros((int(starts[-1]), layer.shape[1]), dtype=np.float16) for layer in states]
        for layer, rows in zip(layers, states, strict=True):
            layer[starts[number] : starts[number + 1]] = rows
    return HeldOutCorpus(encoded, starts, tuple(layers))


class Slot:
    """A place for one reference, and the lock under which it is filled."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.reference: HeldOutCorpus | None = None


class HeldOutStore:
    """The held_out of the models that were asked for last; visitors share it.

    Two who ask for the same one wait for one computation; who asks for another does not wait for them.

    Args:
        path: of the reference text; read when it is first asked for.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = Lock()
        self.slots: OrderedDict[tuple[str, str], Slot] = OrderedDict()

    def has(self, predictor: Predictor, quantity: str = "h") -> bool:
        """Return whether `get` would answer at once."""
        slot = self.slots.get((predictor.name, quantity))
        return slot is not None and slot.reference is not None

    def get(self, predictor: Predictor, quantity: str = "h") -> HeldOutCorpus:
        """Return what a predictor's units did over the reference text; takes seconds when first asked.

        Raises:
            CheckpointError: there is no such text.
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
    """Return to take every how many texts, so that together they have `most` characters or little more.

    >>> stride([2, 2, 2, 2], 4), stride([2, 2], 99)
    (2, 1)
    """
    return max(1, -(-sum(lengths) // most))
