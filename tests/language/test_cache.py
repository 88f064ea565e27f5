"""The neural cache against its equations, in chunks, and where there is nothing to remember."""

import math

import pytest
import torch

from rnn_demo.errors import RnnDemoError
from rnn_demo.language import cache as cache_module
from rnn_demo.language.cache import CacheOptions, add_cache

OUTPUTS = torch.randn(12, 4, generator=torch.Generator().manual_seed(0)).double()
TARGETS = torch.tensor([3, 1, 3, 2, 1, 3, 0, 3, 3, 1, 2, 5])
VOCAB = torch.full((12,), 0.2).double().log()


def prob_by_definition(t, options):
    """Return p of token t: the equations, one pair after the other."""
    h, total, same = OUTPUTS, 0.0, 0.0
    for i in range(max(0, t - options.size), t):
        score = math.exp(options.theta * float(h[t] @ h[i]) / float(h[t] @ h[t]))
        total, same = total + score, same + score * float(TARGETS[i] == TARGETS[t])
    return 0.2 if total == 0 else (1 - options.weight) * 0.2 + options.weight * same / total


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("chunk", [1, 5, 256])
def test_probabilities_are_those_of_the_equations(size, chunk, monkeypatch):
    monkeypatch.setattr(cache_module, "CHUNK", chunk)
    options = CacheOptions(weight=0.3, theta=2.0, size=size)
    probs = add_cache(VOCAB, OUTPUTS, TARGETS, options).exp().tolist()
    assert probs == pytest.approx([prob_by_definition(t, options) for t in range(12)])
    last = add_cache(VOCAB[-4:], OUTPUTS, TARGETS, options).exp().tolist()
    assert last == pytest.approx(probs[-4:])


def test_a_new_token_pays_for_the_cache_and_the_first_does_not():
    log_probs = add_cache(VOCAB, OUTPUTS, TARGETS, CacheOptions(weight=0.25)) - VOCAB
    assert log_probs[0] == 0
    assert log_probs[-1].exp() == pytest.approx(0.75)
    assert torch.equal(add_cache(VOCAB, OUTPUTS, TARGETS, CacheOptions(weight=0)), VOCAB)


def test_a_network_of_zeros_has_a_cache_of_counts():
    probs = add_cache(VOCAB, OUTPUTS * 0, TARGETS, CacheOptions(weight=0.5)).exp()
    assert probs[2] == pytest.approx(0.5 * 0.2 + 0.5 * 1 / 2)


@pytest.mark.parametrize("options", [{"weight": 1.0}, {"weight": -0.1}, {"theta": -1}, {"size": 0}])
def test_options_that_make_no_distribution_are_refused(options):
    with pytest.raises(RnnDemoError):
        CacheOptions(**options)
