"""What the Write tab's page is sent, and what it sends of a click."""

import json
from itertools import count, pairwise

import pytest

from rnn_demo.results import Candidate, GeneratedToken
from rnn_demo.ui.write.message import DONE, Steered, growing_lines, read_click
from rnn_demo.ui.write.panel import build_panel


def step(token: str, token_id: int, *, is_written: bool = True) -> GeneratedToken:
    return GeneratedToken(token, token_id, 0.5, (Candidate(token, token_id, 0.123456),), is_written)


def test_columns_take_turns_and_the_lines_only_grow() -> None:
    streams = {0: iter([step(" a", 1), step("", 2, is_written=False)]), 2: iter([step("<b>\n", 3)])}
    texts = list(growing_lines({"number": 7}, streams))
    assert all(longer.startswith(text) for text, longer in pairwise(texts))
    header, *steps = map(json.loads, texts[-1].splitlines())
    assert header == {"number": 7}
    assert [line[:4] for line in steps] == [[0, " a", 1, 1], [2, "<b>\n", 3, 1], [0, "", 2, 0]]
    assert steps[0][4] == [[" a", 1, 0.1235]]


def test_steps_are_taken_one_at_a_time() -> None:
    """The first must not wait for the last."""
    endless = growing_lines({}, {0: (step("a", number) for number in count())})
    assert [len(next(endless).splitlines()) for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("data", [{}, {"column": "0", "forced": None}, {"column": [1], "model": 3, "more": 1}])
def test_whatever_a_browser_sends_is_read(data: dict[str, object]) -> None:
    """What it holds is checked by the service."""
    assert read_click(4, data).column == 0
    assert read_click(4, data).number == 4
    click = {"click": 2, "column": 1, "model": "lm-gru", "prompt": "It", "forced": [5]}
    assert read_click(4, click) == Steered(4, 2, 1, "lm-gru", "It", [5])


def test_the_panel_has_its_parts() -> None:
    panel = build_panel({"lines": DONE})
    assert 'class="write"' in panel.html_template
    assert "{{" not in panel.html_template + (panel.js_on_load or "")
    assert panel.steer  # an event, which gradio finds in the script
