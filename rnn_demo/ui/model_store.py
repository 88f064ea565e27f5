"""The checkpoints that are there, each loaded once when the app starts, and what is wrong with the others.

After that a store never changes, so all visitors share it without a lock. A missing or broken folder takes nothing
down but what needs it: it stays on the store with its problem, and the page says how to train it anew.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rnn_demo.checkpoint import CONFIG_NAME, WEIGHTS_NAME, choose_by_cell, read_checkpoint, reads_backward
from rnn_demo.errors import CheckpointError, InputError, RnnDemoError, unknown_name
from rnn_demo.precomputed import NOTHING_PRECOMPUTED, Precomputed, read_precomputed
from rnn_demo.predictor import ForwardPredictor, Predictor
from rnn_demo.tasks import TASKS, expected_checkpoints

AnyReader = TypeVar("AnyReader", bound=Predictor)


@dataclass(frozen=True)
class StoreEntry:
    """One checkpoint folder: either a predictor, or a problem and the command that mends it."""

    name: str
    task: str
    """A name in TASKS; by the folder's name where config.json does not tell."""
    predictor: Predictor | None = None
    precomputed: Precomputed = NOTHING_PRECOMPUTED
    """What was computed of it in advance; empty where nothing was."""
    problem: str = ""
    command: str = ""


class ModelStore:
    """Every checkpoint of a folder, loaded.

    Args:
        checkpoints_dir: holds a folder a checkpoint; may be missing.
    """

    def __init__(self, checkpoints_dir: Path) -> None:
        self.checkpoints_dir = checkpoints_dir
        self.entries = {name: load_entry(checkpoints_dir / name) for name in find_names(checkpoints_dir)}

    def names(self, task: str | None = None) -> list[str]:
        """List the checkpoints that can be used, of one task or of all; the default first."""
        return [entry.name for entry in self.entries.values() if entry.predictor and task in (None, entry.task)]

    def names_alike(self, name: str) -> list[str]:
        """List a checkpoint and, behind it, those of its task that read the same pieces: comparable token by token."""
        chosen = self.find(name)
        others = (self.find(other) for other in self.names(chosen.task) if other != name)
        same = [one.name for one in others if one.tokenizer.model_proto == chosen.tokenizer.model_proto]
        return [name, *same]

    def names_by_cell(self, task: str) -> dict[str, str]:
        """Choose a checkpoint for each cell: cell -> name, see `choose_by_cell`."""
        return choose_by_cell({name: self.find(name).checkpoint for name in self.names(task)})

    def problems(self, task: str | None = None) -> list[StoreEntry]:
        """List the checkpoints that cannot be used, of one task or of all."""
        return [entry for entry in self.entries.values() if not entry.predictor and task in (None, entry.task)]

    def find(self, name: object, task: str | None = None) -> Predictor:
        """Take a predictor off the store.

        Args:
            name: a checkpoint's name.
            task: whose names to suggest if this one is unknown; None is all.

        Raises:
            InputError: there is no such checkpoint.
            CheckpointError: it is missing or broken; the message says how to train it.
        """
        entry = self.entries.get(str(name))
        if entry is None:
            raise unknown_name("model", name, self.names(task) or ["none: see the Models tab"])
        if entry.predictor is None:
            raise CheckpointError(f"{entry.problem}; train it with `{entry.command}`")
        return entry.predictor

    def precomputed(self, name: object) -> Precomputed:
        """Return what was computed of a predictor in advance; errors as in `find`."""
        return self.entries[self.find(name).name].precomputed

    def get(self, name: object, kind: type[AnyReader]) -> AnyReader:
        """Take a predictor of one kind off the store; errors as in `find`, and InputError if it is of another kind."""
        predictor = self.find(name, kind.task)
        if not isinstance(predictor, kind):
            allowed = ", ".join(self.names(kind.task)) or "none"
            raise InputError(f"{name} is of task {predictor.task}, not {kind.task}; choose one of {allowed}")
        return predictor


def say_which_encoder(predictor: Predictor) -> str:
    """Return which of a tagger's two encoders is shown; begins with a space."""
    return "" if isinstance(predictor, ForwardPredictor) else " These are the states of the forward encoder."


def find_names(checkpoints_dir: Path) -> list[str]:
    """List what should be there and what is there besides: any folder with a config.json or weights.

    Backward language models are left out: they only lend their weights to taggers.
    """
    expected = expected_checkpoints()
    files = [path for name in (CONFIG_NAME, WEIGHTS_NAME) for path in checkpoints_dir.glob(f"*/{name}")]
    names = sorted({path.parent.name for path in files if not reads_backward(path.parent)})
    return list(dict.fromkeys([*expected, *names]))


def load_entry(folder: Path) -> StoreEntry:
    """Load one folder, or say what is wrong with it."""
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
    except Exception as error:  # whatever a damaged folder makes some library raise, the other tabs must still open
        problem = f"{folder} cannot be read: {type(error).__name__}: {error}"
        return StoreEntry(folder.name, task, problem=relative(problem, folder), command=command)
    return StoreEntry(folder.name, task, predictor, precomputed, command=command)


def relative(message: str, folder: Path) -> str:
    """Name files from the folder that holds checkpoints/ on, as the page is no place for the server's own paths."""
    return message.replace(f"{folder.parent.parent}/", "")
