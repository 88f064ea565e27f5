"""The probe: bf16 only where a step works and is faster; what is wrong in fp32 too is not blamed on bf16."""

import pytest
import torch

from rnn_demo.training import precision
from rnn_demo.training.precision import choose_precision

CPU = torch.device("cpu")


def probe(raises):
    """Make a loss that fails under bf16 autocast."""
    weight = torch.ones(1, requires_grad=True)

    def loss():
        if torch.is_autocast_enabled("cpu"):
            raise RuntimeError(raises)
        return weight.sum()

    return loss


def test_what_is_asked_for_is_not_probed():
    assert choose_precision("bf16", CPU, pytest.fail) == ("bf16", "as requested")
    assert choose_precision("fp32", CPU, pytest.fail) == ("fp32", "as requested")


def test_a_step_that_raises_means_fp32_and_says_why():
    chosen = choose_precision("auto", CPU, probe(raises="mkldnn says no\nat line 7"))
    assert chosen == ("fp32", "bf16 does not work here: mkldnn says no")


@pytest.mark.parametrize(
    ("fp32", "bf16", "expected"),
    [
        ([1.0, 1.1, 0.9, 3.0, 1.0], [0.95, 1.0, 0.9, 0.9, 1.05], "fp32"),  # noise decided here, and not twice alike
        ([0.9, 1.0, 1.1, 1.0, 1.0], [1.0, 0.5, 0.9, 1.1, 1.0], "fp32"),
        ([1.0, 1.1, 0.9, 3.0, 1.0], [0.5, 0.6, 0.5, 4.0, 0.5], "bf16"),
    ],
)
def test_bf16_must_win_by_a_margin_over_several_steps(monkeypatch, fp32, bf16, expected):
    times = {"fp32": iter([9.0, *fp32]), "bf16": iter([9.0, *bf16])}
    monkeypatch.setattr(precision, "_step_seconds", lambda name, *_: next(times[name]))
    chosen, reason = choose_precision("auto", CPU, pytest.fail)
    assert chosen == expected
    assert "times as fast" in reason


def test_a_step_that_fails_in_fp32_too_is_the_callers_error():
    def broken():
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        choose_precision("auto", CPU, broken)
