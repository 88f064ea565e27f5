"""Activation regularisation against its formula."""

import pytest
import torch

from rnn_demo.regularisation.activation import activation_penalty


def test_penalty_is_its_formula():
    outputs = torch.tensor([[[1.0, 2.0], [3.0, -1.0]]])
    assert activation_penalty(outputs, 2.0, 0.0).item() == pytest.approx(2 * (1 + 4 + 9 + 1) / 4)
    assert activation_penalty(outputs, 0.0, 3.0).item() == pytest.approx(3 * (4 + 9) / 2)
    assert activation_penalty(outputs[:, :1], 1.0, 1.0).item() == pytest.approx(2.5)
