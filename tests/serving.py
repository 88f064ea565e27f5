"""Serve the page to a test, as app.py would."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from rnn_demo.ui import LAUNCH, build_app


@contextmanager
def serve(checkpoints_dir: Path) -> Iterator[str]:
    """Build the page from a folder of checkpoints and serve it on a free port."""
    demo = build_app(checkpoints_dir)
    try:
        yield demo.launch(server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, **LAUNCH)[1]
    finally:
        demo.close(verbose=False)


def call(url: str, endpoint: str, data: Any, named: bool = False) -> list[tuple[str, Any]]:
    """Call an endpoint as curl would.

    Args:
        url: of the page.
        endpoint: its name, without the slash.
        data: the values in order, or by name where `named`.
        named: call by name.

    Returns:
        Each event with its data, in order.
    """
    address = f"{url}gradio_api/call/{'v2/' if named else ''}{endpoint}"
    body = json.dumps(data if named else {"data": data})  # httpx itself refuses NaN; visitors may send it
    posted = httpx.post(address, content=body, headers={"content-type": "application/json"}, timeout=60)
    posted.raise_for_status()
    stream = httpx.get(f"{url}gradio_api/call/{endpoint}/{posted.json()['event_id']}", timeout=60).text
    events = [part.split("\ndata: ", 1) for part in stream.strip().split("\n\n")]
    return [(event.removeprefix("event: "), json.loads(value)) for event, value in events if "heartbeat" not in event]
