"""The push against a formula, and that no other push of its length is harder."""

import pytest
import torch
from tiny import sentiment_model

from rnn_demo.regularisation.adversarial import adversarial_perturbation

LENGTHS = torch.tensor([2, 3])


def test_push_of_a_linear_loss_is_its_formula():
    vectors = torch.tensor([[[1.0, 2.0], [2.0, 0.0], [9.0, 9.0]], [[0.0, 1.0], [1.0, 0.0], [2.0, 1.0]]])
    slope = torch.tensor([[[3.0, 0.0], [0.0, -4.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]])
    push = adversarial_perturbation(lambda push: ((vectors + push) * slope).sum(), vectors, LENGTHS, size=2.0)
    rms = ((1 + 4 + 4 + 0 + 0 + 1 + 1 + 0 + 4 + 1) / 10) ** 0.5  # the padding, 9 and 9, does not count
    torch.testing.assert_close(push, 2 * 2**0.5 * rms * slope / 5)


def test_no_push_of_its_length_is_harder_for_a_network(tokenizer):
    model = sentiment_model(tokenizer.vocab_size)
    token_ids, targets = torch.tensor([[5, 6, 0], [7, 8, 9]]), torch.tensor([1.0, 0.0])

    def loss_at(push):
        return torch.nn.functional.binary_cross_entropy_with_logits(model(token_ids, LENGTHS, push), targets)

    vectors = model.encoder.embed(token_ids).detach()
    push = adversarial_perturbation(loss_at, vectors, LENGTHS, size=0.1)
    assert not push.requires_grad
    assert not push[0, 2].any()
    assert all(parameter.grad is None for parameter in model.parameters())
    lengths = push.flatten(1).norm(dim=1)
    assert lengths.tolist() == pytest.approx(
        (0.1 * LENGTHS.sqrt() * vectors[torch.arange(3) < LENGTHS[:, None]].square().mean().sqrt()).tolist(), rel=1e-4
    )
    with torch.no_grad():
        hardest, clean = loss_at(push), loss_at(torch.zeros_like(push))
        others = torch.randn(50, *push.shape, generator=torch.Generator().manual_seed(0))
        others[:, 0, 2] = 0
        others *= lengths[:, None, None] / others.flatten(2).norm(dim=2)[:, :, None, None]
        assert hardest > clean
        assert all(loss_at(other) < hardest for other in others)
