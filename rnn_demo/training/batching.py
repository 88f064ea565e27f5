"""Which rows make up an optimiser step: pure functions of its number, so that a run can be resumed.

With several processes, process `rank` of `world` takes every `world`-th row of the same batch.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np

from rnn_demo.errors import DataError

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class StreamBatches:
    """Truncated back-propagation through one long text, read as `batch_size` streams side by side.

    The text a b c d e f g h i j k l m with batch_size 2 and seq_len 3, first step and second:

        a b c | d e f        inputs of step 0: a b c    targets: b c d
        g h i | j k l                          g h i             h i j

    Row r of step s + 1 continues row r of step s, so the state can be carried over.
    """

    token_ids: np.ndarray
    """int32 (token,)."""
    batch_size: int
    seq_len: int

    def __post_init__(self) -> None:
        """Refuse a text that is too short for one batch."""
        if self.steps_per_pass < 1:
            raise DataError(
                f"{len(self.token_ids)} tokens are too few for {self.batch_size} streams of {self.seq_len} tokens; "
                "give more text, or a smaller batch_size or seq_len"
            )

    @property
    def steps_per_pass(self) -> int:
        """Steps in one pass over the text."""
        return ((len(self.token_ids) - 1) // self.batch_size) // self.seq_len

    def batch_at(self, step: int, rank: int = 0, world: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Return the inputs and the targets of a step, int64 (batch / world, seq) each."""
        stream_len = self.steps_per_pass * self.seq_len
        starts = np.arange(rank, self.batch_size, world) * stream_len + (step % self.steps_per_pass) * self.seq_len
        columns = starts[:, None] + np.arange(self.seq_len + 1)
        rows = self.token_ids[columns].astype(np.int64)
        return rows[:, :-1], rows[:, 1:]


@dataclass(frozen=True, eq=False)
class BucketedBatches:
    """Batches of rows of similar length, in a new order each epoch.

    Rows are shuffled, sorted by length within pools of 50 batches, and the batches shuffled again. Every epoch skips
    the rows that do not fill a last batch.
    """

    lengths: np.ndarray
    """int64 (row,)."""
    batch_size: int
    seed: int

    POOL_BATCHES = 50

    def __post_init__(self) -> None:
        """Refuse data with too few rows for one batch."""
        if len(self.lengths) < self.batch_size:
            raise DataError(f"{len(self.lengths)} rows do not fill a batch of {self.batch_size}; give a smaller one")

    @property
    def steps_per_pass(self) -> int:
        """Steps in one epoch."""
        return len(self.lengths) // self.batch_size

    def rows_at(self, step: int, rank: int = 0, world: int = 1) -> np.ndarray:
        """Return the row numbers of a step, int64 (batch / world,)."""
        epoch, index = divmod(step, self.steps_per_pass)
        rows: np.ndarray = _epoch_order(self, epoch)[index]
        return rows[rank::world]


@lru_cache(maxsize=2)
def _epoch_order(batches: BucketedBatches, epoch: int) -> np.ndarray:
    rng = np.random.default_rng([batches.seed, epoch])
    size = batches.batch_size
    order = rng.permutation(len(batches.lengths))[: batches.steps_per_pass * size]
    pool = size * batches.POOL_BATCHES
    pools = [order[i : i + pool] for i in range(0, len(order), pool)]
    ordered = np.concatenate([rows[np.argsort(batches.lengths[rows], kind="stable")] for rows in pools])
    return rng.permutation(ordered.reshape(-1, size))


@dataclass(frozen=True)
class ConsecutiveBatches:
    """Batches of consecutive rows, with new cuts and a new order each epoch.

    Each epoch leaves out the rows before the first cut and after the last, fewer than two batches.
    """

    num_rows: int
    batch_size: int
    seed: int

    def __post_init__(self) -> None:
        """Refuse data with too few rows to choose a cut."""
        if self.steps_per_pass < 1:
            raise DataError(
                f"{self.num_rows} rows are too few for consecutive batches of {self.batch_size}; give a "
                f"batch_size of {self.num_rows // 2} or less"
            )

    @property
    def steps_per_pass(self) -> int:
        """Steps in one epoch."""
        return self.num_rows // self.batch_size - 1

    def rows_at(self, step: int, rank: int = 0, world: int = 1) -> np.ndarray:
        """Return the row numbers of a step, int64 (batch / world,), in order."""
        epoch, index = divmod(step, self.steps_per_pass)
        rng = np.random.default_rng([self.seed, epoch])
        first = int(rng.integers(self.batch_size)) + int(rng.permutation(self.steps_per_pass)[index]) * self.batch_size
        return np.arange(first + rank, first + self.batch_size, world)


def by_length(lengths: Sequence[int] | np.ndarray, max_rows: int = 32, max_tokens: float = 8192) -> Iterator[list[int]]:
    """Group rows of similar length, so that there is little padding: row numbers, shortest rows first.

    Args:
        lengths: tokens in each row.
        max_rows: rows in one batch.
        max_tokens: tokens in one batch, padding included, unless a single row has more; bounds the memory.

    >>> list(by_length([5, 9000, 3]))
    [[2, 0], [1]]
    """
    batch: list[int] = []
    for row in np.argsort(lengths, kind="stable").tolist():
        if batch and (len(batch) == max_rows or lengths[row] * (len(batch) + 1) > max_tokens):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def pad_rows(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[np.ndarray, np.ndarray]:
    """Pad rows to the length of the longest: int64 (row, longest), and the lengths int64 (row,).

    >>> pad_rows([[5, 6], [7]], pad_id=0)
    (array([[5, 6],
           [7, 0]]), array([2, 1]))
    """
    lengths = np.array([len(row) for row in rows])
    padded = np.full((len(rows), int(lengths.max())), pad_id, dtype=np.int64)
    for filled, row in zip(padded, rows, strict=True):
        filled[: len(row)] = row
    return padded, lengths


def map_by_length(
    items: Sequence[Item], length: Callable[[Item], int], compute: Callable[[list[Item]], Iterable[Result]]
) -> list[Result]:
    """Return what `compute` makes of each item, in their order; it gets batches of `by_length`.

    >>> map_by_length(["ccc", "a", "bb"], len, lambda batch: [text.upper() for text in batch])
    ['CCC', 'A', 'BB']
    """
    results: dict[int, Result] = {}
    for rows in by_length([length(item) for item in items]):
        results.update(zip(rows, compute([items[row] for row in rows]), strict=True))
    return [results[row] for row in range(len(items))]
