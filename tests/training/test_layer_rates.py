"""Learning rates by layer: every weight in one group, slower the nearer to the words."""

import pytest
from tiny import sentiment_model

from rnn_demo.training.layer_rates import parameter_groups


@pytest.fixture
def scales():
    """Return the scale and the weight decay of each weight of a network of two layers, by name."""
    model = sentiment_model(20, num_layers=2)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = parameter_groups(model, 2.0, 0.1)
    found = [(names[id(p)], (group["lr_scale"], group["weight_decay"])) for group in groups for p in group["params"]]
    assert sorted(name for name, _ in found) == sorted(names.values())
    return dict(found)


def test_each_layer_learns_slower_than_the_one_above(scales):
    assert scales["classifier.weight"] == (1, 0.1)
    assert scales["encoder.layers.1.forward_cell.kernel.weight_hh_l0"] == (1 / 2, 0.1)
    assert scales["encoder.layers.0.forward_cell.kernel.weight_ih_l0"] == (1 / 4, 0.1)
    assert scales["encoder.embedding.weight"] == (1 / 8, 0.1)


def test_vectors_do_not_decay(scales):
    assert scales["classifier.bias"] == (1, 0.0)
    assert scales["encoder.layers.1.forward_cell.kernel.bias_ih_l0"] == (1 / 2, 0.0)


def test_without_a_decay_all_learn_alike():
    assert {group["lr_scale"] for group in parameter_groups(sentiment_model(20), 1.0, 0.1)} == {1}
