"""Batches as pure functions of the step: each token and row in its place, ranks share a batch, epochs cover all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_demo.errors import DataError
from rnn_demo.training.batching import BucketedBatches, ConsecutiveBatches, StreamBatches, by_length, pad_rows


def letters(rows):
    return ["".join(chr(ord("a") + i) for i in row) for row in rows.tolist()]


def test_letter_grid_of_the_docstring():
    batches = StreamBatches(np.arange(13, dtype=np.int32), batch_size=2, seq_len=3)
    assert batches.steps_per_pass == 2
    grid = [[letters(part) for part in batches.batch_at(step)] for step in range(3)]
    assert grid[0] == [["abc", "ghi"], ["bcd", "hij"]]
    assert grid[1] == [["def", "jkl"], ["efg", "klm"]]
    assert grid[2] == grid[0]


@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 40))
def test_streams_go_on_where_they_stopped(batch_size, seq_len, extra):
    token_ids = np.arange(batch_size * seq_len * 2 + 1 + extra, dtype=np.int32)
    batches = StreamBatches(token_ids, batch_size, seq_len)
    steps = [batches.batch_at(step) for step in range(batches.steps_per_pass)]
    for inputs, targets in steps:
        assert inputs.dtype == targets.dtype == np.int64
        assert inputs.shape == targets.shape == (batch_size, seq_len)
        assert (targets == inputs + 1).all()
    streams = np.concatenate([inputs for inputs, _ in steps], axis=1)
    assert (np.diff(streams, axis=1) == 1).all()
    assert len(np.unique(streams)) == streams.size
    assert token_ids.size - 1 - streams.size < batch_size * seq_len  # what is left does not fill a step


@pytest.mark.parametrize("world", [1, 2, 4])
def test_ranks_share_every_row_of_a_batch(world):
    stream = StreamBatches(np.arange(200, dtype=np.int32), batch_size=4, seq_len=5)
    buckets = BucketedBatches(np.arange(1, 50) % 7 + 1, batch_size=4, seed=0)
    for step in (0, 3, 20):
        whole, _ = stream.batch_at(step)
        parts = [stream.batch_at(step, rank, world)[0] for rank in range(world)]
        assert sorted(np.concatenate(parts).tolist()) == sorted(whole.tolist())
        assert len({len(part) for part in parts}) == 1
        rows = [buckets.rows_at(step, rank, world) for rank in range(world)]
        assert sorted(np.concatenate(rows)) == sorted(buckets.rows_at(step))


def test_a_text_that_fills_no_batch_is_refused():
    StreamBatches(np.arange(7, dtype=np.int32), batch_size=2, seq_len=3)
    with pytest.raises(DataError, match="6 tokens are too few for 2 streams of 3 tokens; give more text, or a smaller"):
        StreamBatches(np.arange(6, dtype=np.int32), batch_size=2, seq_len=3)


@given(st.lists(st.integers(1, 30), min_size=3, max_size=200), st.integers(0, 2**32 - 1))
def test_an_epoch_covers_the_rows_once_and_the_next_one_mixes_anew(lengths, seed):
    batches = BucketedBatches(np.array(lengths), batch_size=3, seed=seed)
    steps = batches.steps_per_pass
    epoch = np.concatenate([batches.rows_at(step) for step in range(steps)])
    assert len(np.unique(epoch)) == len(epoch) == len(lengths) // 3 * 3
    again = BucketedBatches(np.array(lengths), batch_size=3, seed=seed)
    late_first = [again.rows_at(step).tolist() for step in reversed(range(3 * steps))]
    assert late_first[::-1] == [batches.rows_at(step).tolist() for step in range(3 * steps)]


def test_rows_of_a_batch_are_of_about_the_same_length():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 500, size=2000)
    batches = BucketedBatches(lengths, batch_size=10, seed=0)
    spreads = [np.ptp(lengths[batches.rows_at(step)]) for step in range(batches.steps_per_pass)]
    assert np.mean(spreads) < 25
    starts = [lengths[batches.rows_at(step)].mean() for step in range(batches.steps_per_pass)]
    assert abs(np.corrcoef(starts, range(len(starts)))[0, 1]) < 0.3  # batches are mixed again
    first, second = (np.concatenate([batches.rows_at(e * 200 + step) for step in range(200)]) for e in (0, 1))
    assert not np.array_equal(first, second)
    assert set(first) == set(second)


def test_rows_that_fill_no_batch_are_refused():
    with pytest.raises(DataError, match="2 rows do not fill a batch of 3; give a smaller one"):
        BucketedBatches(np.array([1, 2]), batch_size=3, seed=0)


def test_padding_leaves_the_rows_as_they_are():
    padded, lengths = pad_rows([[1], [2, 3, 4], [5, 6]], pad_id=9)
    assert padded.tolist() == [[1, 9, 9], [2, 3, 4], [5, 6, 9]]
    assert lengths.tolist() == [1, 3, 2]
    assert padded.dtype == lengths.dtype == np.int64


@given(st.integers(2, 5), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_consecutive_batches_share_no_row_within_an_epoch_and_are_cut_anew_in_the_next(batch_size, extra, seed):
    batches = ConsecutiveBatches(2 * batch_size + extra, batch_size, seed)
    steps = [batches.rows_at(step) for step in range(2 * batches.steps_per_pass)]
    for rows in steps:
        assert (np.diff(rows) == 1).all()
        assert len(rows) == batch_size
        assert 0 <= rows[0] <= rows[-1] < batches.num_rows
    for epoch in (steps[: batches.steps_per_pass], steps[batches.steps_per_pass :]):
        assert len(np.unique(np.concatenate(epoch))) == batches.steps_per_pass * batch_size
    for world in (1, 2):
        parts = [batches.rows_at(1, rank, world) for rank in range(world)]
        assert sorted(np.concatenate(parts).tolist()) == batches.rows_at(1).tolist()


def test_consecutive_batches_differ_from_epoch_to_epoch():
    batches = ConsecutiveBatches(1000, 10, seed=0)
    first, second = ([batches.rows_at(step)[0] for step in range(start, start + 99)] for start in (0, 99))
    assert first != second
    assert sorted(first) != first
    assert len({place % 10 for place in first}) == 1


def test_too_few_rows_for_consecutive_batches_are_refused():
    ConsecutiveBatches(6, 3, 0)
    with pytest.raises(DataError, match=r"5 rows are too few for consecutive batches of 3; give .*2 or less"):
        ConsecutiveBatches(5, 3, 0)


def test_batches_by_length_have_every_row_once_and_stay_small():
    lengths = [7000, *range(1, 100), 5000, 5000]
    batches = list(by_length(lengths))
    assert sorted(row for rows in batches for row in rows) == list(range(len(lengths)))
    assert all(len(rows) * max(lengths[row] for row in rows) <= 8192 for rows in batches)
    assert max(map(len, batches)) == 32
