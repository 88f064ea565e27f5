"""The projection against the definition of principal components, and the texts on which there is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_demo.microscope.basis import Basis
from rnn_demo.microscope.trace import HiddenTrace
from rnn_demo.microscope.trajectory import basis_of_traces, longest_step, project_trajectory


def trace_of(states: np.ndarray) -> HiddenTrace:
    return HiddenTrace(
        tuple(f"t{i}" for i in range(len(states))), ((0, 0),) * len(states), states.astype(np.float32), layer=0
    )


@given(st.integers(0, 2**32 - 1), st.integers(3, 30), st.integers(2, 20))
def test_trajectory_is_the_two_largest_eigenvectors_of_the_covariance(seed: int, tokens: int, units: int) -> None:
    states = np.random.default_rng(seed).normal(size=(tokens, units)).astype(np.float32)
    found = project_trajectory(trace_of(states))
    values = np.sort(np.linalg.eigvalsh(np.cov(states.astype(np.float64).T, bias=True)))[::-1]
    np.testing.assert_allclose(found.points.var(axis=0), values[:2], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(found.explained_variance, values[:2] / values.sum(), rtol=1e-6)
    np.testing.assert_allclose(found.points.mean(axis=0), 0, atol=1e-5)


def test_trajectory_keeps_distances_when_the_states_lie_in_a_plane() -> None:
    rng = np.random.default_rng(0)
    plane = np.linalg.qr(rng.normal(size=(9, 2)))[0].T  # two orthogonal directions among nine units
    flat = rng.normal(size=(6, 2))
    found = project_trajectory(trace_of(flat @ plane + 5))
    wanted = np.linalg.norm(flat[:, None] - flat[None], axis=-1)
    np.testing.assert_allclose(np.linalg.norm(found.points[:, None] - found.points[None], axis=-1), wanted, atol=1e-4)
    assert sum(found.explained_variance) == pytest.approx(1)


def test_trajectory_has_a_fixed_sign() -> None:
    """The weight that is largest by size is positive, so mirrored states give the mirrored picture."""
    states = np.array([[0, 0, 0], [3, 1, 0], [6, -1, 0]])
    np.testing.assert_allclose(project_trajectory(trace_of(states)).points[:, 0], [-3, 0, 3], atol=0.2)
    np.testing.assert_allclose(project_trajectory(trace_of(-states)).points[:, 0], [3, 0, -3], atol=0.2)


def test_trajectory_of_one_token_lies_at_the_origin() -> None:
    found = project_trajectory(trace_of(np.ones((1, 4))))
    assert found.points.tolist() == [[0, 0]]
    assert found.explained_variance == (0, 0)


def test_trajectory_of_two_tokens_is_a_line() -> None:
    found = project_trajectory(trace_of(np.array([[0.0, 0.0], [3.0, 4.0]])))
    np.testing.assert_allclose(found.points, [[-2.5, 0], [2.5, 0]], atol=1e-6)
    assert found.explained_variance == (1, 0)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6])
def test_trajectory_of_states_that_never_change_is_a_point(value: float) -> None:
    found = project_trajectory(trace_of(np.full((7, 5), value)))
    assert not found.points.any()
    assert found.explained_variance == (0, 0)


def test_trajectory_of_a_single_unit_has_no_second_component() -> None:
    found = project_trajectory(trace_of(np.array([[1.0], [2.0], [3.0]])))
    assert found.points.tolist() == [[-1, 0], [0, 0], [1, 0]]


def test_trajectory_on_a_given_basis_is_where_the_basis_puts_it() -> None:
    components = np.eye(4)[[2, 0, 3]]
    basis = Basis(np.array([1.0, 0, 0, 0]), components, np.array([0.5, 0.3, 0.1, 0.1]), "held-out texts")
    trace = trace_of(np.array([[1.0, 2, 3, 4], [2, 2, -1, 0]]))
    found = project_trajectory(trace, basis)
    assert found.points.tolist() == [[3, 0], [-1, 1]]
    assert (found.explained_variance, found.basis) == ((0.5, 0.3), "held-out texts")
    in_space = project_trajectory(trace, basis, 3)
    assert in_space.points.tolist() == [[3, 0, 4], [-1, 1, 0]]
    assert in_space.explained_variance == (0.5, 0.3, 0.1)


def test_two_texts_share_their_axes() -> None:
    """Where both begin alike they lie in the same place."""
    one, other = trace_of(np.array([[0.0, 0], [3, 1]])), trace_of(np.array([[0.0, 0], [-3, 1], [2, 2]]))
    basis = basis_of_traces([one, other])
    assert basis.source == "these texts"
    first, second = project_trajectory(one, basis), project_trajectory(other, basis)
    np.testing.assert_array_equal(first.points[0], second.points[0])
    assert np.linalg.norm(first.points[1] - second.points[1]) == pytest.approx(6, abs=1e-5)


def test_longest_step_is_the_one_to_the_token_that_is_farthest_from_the_one_before() -> None:
    step = longest_step(trace_of(np.array([[0.0, 0], [0, 1], [3, 5], [3, 7]])))
    assert step is not None
    assert (step.token_index, step.length, step.median_length) == (2, 5, 2)


@pytest.mark.parametrize("tokens", [1, 2])
def test_there_is_no_longest_step_among_fewer_than_two(tokens: int) -> None:
    assert longest_step(trace_of(np.ones((tokens, 3)))) is None
