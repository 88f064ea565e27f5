"""What of each unit can be looked at: states and gates, by the names that a visitor reads. No gradio in here."""

from rnn_demo.microscope.trace import parts_of
from rnn_demo.reader import Reader

__all__ = ["GATES", "PART_NAMES", "is_bounded", "part_choices", "say_gate"]

GATES = {
    "input": ("shuts out", "lets in", "the candidate"),
    "forget": ("drops", "keeps", "what c held"),
    "output": ("hides", "shows", "c"),
    "reset": ("ignores", "uses", "the h before, for the candidate"),
    "update": ("replaces", "keeps", "the h before"),
}
"""Gate -> what it does at 0, at 1, and with what, by the equations in `cells/`. Each is a sigmoid."""
PART_NAMES = {
    "h": "h, what it shows",
    "c": "c, what it remembers",
    "candidate": "candidate, what is new",
    **{gate: f"{gate} gate: 0 {shut}, 1 {wide}" for gate, (shut, wide, _) in GATES.items()},
}


def part_choices(reader: Reader) -> list[tuple[str, str]]:
    """List what can be looked at in a reader's cells: name and part."""
    return [(PART_NAMES.get(part, part), part) for part in parts_of(reader)]


def is_bounded(part: str) -> bool:
    """Say whether a part lies between -1 and 1 in every text: only what is summed up over a text, as c, does not.

    >>> is_bounded("h"), is_bounded("forget"), is_bounded("c")
    (True, True, False)
    """
    return part in GATES or part in ("h", "candidate")


def say_gate(gate: str) -> str:
    """Say what the values of a gate mean.

    >>> say_gate("forget")
    'The forget gate lies between 0 and 1: at 0 it drops, at 1 it keeps what c held'
    """
    shut, wide, what = GATES[gate]
    return f"The {gate} gate lies between 0 and 1: at 0 it {shut}, at 1 it {wide} {what}"
