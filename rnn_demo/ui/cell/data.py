"""What the browser is sent for a text: the numbers of every step, for a model of each cell. No gradio in here.

Numbers are sent as whole numbers, in units of the last digit that is shown: -0.13 as -13.
"""

import json
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any

import numpy as np

from rnn_demo.cells import CELLS
from rnn_demo.microscope.cell_steps import CellSteps, longest_memory
from rnn_demo.plots.style import token_label
from rnn_demo.tokenizer import Token
from rnn_demo.words import words_of

DIGITS, GATE_DIGITS = 2, 3
"""Digits after the point that are shown; a gate multiplies, so that the product needs more of them."""


def to_message(steps: Mapping[str, CellSteps], first: str, gradients: Mapping[str, Sequence[float]]) -> dict[str, str]:
    """Return what the page's script reads: JSON in a dict, because gradio looks through bare strings for tags.

    Args:
        steps: cell -> steps of a model with that cell.
        first: the cell to show.
        gradients: cell -> gradient norm at each token; cells without it are left out.
    """
    cells = {cell: {**plain_steps(part), "gradient": list(gradients.get(cell, ()))} for cell, part in steps.items()}
    return {"json": json.dumps({"first": first, "cells": cells}, ensure_ascii=False, separators=(",", ":"))}


def plain_steps(steps: CellSteps) -> dict[str, Any]:
    """Return the steps of one model as lists and whole numbers."""
    digits = {name: digits_of(steps.cell, name) for name in steps.values}
    return {
        "layer": steps.layer,
        "size": steps.hidden_size,
        "tokens": [unescape(token_label(token)) for token in steps.tokens],
        "words": word_starts(steps.tokens, steps.spans),
        "glued": glued(steps.tokens, steps.spans),
        "skipped": steps.num_skipped,
        "units": list(steps.units),
        "entries": list(steps.entries),
        "unit": longest_memory(steps),
        "states": list(CELLS[steps.cell].state_names),
        "gates": [describe_gate(steps.cell, name) for name in CELLS[steps.cell].gate_names],
        "digits": {"x": DIGITS, **digits},
        "before": {name: to_integers(part, DIGITS) for name, part in steps.before.items()},
        "values": {
            "x": to_integers(steps.inputs, DIGITS),
            **{name: to_integers(part, digits[name]) for name, part in steps.values.items()},
        },
    }


def digits_of(cell: str, name: str) -> int:
    """Return the digits after the point that are shown of a quantity or a term."""
    quantity = CELLS[cell].quantities.get(name)
    return GATE_DIGITS if quantity is not None and quantity.is_gate else DIGITS


def describe_gate(cell: str, name: str) -> dict[str, Any]:
    """Return the words of a gate, for cells that have no drawing of their own."""
    quantity = CELLS[cell].quantities[name]
    return {"name": name, "title": quantity.title, "label": quantity.label, "isGate": quantity.is_gate}


def to_integers(values: np.ndarray, digits: int) -> Any:
    """Return numbers in units of the last digit.

    >>> to_integers(np.array([0.126, -1.0, -0.001]), 2)
    [13, -100, 0]
    """
    return np.rint(values.astype(np.float64) * 10**digits).astype(int).tolist()


def word_starts(tokens: Sequence[str], spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return the first token of each word.

    >>> word_starts(["The", " e", "le", "phant", "."], [(0, 3), (3, 5), (5, 7), (7, 12), (12, 13)])
    [0, 1, 4]
    >>> word_starts(["Ada", "met"], [(0, 3), (4, 7)])
    [0, 1]
    """
    ends = [0, *(end for _, end in spans)]
    spaced = [
        Token(" " * (start > end) + token, i, start, stop)  # a tagger's tokens are without the space before them
        for i, (token, (start, stop), end) in enumerate(zip(tokens, spans, ends, strict=False))
    ]
    return [word.tokens[0] for word in words_of(spaced)]


def glued(tokens: Sequence[str], spans: Sequence[tuple[int, int]]) -> list[bool]:
    """Return whether each token follows without white space.

    >>> glued(["The", " end", "."], [(0, 3), (3, 7), (7, 8)]), glued(["Ada", "met"], [(0, 3), (4, 7)])
    ([False, False, True], [False, False])
    """
    ends = [-1, *(end for _, end in spans)]
    return [
        start == end and not token[:1].isspace() for token, (start, _), end in zip(tokens, spans, ends, strict=False)
    ]


def align_gradient(norms: Sequence[float], prefix_size: int) -> list[float]:
    """Return the norm at each token from the first on; the last token that counts has distance 0.

    >>> align_gradient([8.0, 4.0, 2.0, 1.0], 1)
    [2.0, 4.0, 8.0]
    """
    return [float(f"{norm:.3g}") for norm in list(norms)[::-1][prefix_size:]]
