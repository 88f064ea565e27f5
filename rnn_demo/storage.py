"""Files and folders that are there whole or not at all, whatever stops the process that writes them.

The new one is written aside, on the same disk, and flushed to it; then it takes the place of the old one by renaming,
which a full disk, a kill or a power cut finds either done or not begun.
"""

import os
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file in place of an earlier one.

    Args:
        path: the file.
        write: writes it to the path that it is called with; if it raises, the earlier file stays.
    """
    aside = path.with_name(path.name + ".new")
    try:
        write(aside)
        flush(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def replace_text(path: Path, text: str) -> None:
    """Write a text file in place of an earlier one; see `replace_file`."""
    replace_file(path, lambda aside: aside.write_text(text, encoding="utf-8"))


def replace_folder(new: Path, folder: Path) -> None:
    """Put a folder that was written aside in the place of an earlier one.

    Folders cannot be exchanged in one step: between two renames the earlier one stands beside, as `NAME.old`, from
    where `take_back` returns it.
    """
    for path in [*new.rglob("*"), new]:
        flush(path)
    old = beside(folder)
    rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    flush(folder.parent)
    rmtree(old, ignore_errors=True)


def take_back(folder: Path) -> None:
    """Undo a `replace_folder` that was stopped between its renames."""
    if beside(folder).is_dir() and not folder.exists():
        beside(folder).rename(folder)


def beside(folder: Path) -> Path:
    """Return where the earlier folder stands while it is replaced."""
    return folder.with_name(folder.name + ".old")


def flush(path: Path) -> None:
    """Wait until a file, or the list of names in a folder, is on the disk."""
    if os.name != "posix" and path.is_dir():
        return  # only POSIX opens folders
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
