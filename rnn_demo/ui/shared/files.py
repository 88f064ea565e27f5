"""The templates, styles and scripts of what the browser draws: files beside the tabs, read once."""

from functools import lru_cache
from pathlib import Path

UI = Path(__file__).parents[1]


@lru_cache
def read_files(folder: str, *names: str) -> str:
    """Return the texts of files, one after the other.

    Args:
        folder: of a tab, below rnn_demo/ui.
        names: of the files in it.
    """
    return "\n".join((UI / folder / name).read_text(encoding="utf-8") for name in names)
