"""Requests that arrive while a model is busy are computed together in its next pass.

A recurrent network reads its weights once at each step, however many texts take the step: reading eight texts together
costs little more than reading one. Nobody waits for company: a request waits for the pass under way, at the longest,
and one that finds the model idle begins at once.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class SharedPass(Generic[Item, Result]):
    """A function of many items, called by many threads with one item each.

    Args:
        compute: items -> a result for each, in order. If it raises, every item is computed by itself, so that an item
            that cannot be computed spoils no other.
        most: items in one pass.
    """

    def __init__(self, compute: Callable[[list[Item]], list[Result]], most: int) -> None:
        self._compute = compute
        self._most = most
        self._waiting: deque[tuple[Item, Future[Result]]] = deque()
        self._running = Lock()

    def __call__(self, item: Item) -> Result:
        """Return the result of an item; raises what `compute` raises for it."""
        mine: Future[Result] = Future()
        self._waiting.append((item, mine))
        with self._running:
            while not mine.done():  # those who came before may fill a pass
                self._run([self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))])
        return mine.result()

    def _run(self, waiting: Sequence[tuple[Item, "Future[Result]"]]) -> None:
        try:
            results = self._compute([item for item, _ in waiting])
        except BaseException as error:  # whoever waits must be woken, whatever it is
            if len(waiting) == 1:
                waiting[0][1].set_exception(error)
                return
            for each in waiting:
                self._run([each])
            return
        for (_, future), result in zip(waiting, results, strict=True):
            future.set_result(result)
