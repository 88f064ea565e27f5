"""Requests that arrive while a model is busy are computed together in its next pass.

A recurrent network reads its weights once at each step, however many texts take the step: reading eight texts together
costs little more than reading one. Nobody waits for company: a request waits for the pass under way, at the longest,
and one that finds the model idle begins at once.
"""

from collections import deque
from collections.abc import Callable
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
        self._waiting: deque[_Waiting[Item, Result]] = deque()
        self._running = Lock()

    def __call__(self, item: Item) -> Result:
        """Return the result of an item; raises what `compute` raises for it."""
        mine: _Waiting[Item, Result] = _Waiting(item)
        self._waiting.append(mine)
        with self._running:
            while not mine.is_done:  # those who came before may fill a pass
                self._run([self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))])
        return mine.result()

    def _run(self, waiting: "list[_Waiting[Item, Result]]") -> None:
        try:
            results = self._compute([each.item for each in waiting])
        except Exception as error:
            if len(waiting) == 1:
                waiting[0].fail(error)
                return
            for each in waiting:
                self._run([each])
            return
        for each, result in zip(waiting, results, strict=True):
            each.finish(result)


class _Waiting(Generic[Item, Result]):
    """An item on its way."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.is_done = False
        self._result: list[Result] = []
        self._error: Exception | None = None

    def finish(self, result: Result) -> None:
        self._result, self.is_done = [result], True

    def fail(self, error: Exception) -> None:
        self._error, self.is_done = error, True

    def result(self) -> Result:
        if self._error:
            raise self._error
        return self._result[0]
