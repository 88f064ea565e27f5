"""The page with tiny random models, served once for all tests that call or browse it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_models import write_checkpoints

from rnn_demo.tokenizer import Tokenizer

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before anything here imports gradio: no call leaves the machine


@pytest.fixture(scope="session")
def checkpoints_dir(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write five random checkpoints."""
    return write_checkpoints(tmp_path_factory.mktemp("checkpoints"), tokenizer)


@pytest.fixture(scope="session")
def url(checkpoints_dir: Path) -> Iterator[str]:
    """Serve the page on a free port."""
    from serving import serve

    with serve(checkpoints_dir) as address:
        yield address
