"""The folder of one training run: everything that is needed to resume it.

runs/lm-lstm/run.json           the settings and the precision that the run was started with
             state/             where it stands: weights, optimiser, random numbers, carried state
             best.safetensors   the best weights so far, fp32
             metrics.jsonl      one line per validation; TensorBoard's files are beside it
"""

import json
from pathlib import Path
from shutil import rmtree
from typing import Any

from rnn_demo.config import OLD_NAMES, Recipe
from rnn_demo.errors import TrainingError
from rnn_demo.storage import replace_folder, replace_text, take_back

RESUMABLE = ("resume", "steps", "minutes", "output_dir", "runs_dir", "data_dir", "num_threads", "dry_run")
"""Settings that may change when a run is resumed."""


class RunFolder:
    """One folder below --runs-dir.

    Args:
        path: the folder.
        recipe: the settings of the run.
        num_processes: processes that take part.
    """

    def __init__(self, path: Path, recipe: Recipe, num_processes: int) -> None:
        self.path = path
        settings = {name: str(value) for name, value in vars(recipe).items() if name not in RESUMABLE}
        self.settings = {**settings, "num_processes": str(num_processes)}
        self.state, self.new_state = path / "state", path / "state.new"
        self.best, self.run_file = path / "best.safetensors", path / "run.json"

    def undo_interrupted_swap(self) -> None:
        """Take the old state back after a kill in the middle of `swap_state`."""
        take_back(self.state)

    def require_resumable(self) -> str:
        """Return the precision of the run to resume.

        Raises:
            TrainingError: there is no such run, or it was started with other settings.
        """
        if not self.state.is_dir():
            raise TrainingError(f"there is no run to resume in {self.path}; leave --resume out to start one")
        stored = self._read()
        for name, value in self.settings.items():
            if (started := stored["recipe"].get(name, value)) != value:
                raise TrainingError(f"{self.path} was started with {name}={started}, not {value}; resume it with that")
        return str(stored["precision"])

    def require_free(self) -> None:
        """Refuse to start over where another run, or something else, would be lost.

        Raises:
            TrainingError: the folder has an unfinished run, or is no run.
        """
        if not self.path.is_dir() or not any(self.path.iterdir()):
            return
        if not self.run_file.exists():
            raise TrainingError(f"{self.path} contains something other than a run; give another --runs-dir")
        if self._read()["finished"]:
            return
        if self.state.is_dir():
            raise TrainingError(f"{self.path} contains an unfinished run; continue it with --resume, or remove it")
        raise TrainingError(f"{self.path} contains a run that saved nothing yet: running, or stopped; remove it")

    def known_precision(self) -> str | None:
        """Return the precision of an earlier run with the same settings, so that repeating it repeats the choice."""
        stored = self._read() if self.run_file.exists() else None
        return str(stored["precision"]) if stored and stored["recipe"] == self.settings else None

    def start(self, precision: str) -> None:
        """Clear the folder for a new run."""
        rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)
        self.write(precision)

    def write(self, precision: str) -> None:
        """Write run.json of an unfinished run."""
        values = {"recipe": self.settings, "precision": precision, "finished": False}
        replace_text(self.run_file, json.dumps(values, indent=2))

    def mark_finished(self) -> None:
        """Let the next run replace this one: its weights have been written elsewhere."""
        replace_text(self.run_file, json.dumps({**self._read(), "finished": True}, indent=2))

    def append_metrics(self, values: dict[str, Any]) -> None:
        """Add a line to metrics.jsonl."""
        with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    def swap_state(self) -> None:
        """Replace state/ by state.new/; a kill between the two renames leaves the old one to take back."""
        replace_folder(self.new_state, self.state)

    def _read(self) -> dict[str, Any]:
        try:
            values: dict[str, Any] = json.loads(self.run_file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TrainingError(f"cannot read {self.run_file}: {error}; remove {self.path} to start again") from error
        values["recipe"] = {OLD_NAMES.get(name, name): value for name, value in values["recipe"].items()}
        return values
