"""What a figure exports is what its endpoint gives."""

import json
from typing import Any

import gradio as gr
import numpy as np
import pytest

from rnn_demo.errors import InputError
from rnn_demo.results import Entity, TaggedText, TaggedToken
from rnn_demo.ui.shared.export import build_export, build_table_export, to_csv, to_json


def handler_of(fn: Any) -> Any:
    """Build a page of one export, and give what its click runs and the script that saves."""
    with gr.Blocks() as demo:
        build_export(fn, [gr.Textbox("a"), gr.Number(2)], "numbers.json")
    make, save = demo.fns.values()
    assert make.api_visibility == save.api_visibility == "private"
    return make.fn, save.js


def test_a_click_makes_the_numbers_of_the_current_inputs_and_the_browser_saves_them() -> None:
    make, save = handler_of(lambda text, number: {"text": text, "numbers": [number, 0.5]})
    assert json.loads(make("東京", 3)) == {"text": "東京", "numbers": [3, 0.5]}
    assert 'link.download = "numbers.json"' in save


def test_a_table_is_saved_as_csv_and_no_cell_is_a_formula() -> None:
    with gr.Blocks() as demo:
        build_table_export(lambda text: [("word", "bits"), (text, -1.5)], gr.Textbox("a"), "words.csv")
    make, save = demo.fns.values()
    assert make.fn(' =HYPERLINK("x")') == 'word,bits\r\n"\' =HYPERLINK(""x"")",-1.5\r\n'
    assert 'link.download = "words.csv"' in save.js
    assert '{type: "text/csv"}' in save.js
    rows = [[start] for start in ("=1", "+1", "-1", "@x", "\t=1", "1-1", "−")]
    assert to_csv(rows).split("\r\n")[:-1] == ["'=1", "'+1", "'-1", "'@x", "'\t=1", "1-1", "−"]


def test_errors_become_messages() -> None:
    def refuse(*_: Any) -> None:
        raise InputError("the text is empty; give at least one word")

    with pytest.raises(gr.Error, match="the text is empty"):
        handler_of(refuse)[0]("", 1)


def test_results_and_arrays_are_written_as_the_endpoints_write_them() -> None:
    tagged = TaggedText("Ada", (Entity("PER", 0, 3, 0.5),), (TaggedToken("Ada", 0, 3, "B-PER", 0.5),))
    numbers = json.loads(to_json({"tagged": tagged, "states": np.arange(4, dtype=np.float32).reshape(2, 2)}))
    assert numbers["states"] == [[0, 1], [2, 3]]
    assert numbers["tagged"]["entities"] == [{"label": "PER", "start": 0, "end": 3, "confidence": 0.5}]
    with pytest.raises(TypeError, match="a set cannot be written as JSON"):
        to_json({1})
