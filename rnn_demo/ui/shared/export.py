"""Buttons under a figure that download its numbers, as JSON or as a table (CSV).

The numbers are made on request and the browser makes the file, so nothing that a visitor typed is left on the server's
disk. The camera on the figure downloads the picture.
"""

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, is_dataclass
from io import StringIO
from typing import Any, TypeVar

import gradio as gr
import numpy as np
from gradio.components import Component

from rnn_demo.errors import InputError
from rnn_demo.microscope.attribution import Attribution
from rnn_demo.ui.shared.events import INSTANT, PRIVATE, shows_errors

Value = TypeVar("Value")

FORMULA_STARTS = ("=", "+", "-", "@")

SAVE = """(text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], {type: FILE_TYPE}));
  link.download = FILE_NAME;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}"""


def build_export(
    fn: Callable[..., Any], inputs: Component | Sequence[Component], file_name: str, label: str = "Download data (JSON)"
) -> gr.Button:
    """Lay out a button that downloads numbers.

    Args:
        fn: takes the values of `inputs`, returns the numbers: anything that `to_json` writes, best what the endpoint
            returns.
        inputs: best a gr.State of what the figure was made from, as a textbox may have changed since.
        file_name: such as surprisal.json.
        label: on the button.
    """
    return _build_download(lambda *values: to_json(fn(*values)), inputs, file_name, label)


def build_table_export(
    fn: Callable[..., Iterable[Sequence[Any]]], inputs: Component | Sequence[Component], file_name: str
) -> gr.Button:
    """Lay out a button that downloads a table for a spreadsheet.

    Args:
        fn: takes the values of `inputs`, returns the rows, the headers first.
        inputs: as of `build_export`.
        file_name: such as surprisal.csv.
    """
    return _build_download(lambda *values: to_csv(fn(*values)), inputs, file_name, "Download table (CSV)")


def _build_download(
    write: Callable[..., str], inputs: Component | Sequence[Component], file_name: str, label: str
) -> gr.Button:
    """Lay out a button that downloads a text; `write` makes it of the values of the inputs."""
    button = gr.Button(label, size="sm", variant="secondary", elem_classes="export", min_width=0)
    text = gr.Textbox(visible=False)
    made = button.click(shows_errors(write), inputs, text, **PRIVATE)
    file_type = "text/csv" if file_name.endswith(".csv") else "application/json"
    save = SAVE.replace("FILE_NAME", json.dumps(file_name)).replace("FILE_TYPE", json.dumps(file_type))
    made.success(None, text, None, js=save, **INSTANT)
    return button


def attribution_numbers(attribution: Attribution) -> dict[str, Any]:
    """Return an attribution as the endpoint and the saved files name its parts."""
    tokens = [asdict(token) for token in attribution.tokens]
    return {"tokens": tokens, "difference": attribution.difference, "gap": attribution.completeness_error}


def require_displayed(displayed: Value | None, do: str) -> Value:
    """Return what the page displays; raise InputError where that is nothing, saying what to `do`."""
    if displayed is None:
        raise InputError(f"nothing is shown yet: {do}")
    return displayed


def to_json(numbers: Any) -> str:
    """Return numbers as JSON: plain values, dataclasses and arrays.

    >>> from rnn_demo.results import TokenProbability
    >>> to_json({"lm": [TokenProbability(" é", 0.5)], "states": np.eye(1)})
    '{"lm": [{"token": " é", "probability": 0.5}], "states": [[1.0]]}'
    """
    return json.dumps(numbers, ensure_ascii=False, default=plain)


def to_csv(rows: Iterable[Sequence[Any]]) -> str:
    r"""Return rows as CSV, which a spreadsheet shows as it stands: text that it would take for a formula gets a '.

    >>> to_csv([("word", "bits"), ("=1+1", -3.5)])
    "word,bits\r\n'=1+1,-3.5\r\n"
    """
    text = StringIO()
    csv.writer(text).writerows([neutral(cell) for cell in row] for row in rows)
    return text.getvalue()


def neutral(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip().startswith(FORMULA_STARTS) else cell


def plain(value: Any) -> Any:
    """Return a dataclass or an array as plain values."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")
