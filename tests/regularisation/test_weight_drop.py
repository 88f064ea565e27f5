"""Weight drop: the recurrent weights alone, anew for each sequence, and only while training."""

import pytest
import torch

from rnn_demo.cells import CELLS, FusedCell

INPUTS = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", [name for name, kind in CELLS.items() if issubclass(kind, FusedCell)])
def test_recurrent_weights_are_dropped_while_training_only(name):
    torch.manual_seed(0)
    cell = CELLS[name](3, 4, weight_drop_prob=0.5)
    whole = cell.eval()(INPUTS)[0]
    torch.testing.assert_close(whole, cell.forward_with_gates(INPUTS)["h"])
    cell.train()
    first, second = cell(INPUTS)[0], cell(INPUTS)[0]
    torch.testing.assert_close(first[:, 0], whole[:, 0])  # nothing recurs at the first step
    assert not torch.equal(first[:, 1:], second[:, 1:])
    assert not torch.equal(first[:, 1:], whole[:, 1:])


def test_the_gradient_goes_to_the_weights_that_were_kept():
    torch.manual_seed(0)
    cell = CELLS["lstm"](3, 4, weight_drop_prob=0.5).train()
    cell(INPUTS)[0].sum().backward()
    gradient = cell.weights[1].grad
    assert 0 < (gradient == 0).float().mean() < 1
    assert gradient[gradient != 0].abs().min() > 0
