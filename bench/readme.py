"""The tables of models in README.md and docs/models.md, from the config files: `python -m bench.readme`.

Run it after a checkpoint has changed.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import tyro

from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import CHECKPOINTS_DIR, Checkpoint, read_checkpoint, shipped_checkpoints, weights_size
from rnn_demo.tasks import TASKS, expected_checkpoints
from rnn_demo.ui.shared.names import METRICS

ROOT = Path(__file__).parent.parent
START, END = "<!-- models: written by python -m bench.readme -->", "<!-- end of models -->"


def opening_models() -> str:
    """Write one table of the models that the page opens with: README.md has it."""
    checkpoints = {name: read_checkpoint(CHECKPOINTS_DIR / name) for name in expected_checkpoints()}
    rows = []
    for name, checkpoint in checkpoints.items():
        values = [
            f"{headline.data}: {headline.metric.replace('_', ' ')} {headline.of(checkpoint):.4f}"
            for headline in TASKS[checkpoint.task].headlines
        ]
        rows.append((*describe(name, checkpoint, "checkpoints"), "; ".join(values)))
    return "\n".join(table(("model", "parameters", "weights", "last run", "measured"), rows))


def all_models() -> str:
    """Write a table for each task, its models cell by cell: docs/models.md has them."""
    found = {name: read_checkpoint(CHECKPOINTS_DIR / name) for name in shipped_checkpoints()}
    by_cell = sorted(found, key=lambda name: list(CELLS).index(found[name].cell))
    tasks = {task: {name: found[name] for name in by_cell if found[name].task == task} for task in TASKS}
    return "\n\n".join("\n".join(task_table(TASKS[task].title, models)) for task, models in tasks.items() if models)


def task_table(title: str, models: Mapping[str, Checkpoint]) -> list[str]:
    """Write a task's table: a row for each split that a model was measured on, the model named in the first."""
    measured = [values for checkpoint in models.values() for values in checkpoint.metrics.values()]
    metrics = [metric for metric in METRICS if any(metric in values for values in measured)]
    rows = []
    for name, checkpoint in models.items():
        about = describe(name, checkpoint, "../checkpoints")
        for split, values in checkpoint.metrics.items():
            rows.append((*about, split, *(f"{values[m]:.4f}" if m in values else "" for m in metrics)))
            about = ("",) * len(about)
    names = (metric.replace("_", " ") for metric in metrics)
    return table((title.lower(), "parameters", "weights", "last run", "measured on", *names), rows)


def describe(name: str, checkpoint: Checkpoint, folder: str) -> tuple[str, ...]:
    """Write what every table says of a model: name, parameters, size of the weights, minutes of the last run."""
    return (
        f"[{name}]({folder}/{name}/README.md)",
        f"{checkpoint.num_parameters / 1e6:.1f} M",
        f"{weights_size(CHECKPOINTS_DIR / name) / 1e6:.1f} MB",
        f"{checkpoint.minutes:.0f} min",
    )


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """Write a table, line by line."""
    return [f"| {' | '.join(row)} |" for row in (header, ("---",) * len(header), *rows)]


DOCUMENTS: dict[Path, Callable[[], str]] = {ROOT / "README.md": opening_models, ROOT / "docs/models.md": all_models}
"""What writes the tables of each document."""


def parts(document: str) -> tuple[str, str, str]:
    """Cut a document into what precedes its tables, the tables, and what follows them."""
    before, start, rest = document.partition(START)
    written, end, after = rest.partition(END)
    return before + start, written.strip(), end + after


def main() -> None:
    """Replace the tables of every document by today's."""
    for path, write in DOCUMENTS.items():
        before, _, after = parts(path.read_text(encoding="utf-8"))
        path.write_text(f"{before}\n\n{write()}\n\n{after}", encoding="utf-8")


if __name__ == "__main__":
    tyro.cli(main)
