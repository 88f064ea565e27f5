"""The C library takes the limits; in a process of its own, as they last."""

import platform
import subprocess
import sys

import pytest


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these limits")
def test_glibc_takes_the_limits():
    script = "from rnn_demo.ui.allocator import keep_memory_low; print(keep_memory_low())"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "True"
