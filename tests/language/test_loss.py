"""The blockwise cross-entropy equals torch's own, in value and in gradient."""

import pytest
import torch
from torch import nn

from rnn_demo.language import loss as loss_module
from rnn_demo.language.loss import linear_cross_entropy


def problem(dtype: torch.dtype) -> tuple[list[torch.Tensor], torch.Tensor]:
    torch.manual_seed(0)
    parts = [torch.randn(11, 5), torch.randn(7, 5), torch.randn(7)]
    targets = torch.randint(0, 7, (11,))
    targets[[2, 9]] = -100
    return [part.to(dtype).requires_grad_() for part in parts], targets


@pytest.mark.parametrize("block_rows", [1, 4, 512])
def test_loss_and_gradients_equal_torchs_own(block_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_module, "BLOCK_ROWS", block_rows)
    (h, w, b), y = problem(torch.float64)
    ours = linear_cross_entropy(h, w, b, y, ignore_index=-100)
    reference = nn.functional.cross_entropy(nn.functional.linear(h, w, b), y, ignore_index=-100)
    torch.testing.assert_close(ours, reference)
    for part, expected in zip((h, w, b), torch.autograd.grad(reference * 3, (h, w, b)), strict=True):
        torch.testing.assert_close(torch.autograd.grad(ours * 3, part, retain_graph=True)[0], expected)


def test_bfloat16_outputs_keep_a_float32_loss() -> None:
    (h, w, b), y = problem(torch.float32)
    ours = linear_cross_entropy(h.bfloat16(), w, b, y, ignore_index=-100)
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, linear_cross_entropy(h, w, b, y, ignore_index=-100), atol=0.05, rtol=0.02)


def test_a_batch_in_which_nothing_counts_has_no_gradient() -> None:
    (h, w, b), y = problem(torch.float32)
    linear_cross_entropy(h, w, b, torch.full_like(y, -100), ignore_index=-100).backward()
    assert not h.grad.any()
