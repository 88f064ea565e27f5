"""The tasks: the one list that the app, train.py and the tests read. A new task is a folder and an entry here.

Training pulls in libraries that answering does not need, so it is imported when it is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from rnn_demo.config import EntityRecipe, LanguageRecipe, Recipe, SentimentRecipe
from rnn_demo.entities.tag import EntityTagger
from rnn_demo.errors import unknown_name
from rnn_demo.language.write import Writer
from rnn_demo.predictor import Predictor
from rnn_demo.sentiment.score import SentimentScorer


@dataclass(frozen=True)
class Task:
    """What can be done with one kind of network."""

    title: str
    """For menus and tables."""
    package: str
    """The folder: its `train.train(recipe, on_progress)` and `evaluate.evaluate(folder, dataset, ...)` are called."""
    predictor: type[Predictor]
    """Service."""
    recipe: type[Recipe]
    """The flags of its training."""

    def train(self, recipe: Recipe, on_progress: Callable[[Any], None]) -> Path | None:
        """Train a checkpoint; see `training.run.fit`."""
        folder: Path | None = import_module(f"{self.package}.train").train(recipe, on_progress)
        return folder

    def evaluate(self, folder: Path, dataset: str, split: str, data_dir: Path | None, case: str) -> dict[str, Any]:
        """Measure a checkpoint; see the task's `evaluate.py`."""
        metrics: dict[str, Any] = import_module(f"{self.package}.evaluate").evaluate(
            folder, dataset, split, data_dir, case
        )
        return metrics


TASKS: dict[str, Task] = {
    "lm": Task("language model", "rnn_demo.language", Writer, LanguageRecipe),
    "sentiment": Task("sentiment", "rnn_demo.sentiment", SentimentScorer, SentimentRecipe),
    "ner": Task("entities", "rnn_demo.entities", EntityTagger, EntityRecipe),
}


def find_task(name: str) -> Task:
    """Look a task up.

    Raises:
        InputError: it is not in TASKS.
    """
    if name not in TASKS:
        raise unknown_name("task", name, TASKS)
    return TASKS[name]
