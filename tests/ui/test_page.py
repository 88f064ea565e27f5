"""What a visitor costs and may do: components are described once, sessions are few and apart, no file is taken."""

from pathlib import Path

import gradio as gr
import httpx
import pytest
from gradio.blocks import BlocksConfig
from gradio.state_holder import SessionState
from serving import call

from rnn_demo.ui import LAUNCH, build_app
from rnn_demo.ui.page import MAX_SESSIONS


@pytest.fixture(scope="module")
def page(checkpoints_dir: Path) -> gr.Blocks:
    """Build the page, without serving it."""
    return build_app(checkpoints_dir)


def test_a_session_begins_with_the_components_as_gradio_describes_them(page: gr.Blocks) -> None:
    described = SessionState(page).config_values
    assert described == {
        number: BlocksConfig.config_for_block(number, [], block) for number, block in page.blocks.items()
    }
    assert SessionState(page).config_values == described


def test_what_one_visitor_writes_no_other_sees(page: gr.Blocks) -> None:
    mine, yours = SessionState(page), SessionState(page)
    number = next(number for number, block in page.blocks.items() if isinstance(block, gr.Textbox))
    before = yours.config_values[number]["props"].get("value")
    mine._update_value_in_config(number, "a secret")
    mine[number] = gr.Textbox("another secret", render=False)
    assert yours.config_values[number]["props"].get("value") == before
    assert "secret" not in str(SessionState(page).config_values)


def test_sessions_are_bounded() -> None:
    assert LAUNCH["state_session_capacity"] == MAX_SESSIONS < 10_000


def test_no_file_is_taken_and_the_page_goes_on(url: str) -> None:
    for name, content in (("a.csv", b"=1+1"), ("a.zip", b"PK\x03\x04" + b"\0" * 1000), ("a.html", b"<script>")):
        answer = httpx.post(f"{url}gradio_api/upload", files={"files": (name, content)})
        assert (answer.status_code, answer.text) == (404, "This page takes no files.")
    assert call(url, "next_tokens", ["The"])[-1][0] == "complete"


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "checkpoints/lm-lstm/config.json", "app.py", "../app.py", "%2e%2e/app.py"]
)
def test_no_file_of_the_server_is_read(url: str, path: str) -> None:
    for address in (f"{url}gradio_api/file={path}", f"{url}file={path}", f"{url}gradio_api/file/{path}"):
        assert httpx.get(address).status_code in (403, 404)
