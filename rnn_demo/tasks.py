"""The tasks: the one list that the app, train.py, the reports and the tests read. A new task is a folder and an entry.

Training needs libraries that answering does not, so its functions are imported when they are called.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from rnn_demo.checkpoint import Checkpoint, record_metrics
from rnn_demo.config import Recipe
from rnn_demo.entities.config import EntityRecipe
from rnn_demo.entities.tag import EntityTagger
from rnn_demo.errors import unknown_name
from rnn_demo.language.config import LanguageRecipe
from rnn_demo.language.write import Writer
from rnn_demo.model_card import write_card
from rnn_demo.predictor import Predictor
from rnn_demo.sentiment.config import SentimentRecipe
from rnn_demo.sentiment.score import SentimentScorer

AnyRecipe = TypeVar("AnyRecipe", bound=Recipe)


class TaskFunctions(NamedTuple, Generic[AnyRecipe]):
    """What a task's folder offers beside its predictor."""

    train: Callable[[AnyRecipe, Callable[[Any], None]], Path | None]
    """Recipe and progress callback -> the checkpoint folder, None after a dry run; see `training/fit.py`."""
    evaluate: Callable[[Path, str, str, Path | None, str], dict[str, Any]]
    """Checkpoint folder, data set, split, --data-dir and case -> metrics; see the task's `evaluate.py`."""
    held_out_texts: Callable[[Path | None], list[str]]
    """--data-dir -> texts that its models did not learn from, as somebody would type them."""


class Headline(NamedTuple):
    """One number that models of a task are compared by."""

    data: str
    """As dataset/split."""
    metric: str
    """A key of what `evaluate` returns."""
    higher_is_better: bool = True

    def of(self, checkpoint: Checkpoint) -> float:
        """Return its value for a checkpoint."""
        return float(checkpoint.metrics[self.data][self.metric])

    def __str__(self) -> str:
        return f"{self.data} {self.metric}"


@dataclass(frozen=True, kw_only=True)
class Task(Generic[AnyRecipe]):
    """What can be done with one kind of network."""

    title: str
    """For menus and tables."""
    predictor: type[Predictor]
    """Loads a checkpoint and answers."""
    recipe: type[AnyRecipe]
    """The flags of its training."""
    functions: Callable[[], TaskFunctions[AnyRecipe]]
    """Imports the functions that train and measure."""
    chosen_by: str
    """What chooses the best weights, for the model card; the name of the held-out data follows."""
    headlines: tuple[Headline, ...] = ()
    """What the reports compare its models by, the most important first."""
    checkpoints: tuple[str, ...] = ()
    """What the page expects under checkpoints/; the first is the default."""
    train_flags: str = ""
    """Further flags for a first training; {cell} is filled in."""
    first_feature: str = ""
    """The feature whose best unit the Units tab opens with, if it is clear."""

    def train(self, recipe: AnyRecipe, on_progress: Callable[[Any], None]) -> Path | None:
        """Train a checkpoint and write its model card; see `training/fit.py`."""
        folder = self.functions().train(recipe, on_progress)
        if folder is not None:
            write_card(folder, self.chosen_by)
        return folder

    def record(self, folder: Path, key: str, metrics: dict[str, Any]) -> None:
        """Write what `evaluate` measured into config.json and the model card; `key` is dataset/split."""
        record_metrics(folder, key, metrics)
        write_card(folder, self.chosen_by)


def _language() -> TaskFunctions[LanguageRecipe]:
    from rnn_demo.language.evaluate import evaluate, held_out_texts
    from rnn_demo.language.train import train

    return TaskFunctions(train, evaluate, held_out_texts)


def _sentiment() -> TaskFunctions[SentimentRecipe]:
    from rnn_demo.sentiment.evaluate import evaluate
    from rnn_demo.sentiment.reviews import held_out_texts
    from rnn_demo.sentiment.train import train

    return TaskFunctions(train, evaluate, held_out_texts)


def _entities() -> TaskFunctions[EntityRecipe]:
    from rnn_demo.entities.corpus import held_out_texts
    from rnn_demo.entities.evaluate import evaluate
    from rnn_demo.entities.train import train

    return TaskFunctions(train, evaluate, held_out_texts)


TASKS: dict[str, Task[Any]] = {
    "lm": Task(
        title="language model",
        predictor=Writer,
        recipe=LanguageRecipe,
        functions=_language,
        chosen_by="nats per token over the first tokens of",
        headlines=(Headline("english_novels/validation", "bits_per_char", higher_is_better=False),),
        checkpoints=("lm-lstm", "lm-gru", "lm-rnn"),
        first_feature="inside quotes",
    ),
    "sentiment": Task(
        title="sentiment",
        predictor=SentimentScorer,
        recipe=SentimentRecipe,
        functions=_sentiment,
        chosen_by="mean accuracy on",
        headlines=(Headline("imdb/test", "accuracy"), Headline("sst2/validation", "accuracy")),
        checkpoints=("sentiment-lstm",),
        train_flags="--init-from lm-{cell}",
        first_feature="how positive the review is",
    ),
    "ner": Task(
        title="entities",
        predictor=EntityTagger,
        recipe=EntityRecipe,
        functions=_entities,
        chosen_by="F1 on",
        headlines=(Headline("conll2003/test", "f1"), Headline("conll2003/test", "pos_accuracy")),
        checkpoints=("ner-lstm",),
        first_feature="entity",
    ),
}


def find_task(name: str) -> Task[Any]:
    """Look a task up.

    Raises:
        InputError: it is not in TASKS.
    """
    if name not in TASKS:
        raise unknown_name("task", name, TASKS)
    return TASKS[name]


def expected_checkpoints() -> list[str]:
    """Return the checkpoints that the page expects, in the order of its menus."""
    return [name for task in TASKS.values() for name in task.checkpoints]
