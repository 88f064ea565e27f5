"""The command: its address and its output."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

import app

ROOT = Path(__file__).parent.parent


@pytest.fixture
def taken_port() -> Iterator[int]:
    """Listen on a port."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@contextmanager
def running(*flags: str, **environment: str) -> Iterator[tuple[str, str]]:
    """Start the command; yield its address and its output until then. Ctrl-C must end it, without a trace."""
    command = [sys.executable, str(ROOT / "app.py"), *flags]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    output = ""
    try:
        assert process.stdout is not None
        for line in process.stdout:
            output += line
            if address := re.search(r"http://\S+", line):
                yield address.group(), output
                break
        else:
            pytest.fail(f"the app ended without an address:\n{output}")
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "Traceback" not in output + rest
    finally:
        process.kill()
        process.wait(20)
        process.stdout.close()


def test_a_free_port_is_kept_and_a_taken_one_is_passed_over(taken_port: int) -> None:
    assert app.first_free_port("127.0.0.1", taken_port) > taken_port
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    assert app.first_free_port("127.0.0.1", free) == free


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "80.5", ""])
def test_a_bad_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        app.parse([f"--port={port}"])
    assert f"port is {port!r}; give a whole number in 1..65535" in capsys.readouterr().err


def test_without_flags_gradio_decides() -> None:
    flags = app.parse([])
    assert flags.host is None
    assert flags.port is None


@pytest.mark.shipped
def test_app_takes_the_next_port_and_prints_it(taken_port: int) -> None:
    with running("--host", "127.0.0.1", "--port", str(taken_port)) as (url, output):
        assert f"Port {taken_port} is taken; using " in output
        assert httpx.get(url).status_code == 200


@pytest.mark.shipped
def test_app_obeys_the_environment_of_a_space() -> None:
    free = app.first_free_port("0.0.0.0", 20_000 + os.getpid() % 10_000)  # below where outgoing connections begin
    with running(GRADIO_SERVER_NAME="0.0.0.0", GRADIO_SERVER_PORT=str(free)) as (_, output):
        assert httpx.get(f"http://127.0.0.1:{free}/").status_code == 200, output
