"""What of each unit can be looked at: states and gates, by the names that a visitor reads. No gradio in here."""

from rnn_demo.microscope.trace import quantities_of
from rnn_demo.predictor import Predictor

GATES = {
    "input": ("shuts out", "lets in", "the candidate"),
    "forget": ("drops", "keeps", "what c held"),
    "output": ("hides", "shows", "c"),
    "reset": ("ignores", "uses", "the h before, for the candidate"),
    "update": ("replaces", "keeps", "the h before"),
}
"""Gate -> what it does at 0, at 1, and with what, by the equations in `cells/`. Each is a sigmoid."""
QUANTITY_NAMES = {
    "h": "h, what it shows",
    "c": "c, what it remembers",
    "candidate": "candidate, what is new",
    **{gate: f"{gate} gate: 0 {shut}, 1 {wide}" for gate, (shut, wide, _) in GATES.items()},
}


def quantity_choices(predictor: Predictor) -> list[tuple[str, str]]:
    """List what can be looked at in a predictor's cells: name and quantity."""
    return [(QUANTITY_NAMES.get(quantity, quantity), quantity) for quantity in quantities_of(predictor)]


def is_bounded(quantity: str) -> bool:
    """Return whether a quantity lies between -1 and 1 in every text; c, which adds up over a text, does not.

    >>> is_bounded("h"), is_bounded("forget"), is_bounded("c")
    (True, True, False)
    """
    return quantity in GATES or quantity in ("h", "candidate")


def say_gate(gate: str) -> str:
    """Return what the values of a gate mean.

    >>> say_gate("forget")
    'The forget gate lies between 0 and 1: at 0 it drops, at 1 it keeps what c held'
    """
    shut, wide, what = GATES[gate]
    return f"The {gate} gate lies between 0 and 1: at 0 it {shut}, at 1 it {wide} {what}"
