"""The states and gates that a visitor can choose, in the words of the cell. No gradio in here."""

from collections.abc import Mapping

from rnn_demo.cells import Quantity


def quantity_choices(quantities: Mapping[str, Quantity]) -> list[tuple[str, str]]:
    """List states and gates for a menu: label and name."""
    return [(quantity.label, name) for name, quantity in quantities.items()]


def describe_gate(gate: Quantity) -> str:
    """Return what the values of a gate mean.

    >>> describe_gate(Quantity("forget gate", at_zero="erase", at_one="keep", acts_on="the cell state"))
    'The forget gate lies between 0 (erase) and 1 (keep the cell state)'
    """
    return f"The {gate.title} lies between 0 ({gate.at_zero}) and 1 ({gate.at_one} {gate.acts_on})"
