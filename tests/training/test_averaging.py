"""The average of weights: the formula, and that it keeps to itself."""

import pytest
import torch
from torch import nn

from rnn_demo.training.averaging import average_of, interpolate_weights


def test_the_average_is_that_of_the_formula():
    model = nn.Linear(1, 1, bias=False)
    averaged = average_of(model, 0.5)
    expected = None
    for n, value in enumerate([4.0, 8.0, -2.0, 1.0, 3.0] * 5):
        nn.init.constant_(model.weight, value)
        averaged.update_parameters(model)
        decay = min(0.5, (1 + n) / (10 + n))
        expected = value if expected is None else decay * expected + (1 - decay) * value
        assert averaged.module.weight.item() == pytest.approx(expected, rel=1e-5)
        assert model.weight.item() == value


def test_a_share_of_the_start_is_mixed_in():
    model = nn.Linear(1, 1)
    nn.init.constant_(model.weight, 4.0)
    nn.init.constant_(model.bias, -2.0)
    interpolate_weights(model, {"weight": torch.tensor([[8.0]]), "bias": torch.tensor([2.0])}, 0.25)
    assert (model.weight.item(), model.bias.item()) == (5.0, -1.0)
    interpolate_weights(model, {}, 0.0)
    assert (model.weight.item(), model.bias.item()) == (5.0, -1.0)


def test_no_decay_means_no_average():
    assert average_of(nn.Linear(1, 1), 0.0) is None


def test_an_average_can_be_stored_and_taken_up_again():
    model = nn.Linear(2, 2)
    averaged, again = average_of(model, 0.9), average_of(nn.Linear(2, 2), 0.9)
    averaged.update_parameters(model)
    again.load_state_dict(averaged.state_dict())
    for average in (averaged, again):
        nn.init.ones_(model.weight)
        average.update_parameters(model)
    assert torch.equal(averaged.module.weight, again.module.weight)
    assert averaged.n_averaged == again.n_averaged == 2
