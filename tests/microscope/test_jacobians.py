"""The largest singular values against torch's own, of the Jacobian written out, in float64."""

import pytest
import torch
from tiny import checkpoint_of, language_model, sentiment_model

from rnn_demo.cells import CELLS
from rnn_demo.errors import InputError
from rnn_demo.language.write import Writer
from rnn_demo.microscope import jacobians as jacobians_module
from rnn_demo.microscope.baseline import random_init_baseline
from rnn_demo.microscope.jacobians import compare_jacobians, largest_singular_values, top_singular_values
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


def written_out(predictor: Predictor) -> list[float]:
    """Step by step, take the whole Jacobian and all of its singular values."""
    cell = predictor.model.encoder.cells[-1]
    encoded, found = predictor.encode(TEXT), []
    with torch.no_grad():
        inputs = predictor.model.encoder.inputs_of_last_layer(torch.tensor([encoded.token_ids]))[0]
        state = torch.zeros(len(cell.state_names) * cell.hidden_size, dtype=torch.float64)
    for x_t in inputs:

        def step(s: torch.Tensor, x_t: torch.Tensor = x_t) -> torch.Tensor:
            return torch.cat(cell.step(x_t[None], s[None].chunk(len(cell.state_names), dim=1))[0], dim=1)[0]

        found.append(float(torch.linalg.svdvals(torch.autograd.functional.jacobian(step, state))[0]))
        with torch.no_grad():
            state = step(state)
    return found[len(encoded.prefix_ids) :]


def test_values_are_those_of_the_jacobian_written_out(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = written_out(predictor)
    assert largest_singular_values(predictor, predictor.encode(TEXT)) == pytest.approx(expected, rel=1e-9)
    monkeypatch.setattr(jacobians_module, "MAX_STEPS", 5)
    monkeypatch.setattr(jacobians_module, "BLOCK_TOKENS", 4)
    found = largest_singular_values(predictor, predictor.encode(TEXT))
    assert found == pytest.approx(expected, rel=0.15)
    assert all(value <= bound * (1 + 1e-9) for value, bound in zip(found, expected, strict=True))


def test_of_a_long_text_the_end_is_measured(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = largest_singular_values(predictor, predictor.encode(TEXT))
    monkeypatch.setattr(jacobians_module, "MAX_TOKENS", 4)
    assert largest_singular_values(predictor, predictor.encode(TEXT)) == pytest.approx(whole[-4:], rel=1e-9)
    norms = compare_jacobians(predictor, predictor.encode(TEXT))
    assert norms.tokens == tuple(token.token for token in predictor.encode(TEXT).tokens[-4:])
    assert norms.trained == pytest.approx(whole[-4:], rel=1e-9)
    assert norms.untrained == pytest.approx(
        largest_singular_values(random_init_baseline(predictor), predictor.encode(TEXT)), rel=1e-6
    )


@pytest.mark.parametrize("diagonal", [[2.0] * 6, [0.0] * 6, [3.0, 3.0, 1.0, 0.0, 0.0, 0.0]])
def test_equal_and_missing_values_are_no_trouble(diagonal: list[float]) -> None:
    matrix = torch.diag(torch.tensor(diagonal, dtype=torch.float64))
    turn, _ = torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1)))
    matrix = turn @ matrix
    found = top_singular_values(lambda v: v @ matrix.T, lambda u: u @ matrix, torch.zeros(2, 6, dtype=torch.float64))
    assert found.tolist() == pytest.approx([max(diagonal)] * 2, abs=1e-9)


def test_what_cannot_be_measured_is_refused(predictor: Predictor) -> None:
    with pytest.raises(InputError, match="the text is empty"):
        largest_singular_values(predictor, predictor.encode(""))
