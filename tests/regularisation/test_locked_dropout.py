"""Locked dropout: one mask for all steps of a row, another for each row, none in eval mode."""

import torch

from rnn_demo.regularisation.locked_dropout import LockedDropout

ONES = torch.ones(40, 7, 50)


def test_a_row_drops_the_same_numbers_at_every_step():
    torch.manual_seed(0)
    dropped = LockedDropout(0.25)(ONES)
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert not torch.equal(dropped[0], dropped[1])
    assert set(dropped.unique().tolist()) == {0.0, ONES[0, 0, 0].div(0.75).item()}
    assert abs((dropped == 0).float().mean() - 0.25) < 0.03


def test_nothing_is_dropped_in_eval_mode_or_at_probability_0():
    assert torch.equal(LockedDropout(0.5).eval()(ONES), ONES)
    assert torch.equal(LockedDropout(0.0)(ONES), ONES)
