"""Items of many threads go through one pass, in order, and one that fails spoils no other."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from rnn_demo.ui.shared_pass import SharedPass


def test_what_arrives_while_a_pass_runs_shares_the_next_ones():
    passes, first_runs, let_go = [], Event(), Event()

    def compute(items):
        passes.append(list(items))
        first_runs.set()
        assert let_go.wait(20)
        return [item * 10 for item in items]

    shared = SharedPass(compute, most=4)
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(shared, 0)
        assert first_runs.wait(20)
        others = [threads.submit(shared, item) for item in range(1, 8)]
        while len(shared._waiting) < 7:
            pass
        let_go.set()
        assert [job.result(20) for job in (first, *others)] == [item * 10 for item in range(8)]
    assert [len(items) for items in passes] == [1, 4, 3]
    assert sorted(item for items in passes for item in items) == list(range(8))


def test_an_item_that_fails_fails_alone():
    def compute(items):
        if "bad" in items:
            raise ValueError("bad")
        return [item.upper() for item in items]

    together = Barrier(3)

    def ask(item):
        together.wait(20)
        return shared(item)

    shared = SharedPass(compute, most=3)
    with ThreadPoolExecutor(3) as threads:
        good, bad, fine = (threads.submit(ask, item) for item in ("good", "bad", "fine"))
        assert (good.result(20), fine.result(20)) == ("GOOD", "FINE")
        with pytest.raises(ValueError, match="bad"):
            bad.result(20)
    assert shared("again") == "AGAIN"


def test_many_threads_get_their_own_results():
    shared = SharedPass(lambda items: [item + 1 for item in items], most=5)
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(shared, range(500))) == list(range(1, 501))
