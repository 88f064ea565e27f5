"""The templates, styles and scripts of the drawings: files of this folder, read once."""

from functools import lru_cache
from pathlib import Path


@lru_cache
def read_file(name: str) -> str:
    """Return the text of a file."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def read_files(*names: str) -> str:
    """Return the texts of files, one after the other."""
    return "\n".join(map(read_file, names))
