"""The README's tables of models, from the config files: `python -m bench.readme` after a checkpoint has changed."""

from pathlib import Path

import tyro

from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import CHECKPOINTS_DIR, Checkpoint, read_checkpoint, shipped_checkpoints, weights_size
from rnn_demo.tasks import TASKS
from rnn_demo.ui.shared.names import METRICS

README = Path(__file__).parent.parent / "README.md"
START, END = "<!-- models: written by python -m bench.readme -->", "<!-- end of models -->"
FIXED = ("parameters", "weights", "last run", "measured on")


def tables() -> str:
    """Write a table for each task, its models cell by cell."""
    found = {name: read_checkpoint(CHECKPOINTS_DIR / name) for name in shipped_checkpoints()}
    by_cell = sorted(found, key=lambda name: list(CELLS).index(found[name].cell))
    told = {task: {name: found[name] for name in by_cell if found[name].task == task} for task in TASKS}
    return "\n\n".join("\n".join(table(TASKS[task].title, models)) for task, models in told.items() if models)


def table(title: str, models: dict[str, Checkpoint]) -> list[str]:
    """Write a task's table: a row for each split that a model was measured on, the model named in the first."""
    measured = [values for checkpoint in models.values() for values in checkpoint.metrics.values()]
    metrics = [metric for metric in METRICS if any(metric in values for values in measured)]
    lines = [(title.lower(), *FIXED, *(metric.replace("_", " ") for metric in metrics))]
    lines.append(tuple("---" for _ in lines[0]))
    for name, checkpoint in models.items():
        about = (
            f"[{name}](checkpoints/{name}/README.md)",
            f"{checkpoint.num_parameters / 1e6:.1f} M",
            f"{weights_size(CHECKPOINTS_DIR / name) / 1e6:.1f} MB",
            f"{checkpoint.minutes:.0f} min",
        )
        for split, values in checkpoint.metrics.items():
            lines.append((*about, split, *(f"{values[m]:.4f}" if m in values else "" for m in metrics)))
            about = ("", "", "", "")
    return [f"| {' | '.join(line)} |" for line in lines]


def parts(readme: str) -> tuple[str, str, str]:
    """Cut the README into what stands before the tables, the tables, and what stands behind them."""
    before, start, rest = readme.partition(START)
    written, end, after = rest.partition(END)
    return before + start, written.strip(), end + after


def main() -> None:
    """Put today's tables where the README's are."""
    before, _, after = parts(README.read_text(encoding="utf-8"))
    README.write_text(f"{before}\n\n{tables()}\n\n{after}", encoding="utf-8")


if __name__ == "__main__":
    tyro.cli(main)
