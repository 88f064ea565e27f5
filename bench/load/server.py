"""The page in a process of its own, as a visitor meets it, and the memory that it takes."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent.parent
START_S = 180


@dataclass(frozen=True)
class Server:
    """A running page."""

    url: str
    process: psutil.Process

    def memory_mib(self) -> float:
        """Resident memory, MiB."""
        return float(self.process.memory_info().rss) / 2**20


@contextmanager
def start_server() -> Iterator[Server]:
    """Run app.py on a free port until the block ends.

    Raises:
        RuntimeError: it did not start.
    """
    command = [sys.executable, "app.py", "--host", "127.0.0.1", "--port", "7960"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield Server(_read_url(process), psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(timeout=30)


def _read_url(process: "subprocess.Popen[str]") -> str:
    deadline = time.monotonic() + START_S
    for line in process.stdout or ():
        if match := re.search(r"http://\S+", line):
            return match.group().rstrip("/") + "/"
        if time.monotonic() > deadline:
            break
    raise RuntimeError("app.py did not say where it serves the page; run `python app.py` to see why")
