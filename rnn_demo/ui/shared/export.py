"""A button under a figure that saves its numbers as JSON, on the visitor's own machine.

The numbers are made when somebody asks for them, and the browser makes the file: nothing that a visitor typed is left
on the server's disk. The picture is saved by the camera that plotly shows on the figure.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any, TypeVar

import gradio as gr
import numpy as np
from gradio.components import Component

from rnn_demo.errors import InputError
from rnn_demo.ui.shared.events import INSTANT, PRIVATE, shows_errors

Value = TypeVar("Value")

SAVE = """(text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], {type: "application/json"}));
  link.download = FILE_NAME;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}"""


def build_export(
    fn: Callable[..., Any], inputs: Component | Sequence[Component], file_name: str, label: str = "Numbers (JSON)"
) -> gr.Button:
    """Put a button here that saves numbers.

    Args:
        fn: from the values of `inputs` to the numbers: anything that `to_json` writes, best what the endpoint gives.
        inputs: as for any event; best a gr.State of what the figure was made of, as a textbox may say another by now.
        file_name: what the file is called, such as surprisal.json.
        label: on the button.
    """

    @shows_errors
    def make(*values: Any) -> str:
        return to_json(fn(*values))

    button = gr.Button(label, size="sm", variant="secondary", elem_classes="export")
    text = gr.Textbox(visible=False)
    made = button.click(make, inputs, text, **PRIVATE)
    made.success(None, text, None, js=SAVE.replace("FILE_NAME", json.dumps(file_name)), **INSTANT)
    return button


def checked_shown(shown: Value | None, do: str) -> Value:
    """Refuse to save where nothing is shown; `do` says how to get something."""
    if shown is None:
        raise InputError(f"nothing is shown yet: {do}")
    return shown


def to_json(numbers: Any) -> str:
    """Write numbers as JSON: plain values, results of the models (see `results.py`) and arrays.

    >>> from rnn_demo.results import TokenProbability
    >>> to_json({"lm": [TokenProbability(" é", 0.5)], "states": np.eye(1)})
    '{"lm": [{"token": " é", "probability": 0.5}], "states": [[1.0]]}'
    """
    return json.dumps(numbers, ensure_ascii=False, default=plain)


def plain(value: Any) -> Any:
    """Turn what json does not know into what it knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")
