"""The gradient over distance against finite differences in float64, and where it must vanish or grow."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from tiny import checkpoint_of, language_model, sentiment_model

from rnn_demo.cells import CELLS
from rnn_demo.errors import InputError
from rnn_demo.language.write import Writer
from rnn_demo.microscope import gradients as gradients_module
from rnn_demo.microscope.baseline import random_init_baseline
from rnn_demo.microscope.gradients import gradient_over_distance, last_readout
from rnn_demo.predictor import Predictor
from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.tokenizer import Tokenizer

TEXT = "It was a good evening, and she walked."


@pytest.fixture(params=[(task, cell) for task in ("lm", "sentiment") for cell in CELLS])
def predictor(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> Predictor:
    """Make a predictor of two layers in float64."""
    task, cell = request.param
    kind, make = (Writer, language_model) if task == "lm" else (SentimentScorer, sentiment_model)
    return kind("tiny", make(tokenizer.vocab_size, cell, 2).double(), tokenizer, checkpoint_of(task, cell))


@torch.no_grad()
def by_differences(predictor: Predictor, distance: int, step: float = 1e-6) -> float:
    """Nudge each number of the state that is carried on, and read off the end."""
    ids = predictor.encode(TEXT).token_ids
    cell = predictor.model.encoder.cells[-1]
    inputs = predictor.model.encoder.inputs_of_last_layer(torch.tensor([ids]))
    inputs = inputs[:, :-1] if predictor.task == "lm" else inputs
    cut = inputs.shape[1] - distance
    _, state = cell(inputs[:, :cut])

    def read_off(state: tuple[torch.Tensor, ...]) -> float:
        final = cell(inputs[:, cut:], state)[1] if distance else state
        return float(last_readout(predictor, final[0], ids[-1]))

    squares = 0.0
    for i, part in enumerate(state if distance else state[:1]):
        for unit in range(part.shape[1]):
            ends = []
            for sign in (1, -1):
                nudged = part.clone()
                nudged[0, unit] += sign * step
                ends.append(read_off((*state[:i], nudged, *state[i + 1 :])))
            squares += ((ends[0] - ends[1]) / (2 * step)) ** 2
    return squares**0.5


def test_norms_are_those_of_finite_differences(predictor: Predictor) -> None:
    norms = gradient_over_distance(predictor, TEXT)
    expected_steps = len(predictor.encode(TEXT).token_ids) - (predictor.task == "lm")
    assert len(norms) == expected_steps
    for distance in (0, 1, 2, 5, expected_steps - 1):
        assert norms[distance] == pytest.approx(by_differences(predictor, distance), rel=1e-4, abs=1e-8)


def test_only_the_last_tokens_are_gone_back_over(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gradient_over_distance(predictor, TEXT)
    monkeypatch.setattr(gradients_module, "MAX_TOKENS", 4)
    assert gradient_over_distance(predictor, TEXT) == pytest.approx(whole[:4], rel=1e-6)


@pytest.mark.parametrize(("scale", "grows"), [(0.5, False), (1.5, True)])
def test_a_linear_rnn_shrinks_or_grows_with_its_weights(tokenizer: Tokenizer, scale: float, grows: bool) -> None:
    model = language_model(tokenizer.vocab_size, "rnn", 1).double()
    cell = model.encoder.cells[-1]
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.mul_(1e-6)  # tanh is linear near 0
        cell.kernel.weight_hh_l0.copy_(scale * torch.eye(cell.hidden_size))
    norms = gradient_over_distance(Writer("tiny", model, tokenizer, checkpoint_of("lm", "rnn")), TEXT)
    assert norms == pytest.approx([norms[0] * scale**distance for distance in range(len(norms))], rel=1e-3)
    assert (norms[-1] > norms[0]) == grows


def test_what_cannot_be_measured_is_refused(predictor: Predictor) -> None:
    with pytest.raises(InputError, match="fewer than two tokens"):
        gradient_over_distance(predictor, ".")
    predictor.__class__ = type("Other", (type(predictor),), {"task": "ner"})
    with pytest.raises(InputError, match="tiny is of task ner; give a language model or a sentiment model"):
        gradient_over_distance(predictor, TEXT)


def test_the_untrained_twin_is_the_network_of_the_seed(tokenizer: Tokenizer) -> None:
    predictor = Writer("tiny", language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm", seed=3))
    before = torch.random.get_rng_state()
    twin, again = random_init_baseline(predictor), random_init_baseline(predictor)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(3)
    fresh = type(predictor.model)(predictor.model.config)
    for name, weight in twin.model.state_dict().items():
        assert torch.equal(weight, fresh.state_dict()[name])
        assert torch.equal(weight, again.model.state_dict()[name])


def test_two_visitors_at_once_get_the_same_untrained_twin(tokenizer: Tokenizer) -> None:
    predictor = Writer("tiny", language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm", seed=3))
    alone = random_init_baseline(predictor).model.state_dict()
    with ThreadPoolExecutor(2) as pool:
        twins = list(pool.map(lambda _: random_init_baseline(predictor), range(20)))
    assert all(torch.equal(twin.model.state_dict()[name], alone[name]) for twin in twins for name in alone)
