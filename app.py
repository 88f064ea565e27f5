"""Serve the page: `python app.py [--host HOST] [--port PORT]`.

Without flags gradio reads GRADIO_SERVER_NAME and GRADIO_SERVER_PORT, which a Hugging Face Space sets. Its defaults are
127.0.0.1 and the first free port from 7860 on.
"""

import argparse
import os
import socket
from collections.abc import Sequence
from contextlib import suppress

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported

from rnn_demo.ui import LAUNCH, build_app
from rnn_demo.ui.allocator import keep_memory_low

PORTS_TO_TRY = 100


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the flags, build the page and serve it until it is stopped."""
    flags = parse(arguments)
    keep_memory_low()
    print("Loading the models ...", flush=True)
    demo = build_app()
    port = flags.port and first_free_port(flags.host, flags.port)  # as late as possible: another program can take it
    if port != flags.port:
        print(f"Port {flags.port} is taken; using {port}.", flush=True)
    _, url, _ = demo.launch(server_name=flags.host, server_port=port, prevent_thread_lock=True, quiet=True, **LAUNCH)
    print(f"The workbench is at {url}", flush=True)
    demo.block_thread()


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the flags."""
    parser = argparse.ArgumentParser(description="Serve the RNN workbench.")
    parser.add_argument("--host", help="address to listen on, such as 0.0.0.0 (default: gradio's own, 127.0.0.1)")
    parser.add_argument("--port", type=port_number, help="port to listen on; the next free one if it is taken")
    return parser.parse_args(arguments)


def port_number(text: str) -> int:
    """Return the port that a flag names."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"port is {text!r}; give a whole number in 1..65535")
    return int(text)


def first_free_port(host: str | None, port: int) -> int:
    """Return the first free port from `port` on; `port` itself if none is free, so that gradio says why."""
    for candidate in range(port, min(port + PORTS_TO_TRY, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host or os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"), candidate))
                return candidate
            except OSError:
                continue
    return port


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):  # gradio's own handler stands only once the page is served
        main()
