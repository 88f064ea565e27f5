"""The probe: bf16 only where a step works and is faster; what is wrong in fp32 too is not blamed on bf16."""

import time

import pytest
import torch

from rnn_demo.training.precision import choose_precision

CPU = torch.device("cpu")


def probe(raises="", slow_s=0.0):
    """Make a loss that fails or dawdles under bf16 autocast."""
    weight = torch.ones(1, requires_grad=True)

    def loss():
        if torch.is_autocast_enabled("cpu"):
            if raises:
                raise RuntimeError(raises)
            time.sleep(max(0.0, slow_s))
        else:
            time.sleep(max(0.0, -slow_s))
        return weight.sum()

    return loss


def test_what_is_asked_for_is_not_probed():
    assert choose_precision("bf16", CPU, pytest.fail) == ("bf16", "as asked")
    assert choose_precision("fp32", CPU, pytest.fail) == ("fp32", "as asked")


def test_a_step_that_raises_means_fp32_and_says_why():
    chosen = choose_precision("auto", CPU, probe(raises="mkldnn says no\nat line 7"))
    assert chosen == ("fp32", "bf16 does not work here: mkldnn says no")


def test_the_faster_one_is_chosen():
    assert choose_precision("auto", CPU, probe(slow_s=0.05))[0] == "fp32"
    precision, reason = choose_precision("auto", CPU, probe(slow_s=-0.05))
    assert precision == "bf16"
    assert "times as fast in bf16" in reason


def test_a_step_that_fails_in_fp32_too_is_the_callers_error():
    def broken():
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        choose_precision("auto", CPU, broken)
