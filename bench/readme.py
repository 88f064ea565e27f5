"""The README's table of models, from the config files: `python -m bench.readme` after a checkpoint has changed."""

from pathlib import Path

import tyro

from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import CHECKPOINTS_DIR, read_checkpoint, shipped_checkpoints, weights_size
from rnn_demo.tasks import TASKS
from rnn_demo.ui.models_tab import SHOWN

README = Path(__file__).parent.parent / "README.md"


def rows() -> list[str]:
    """Write a row for each shipped checkpoint, task by task and cell by cell."""
    found = {name: read_checkpoint(CHECKPOINTS_DIR / name) for name in shipped_checkpoints()}
    order = sorted(found, key=lambda name: (list(TASKS).index(found[name].task), list(CELLS).index(found[name].cell)))
    return [row(name) for name in order]


def row(name: str) -> str:
    """Write one row."""
    checkpoint, size = read_checkpoint(CHECKPOINTS_DIR / name), weights_size(CHECKPOINTS_DIR / name)
    measured = [
        f"{split} {metric} {values[metric]:.4f}"
        for split, values in checkpoint.metrics.items()
        for metric in SHOWN
        if metric in values
    ]
    cells = (
        f"[{name}](checkpoints/{name}/README.md)",
        f"{checkpoint.num_parameters / 1e6:.1f} M",
        f"{size / 1e6:.1f} MB",
        f"{checkpoint.minutes:.0f} min",
        "<br>".join(measured),
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Put today's rows where the README's rows are."""
    lines = README.read_text(encoding="utf-8").splitlines()
    old = [i for i, line in enumerate(lines) if line.startswith("| [") and "](checkpoints/" in line]
    lines[old[0] : old[-1] + 1] = rows()
    README.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    tyro.cli(main)
