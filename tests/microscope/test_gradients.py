"""The gradient over distance against finite differences in float64, and where it must vanish or grow."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from tiny import checkpoint_of, language_model, sentiment_model

from rnn_demo.cells import CELLS
from rnn_demo.errors import InputError
from rnn_demo.language.write import Writer
from rnn_demo.microscope import gradients as gradients_module
from rnn_demo.microscope.baseline import MAX_KEPT, draw_network, random_init_baseline
from rnn_demo.microscope.gradients import gradient_over_distance
from rnn_demo.predictor import ForwardPredictor
from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.tokenizer import Tokenizer

TEXT = "It was a good evening, and she walked."


@pytest.fixture(params=[(task, cell) for task in ("lm", "sentiment") for cell in CELLS])
def predictor(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> ForwardPredictor:
    """Make a predictor of two layers in float64."""
    task, cell = request.param
    kind, make = (Writer, language_model) if task == "lm" else (SentimentScorer, sentiment_model)
    return kind("tiny", make(tokenizer.vocab_size, cell, 2).double(), tokenizer, checkpoint_of(task, cell))


@torch.no_grad()
def by_differences(predictor: ForwardPredictor, distance: int, step: float = 1e-6) -> float:
    """Nudge each number of the state that is carried on, and read off the end."""
    ids, readout = predictor.final_readout(predictor.encode(TEXT).token_ids)
    cell = predictor.model.encoder.cells[-1]
    inputs = predictor.model.encoder.inputs_of_last_layer(torch.tensor([ids]))
    cut = inputs.shape[1] - distance
    _, state = cell(inputs[:, :cut])

    def read_off(state: tuple[torch.Tensor, ...]) -> float:
        final = cell(inputs[:, cut:], state)[1] if distance else state
        return float(readout(final[0]))

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


def test_norms_are_those_of_finite_differences(predictor: ForwardPredictor) -> None:
    norms = gradient_over_distance(predictor, predictor.encode(TEXT))
    expected_steps = len(predictor.encode(TEXT).token_ids) - isinstance(predictor, Writer)
    assert len(norms) == expected_steps
    for distance in (0, 1, 2, 5, expected_steps - 1):
        assert norms[distance] == pytest.approx(by_differences(predictor, distance), rel=1e-4, abs=1e-8)


def test_only_the_last_tokens_are_gone_back_over(predictor: ForwardPredictor, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gradient_over_distance(predictor, predictor.encode(TEXT))
    monkeypatch.setattr(gradients_module, "MAX_TOKENS", 4)
    assert gradient_over_distance(predictor, predictor.encode(TEXT)) == pytest.approx(whole[:4], rel=1e-6)


@pytest.mark.parametrize(("scale", "grows"), [(0.5, False), (1.5, True)])
def test_a_linear_rnn_shrinks_or_grows_with_its_weights(tokenizer: Tokenizer, scale: float, grows: bool) -> None:
    model = language_model(tokenizer.vocab_size, "rnn", 1).double()
    cell = model.encoder.cells[-1]
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.mul_(1e-6)  # tanh is linear near 0
        cell.kernel.weight_hh_l0.copy_(scale * torch.eye(cell.hidden_size))
    writer = Writer("tiny", model, tokenizer, checkpoint_of("lm", "rnn"))
    norms = gradient_over_distance(writer, writer.encode(TEXT))
    assert norms == pytest.approx([norms[0] * scale**distance for distance in range(len(norms))], rel=1e-3)
    assert (norms[-1] > norms[0]) == grows


def test_what_cannot_be_measured_is_refused(predictor: ForwardPredictor) -> None:
    with pytest.raises(InputError, match="fewer than two tokens"):
        gradient_over_distance(predictor, predictor.encode("a"))


def test_a_classifier_is_read_off_its_last_state_alone(tokenizer: Tokenizer) -> None:
    scorer = SentimentScorer("tiny", sentiment_model(tokenizer.vocab_size), tokenizer, checkpoint_of("sentiment"))
    ids, readout = scorer.final_readout(scorer.encode(TEXT).token_ids)
    assert ids == scorer.encode(TEXT).token_ids
    weight = scorer.model.state_dict()["classifier.weight"][0]
    h = torch.randn(1, 6)
    torch.testing.assert_close(readout(h), h[0] @ weight[12:])  # behind those of the mean and the maximum
    torch.testing.assert_close(scorer.model.fixed_point_readout, weight[:6] + weight[6:12] + weight[12:])


def test_the_baseline_is_the_network_of_the_seed_and_drawn_once(tokenizer: Tokenizer) -> None:
    predictor = Writer("tiny", language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm", seed=3))
    before = torch.random.get_rng_state()
    drawn = draw_network.cache_info().misses
    baseline, again = random_init_baseline(predictor), random_init_baseline(predictor)
    assert baseline.model is again.model
    assert draw_network.cache_info().misses == drawn + 1
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(3)
    fresh = type(predictor.model)(predictor.model.config)
    for name, weight in baseline.model.state_dict().items():
        assert torch.equal(weight, fresh.state_dict()[name])


def test_two_visitors_at_once_get_the_same_baseline(tokenizer: Tokenizer) -> None:
    predictor = Writer("tiny", language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm", seed=3))
    alone = random_init_baseline(predictor).model.state_dict()
    others = [replace(predictor.checkpoint, seed=seed) for seed in range(10, 30)]
    draw_network.cache_clear()
    with ThreadPoolExecutor(2) as pool:
        kept = [Writer("tiny", predictor.model, tokenizer, other) for other in (predictor.checkpoint, *others)]
        baselines = list(pool.map(random_init_baseline, kept))
    assert all(torch.equal(baselines[0].model.state_dict()[name], alone[name]) for name in alone)
    assert draw_network.cache_info().currsize == MAX_KEPT
