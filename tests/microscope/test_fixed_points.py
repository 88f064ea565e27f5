"""Fixed points of networks that are known, Jacobians against finite differences, and networks run on from there."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import FILM_TEXTS, checkpoint_of, language_model, sentiment_model

from rnn_demo.cells import CELLS
from rnn_demo.language.write import Writer
from rnn_demo.microscope.fixed_points import (
    MAX_SPEED,
    FixedPoints,
    find_fixed_points,
    from_entry,
    kinetic_energy,
    result_of,
    search,
    unit_readout,
)
from rnn_demo.microscope.joint_state import C_CAP, JointState
from rnn_demo.microscope.slow_modes import jacobian_at, slowest_modes, time_constant
from rnn_demo.precompute.fixed_points import precompute_fixed_points
from rnn_demo.precompute.held_out import HeldOut
from rnn_demo.precomputed import Precomputed, read_precomputed, write_precomputed
from rnn_demo.sentiment.reviews import LabelledText
from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.tokenizer import Tokenizer


def reader_of(tokenizer: Tokenizer, cell: str, num_layers: int = 2, shrink: float = 1.0) -> SentimentScorer:
    """Make a float64 predictor; weights shrunk far enough have one fixed point, which attracts all."""
    model = sentiment_model(tokenizer.vocab_size, cell, num_layers).double()
    with torch.no_grad():
        for parameter in model.encoder.layers.parameters():
            parameter.mul_(shrink)
    return SentimentScorer("tiny", model, tokenizer, checkpoint_of("sentiment", cell))


def found_by(predictor: SentimentScorer, num_starts: int = 12) -> FixedPoints:
    work = find_fixed_points(predictor, [predictor.encode(text).token_ids for text in FILM_TEXTS], num_starts)
    fractions = []

    def watched() -> Generator[float, None, FixedPoints]:
        while True:
            try:
                fractions.append(next(work))
                yield fractions[-1]
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    found = result_of(watched())
    assert fractions == sorted(fractions)
    assert all(0 <= fraction < 1 for fraction in fractions)
    return found


@pytest.mark.parametrize("cell", CELLS)
def test_on_trajectory_states_are_those_of_the_encoder(tokenizer: Tokenizer, cell: str) -> None:
    predictor = reader_of(tokenizer, cell)
    joint, texts = JointState(predictor), [predictor.encode(text).token_ids for text in FILM_TEXTS[:2]]
    on_trajectory = joint.on_trajectory_states(texts)
    with torch.no_grad():
        read = [predictor.model.encoder.forward_with_gates(torch.tensor([ids])) for ids in texts]
    for quantity, name in enumerate(CELLS[cell].state_names):
        expected = torch.cat([layers[-1][name][0] for layers in read])
        states = joint.last(on_trajectory, quantity)
        assert sorted(map(tuple, states.round(decimals=9).tolist())) == sorted(
            map(tuple, expected.round(decimals=9).tolist())
        )


@pytest.mark.parametrize("cell", CELLS)
def test_a_state_held_for_ever_scores_what_the_classifier_says(tokenizer: Tokenizer, cell: str) -> None:
    joint = JointState(predictor := reader_of(tokenizer, cell))
    states = joint.on_trajectory_states([predictor.encode(FILM_TEXTS[0]).token_ids])
    held = joint.last(states)[:, None].expand(-1, 900, -1)
    expected = predictor.model.logits(held, torch.full((len(states),), 900))
    torch.testing.assert_close(joint.logits(states), expected)


@pytest.mark.parametrize("cell", CELLS)
def test_the_jacobian_is_that_of_finite_differences(tokenizer: Tokenizer, cell: str) -> None:
    step = 1e-6
    joint = JointState(predictor := reader_of(tokenizer, cell))
    state = joint.on_trajectory_states([predictor.encode(FILM_TEXTS[0]).token_ids])[-1].clamp(-C_CAP, C_CAP)
    nudges = step * torch.eye(len(state), dtype=state.dtype)
    with torch.no_grad():
        expected = ((joint.zero_input_step(state + nudges) - joint.zero_input_step(state - nudges)) / (2 * step)).T
    torch.testing.assert_close(jacobian_at(joint.zero_input_step, state), expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("cell", CELLS)
def test_fixed_points_stay_put_when_the_network_runs_on(tokenizer: Tokenizer, cell: str) -> None:
    predictor = reader_of(tokenizer, cell, shrink=0.3)
    found = found_by(predictor)
    assert found.num_converged == found.num_started == 12
    assert found.drift.max() < 1e-4
    joint = JointState(predictor)
    ends = result_of(search(joint, joint.on_trajectory_states([predictor.encode(FILM_TEXTS[0]).token_ids])))
    with torch.no_grad():
        moved = ends
        for _ in range(20):  # by the equations, without the cap
            moved = joint.step(moved, torch.zeros(len(ends), 8, dtype=torch.float64))
    torch.testing.assert_close(moved, ends, rtol=0, atol=1e-5)


def test_a_linear_rnn_has_the_fixed_point_of_its_equation(tokenizer: Tokenizer) -> None:
    """It is h = W h + b, so that h = (1 - W)^-1 b; tanh is linear near 0."""
    predictor = reader_of(tokenizer, "rnn", num_layers=1)
    kernel = predictor.model.encoder.cells[0].kernel
    diagonal, bias = torch.tensor([0.98, 0.9, 0.5, -0.5, 0.1, 0.0]).double(), 1e-5 * torch.arange(1.0, 7).double()
    with torch.no_grad():
        kernel.weight_ih_l0.mul_(1e-5)
        kernel.weight_hh_l0.copy_(diagonal.diag())
        kernel.bias_ih_l0.copy_(bias)
        kernel.bias_hh_l0.zero_()
    joint = JointState(predictor)
    ends = result_of(search(joint, joint.on_trajectory_states([predictor.encode(FILM_TEXTS[0]).token_ids])))
    torch.testing.assert_close(ends, (bias / (1 - diagonal)).expand_as(ends), rtol=1e-2, atol=2e-5)
    found = found_by(predictor)
    expected = [1 / abs(np.log(value)) for value in (0.98, 0.9, 0.5, 0.5, 0.1)]
    np.testing.assert_allclose(found.time_constants[0, :5], expected, rtol=1e-3)
    readout = unit_readout(joint)
    assert found.alignments[0, 0] == pytest.approx(abs(float(readout[0])), abs=1e-4)


def test_an_unstable_fixed_point_is_found_where_the_network_would_leave_it(tokenizer: Tokenizer) -> None:
    """One unit with weight 2 rests at 0 and at two places beside it; Adam stays at 0 where a step would leave it."""
    predictor = reader_of(tokenizer, "rnn", num_layers=1)
    kernel = predictor.model.encoder.cells[0].kernel
    with torch.no_grad():
        kernel.weight_hh_l0.copy_(torch.diag(torch.tensor([2.0, 0.1, 0.1, 0.1, 0.1, 0.1])))
        kernel.bias_ih_l0.zero_()
        kernel.bias_hh_l0.zero_()
    joint = JointState(predictor)
    ends = result_of(search(joint, torch.tensor([[0.1] * 6, [-0.1] * 6, [0.0] * 6]).double()))
    assert bool((kinetic_energy(ends, joint.zero_input_step(ends)) < MAX_SPEED).all())
    torch.testing.assert_close(ends[:, 0], torch.tensor([0.9575, -0.9575, 0.0]).double(), rtol=0, atol=1e-3)
    eigenvalues, _ = slowest_modes(jacobian_at(joint.zero_input_step, ends[2]), 1, 6)
    assert float(eigenvalues.abs().max()) == pytest.approx(2, rel=1e-3)


def test_slow_modes_are_those_of_the_whole_matrix() -> None:
    torch.manual_seed(0)
    blocks = torch.randn(10, 10).double() * 0.4
    blocks[:5, 5:] = 0  # the first layer does not hear of the second
    blocks[3] = 0  # a number that is held
    eigenvalues, vectors = slowest_modes(blocks, 2, 10)
    whole = torch.linalg.eigvals(blocks)
    assert len(eigenvalues) == 9
    np.testing.assert_allclose(sorted(eigenvalues.abs()), sorted(whole.abs())[1:], rtol=1e-9)
    torch.testing.assert_close(blocks.to(vectors) @ vectors, eigenvalues * vectors, rtol=1e-8, atol=1e-8)
    times = time_constant(eigenvalues).tolist()
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(("size", "tokens"), [(np.exp(-1 / 1000), 1000), (np.exp(1 / 20), 20), (0.0, 0)])
def test_a_time_constant_is_the_tokens_to_fall_or_grow_e_fold(size: float, tokens: float) -> None:
    turning = torch.polar(torch.tensor([size]).double(), torch.tensor([0.7]).double())
    assert float(time_constant(turning)) == pytest.approx(tokens, rel=1e-9)


def test_a_memory_cell_that_counts_rests_at_the_cap(tokenizer: Tokenizer) -> None:
    """Forget and input gates open, candidate 1: c gains 1 a token for ever, and h stands still."""
    predictor = reader_of(tokenizer, "lstm", num_layers=1)
    cell = predictor.model.encoder.cells[0]
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.kernel.bias_ih_l0.fill_(50)
    joint = JointState(predictor)
    ends = result_of(search(joint, torch.zeros(1, 12).double()))
    torch.testing.assert_close(joint.last(ends, 1), torch.full((1, 6), C_CAP).double())
    torch.testing.assert_close(joint.last(ends), torch.ones(1, 6).double(), rtol=0, atol=1e-4)
    assert len(slowest_modes(jacobian_at(joint.zero_input_step, ends[0]), 1, 20)[0]) == 6  # c is capped: only h is left


def test_only_sentiment_models_are_studied(tokenizer: Tokenizer) -> None:
    writer = Writer("tiny", language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm"))
    assert precompute_fixed_points(writer, HeldOut(None)) is None


def test_the_study_comes_back_as_it_was_found(tokenizer: Tokenizer, tmp_path: Path) -> None:
    predictor, held_out = reader_of(tokenizer, "gru", shrink=0.3), HeldOut(None)
    held_out.__dict__["reviews"] = [LabelledText(text, 1.0) for text in FILM_TEXTS]
    section = precompute_fixed_points(predictor, held_out)
    assert section is not None
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    write_precomputed(tmp_path, Precomputed({"fixed_points": section}))
    stored = read_precomputed(tmp_path).get("fixed_points")
    assert stored is not None
    assert sum(array.nbytes for array in stored.arrays.values()) < 200_000
    trained = from_entry(stored)["trained"]
    assert trained.num_converged > 0
    np.testing.assert_array_equal(trained.points, section.arrays["trained.points"])
