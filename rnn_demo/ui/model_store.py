"""Every checkpoint of a folder, loaded once when the app starts; broken ones with their problem.

A store never changes, so all visitors share it without a lock. A missing or broken checkpoint fails only what needs it:
the page names the problem and the command that trains the checkpoint.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rnn_demo.checkpoint import CONFIG_NAME, WEIGHTS_NAME, read_checkpoint, reads_backward
from rnn_demo.comparison import choose_by_cell
from rnn_demo.errors import CheckpointError, InputError, RnnDemoError, unknown_name
from rnn_demo.precomputed import NOTHING_PRECOMPUTED, Precomputed, read_precomputed
from rnn_demo.predictor import ForwardPredictor, Predictor
from rnn_demo.tasks import TASKS, expected_checkpoints

AnyPredictor = TypeVar("AnyPredictor", bound=Predictor)


@dataclass(frozen=True)
class StoreEntry:
    """A checkpoint folder: a predictor, or a problem and the command that solves it."""

    name: str
    task: str
    """A name in TASKS; guessed from the folder's name where config.json cannot be read."""
    predictor: Predictor | None = None
    precomputed: Precomputed = NOTHING_PRECOMPUTED
    problem: str = ""
    command: str = ""


class ModelStore:
    """Every checkpoint of a folder, loaded.

    Args:
        checkpoints_dir: has one folder for each checkpoint; may be missing.
    """

    def __init__(self, checkpoints_dir: Path) -> None:
        self.checkpoints_dir = checkpoints_dir
        self.entries = {name: load_entry(checkpoints_dir / name) for name in find_names(checkpoints_dir)}

    def names(self, task: str | None = None) -> list[str]:
        """Return the names of the usable checkpoints, of one task or of all; the default first."""
        return [entry.name for entry in self.entries.values() if entry.predictor and task in (None, entry.task)]

    def names_alike(self, name: str) -> list[str]:
        """Return a name, then those of its task with the same subwords: they are comparable token by token."""
        chosen = self.find(name)
        others = (self.find(other) for other in self.names(chosen.task) if other != name)
        return [name, *(other.name for other in others if other.tokenizer.model_proto == chosen.tokenizer.model_proto)]

    def names_by_cell(self, task: str) -> dict[str, str]:
        """Return a checkpoint for each cell: cell -> name, see `choose_by_cell`."""
        return choose_by_cell({name: self.find(name).checkpoint for name in self.names(task)})

    def title(self, name: str) -> str:
        """Return what the page calls a model: its cell, and what tells it from others with this cell.

        The endpoints, the files and the command line go on using the name.
        """
        predictor = self.find(name)
        cell = predictor.checkpoint.cell
        alike = [other for other in self.names(predictor.task) if self.find(other).checkpoint.cell == cell]
        if predictor.tokenizer.has_only_characters:
            return f"{cell.upper()}, letter by letter"
        if len(alike) == 1:
            return cell.upper()
        if name == alike[0]:
            return f"{cell.upper()}, best"
        if name == self.names_by_cell(predictor.task).get(cell):
            return f"{cell.upper()}, same data"
        return f"{cell.upper()} ({name})"

    def choices(self, task: str | None = None) -> list[tuple[str, str]]:
        """List the usable models for a menu: title and name, the default first; with the task where there are several.

        Titles that two models would share are followed by the names.
        """
        titles = [(self.title(name), name) for name in self.names(task)]
        if task is None:
            titles = [(f"{TASKS[self.find(name).task].title}: {title}", name) for title, name in titles]
        counts = Counter(title for title, _ in titles)
        return [(title if counts[title] == 1 else f"{title} ({name})", name) for title, name in titles]

    def problems(self, task: str | None = None) -> list[StoreEntry]:
        """Return the broken checkpoints, of one task or of all."""
        return [entry for entry in self.entries.values() if not entry.predictor and task in (None, entry.task)]

    def find(self, name: object, task: str | None = None) -> Predictor:
        """Return the predictor of a checkpoint.

        Args:
            name: of the checkpoint.
            task: the message for an unknown name suggests the names of this task; None is all.

        Raises:
            InputError: the name is unknown.
            CheckpointError: the checkpoint is missing or broken; the message says how to train it.
        """
        entry = self.entries.get(str(name))
        if entry is None:
            raise unknown_name("model", name, self.names(task) or ["none: see the Models tab"])
        if entry.predictor is None:
            raise CheckpointError(f"{entry.problem}; train it with `{entry.command}`")
        return entry.predictor

    def precomputed(self, name: object) -> Precomputed:
        """Return the precomputed analyses of a checkpoint, empty where there are none; errors as in `find`."""
        return self.entries[self.find(name).name].precomputed

    def get(self, name: object, kind: type[AnyPredictor]) -> AnyPredictor:
        """Return a predictor of one kind; errors as in `find`, and InputError if the checkpoint is of another kind."""
        predictor = self.find(name, kind.task)
        if not isinstance(predictor, kind):
            allowed = ", ".join(self.names(kind.task)) or "none"
            raise InputError(f"{name} is of task {predictor.task}, not {kind.task}; choose one of {allowed}")
        return predictor


def say_which_encoder(predictor: Predictor) -> str:
    """Return which of a tagger's two encoders is shown; begins with a space."""
    return "" if isinstance(predictor, ForwardPredictor) else " These are the states of the forward encoder."


def find_names(checkpoints_dir: Path) -> list[str]:
    """Return the expected checkpoints, then any other folder with a config.json or weights.

    Backward language models are left out: they only lend their weights to taggers.
    """
    files = [path for name in (CONFIG_NAME, WEIGHTS_NAME) for path in checkpoints_dir.glob(f"*/{name}")]
    names = sorted({path.parent.name for path in files if not reads_backward(path.parent)})
    return list(dict.fromkeys([*expected_checkpoints(), *names]))


def load_entry(folder: Path) -> StoreEntry:
    """Load a folder, or describe its problem."""
    guess, _, cell = folder.name.partition("-")
    task = guess if guess in TASKS else ""
    command = f"python train.py {task or next(iter(TASKS))} --cell {cell or 'lstm'}"
    if task and TASKS[task].train_flags:
        command += f" {TASKS[task].train_flags.format(cell=cell)}"
    try:
        if not (folder / CONFIG_NAME).is_file():
            raise CheckpointError(f"{folder / CONFIG_NAME} is missing")
        checkpoint = read_checkpoint(folder)
        if checkpoint.task not in TASKS:
            raise CheckpointError(f"{folder / CONFIG_NAME}: {unknown_name('task', checkpoint.task, TASKS)}")
        task, command = checkpoint.task, checkpoint.command
        predictor = TASKS[task].predictor.load(folder)
        if not all(bool(tensor.isfinite().all()) for tensor in predictor.model.state_dict().values()):
            raise CheckpointError(f"{folder / WEIGHTS_NAME} holds numbers that are not finite")
        precomputed = read_precomputed(folder)
    except RnnDemoError as error:
        return StoreEntry(folder.name, task, problem=relative(str(error), folder), command=command)
    except Exception as error:  # a damaged folder can make a library raise anything; the other tabs must still open
        problem = f"{folder} cannot be read: {type(error).__name__}: {error}"
        return StoreEntry(folder.name, task, problem=relative(problem, folder), command=command)
    return StoreEntry(folder.name, task, predictor, precomputed, command=command)


def relative(message: str, folder: Path) -> str:
    """Return a message without the server's own paths: they start at checkpoints/."""
    return message.replace(f"{folder.parent.parent}/", "")
