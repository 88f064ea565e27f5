"""The page with tiny random models, served once for all tests that call or browse it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tiny_models import write_checkpoints
from visitor import CHROMIUM, FLAGS

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser; tests that need one are skipped where there is none (`visitor.needs_browser`)."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
