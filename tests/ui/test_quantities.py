"""Every part of every cell has its name, and the gates are what they are said to be."""

import pytest
import torch

from rnn_demo.cells import CELLS
from rnn_demo.ui.shared.quantities import GATES, QUANTITY_NAMES, is_bounded


@pytest.mark.parametrize("cell", CELLS)
def test_every_part_has_a_name(cell: str) -> None:
    kind = CELLS[cell]
    assert {*kind.state_names, *kind.gate_names} <= set(QUANTITY_NAMES)


@pytest.mark.parametrize("cell", CELLS)
def test_what_is_bounded_is_and_gates_are_above_zero(cell: str) -> None:
    torch.manual_seed(0)
    made = CELLS[cell](3, 50)
    old = tuple(torch.randn(8, 50) for _ in made.state_names)
    old = (old[0].tanh(), *old[1:])
    with torch.no_grad():
        new, gates = made.step(10 * torch.randn(8, 3), old)
    for quantity, values in {**dict(zip(made.state_names, new, strict=True)), **gates}.items():
        if is_bounded(quantity):
            assert -1 <= values.min() <= values.max() <= 1
            assert (values.min() >= 0) == (quantity in GATES)


def test_a_gate_does_what_its_name_says() -> None:
    """At 1 the LSTM's forget gate and the GRU's update gate both keep."""
    torch.manual_seed(0)
    x, h, c = torch.randn(1, 3), torch.randn(1, 50).tanh(), torch.randn(1, 50)
    with torch.no_grad():
        (new_h, new_c), lstm = CELLS["lstm"](3, 50).step(x, (h, c))
        (renewed,), gru = CELLS["gru"](3, 50).step(x, (h,))
    keeps, lets_in, shows = lstm["forget"], lstm["input"], lstm["output"]
    torch.testing.assert_close(new_c, keeps * c + lets_in * lstm["candidate"])
    torch.testing.assert_close(new_h, shows * new_c.tanh())
    torch.testing.assert_close(renewed, gru["update"] * h + (1 - gru["update"]) * gru["candidate"])
    assert (GATES["forget"][1], GATES["update"][1]) == ("keeps", "keeps")
