"""The axes of held-out states against the definition, and as an entry gives them back."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from rnn_demo.microscope.basis import STORED, Basis, fit_basis, own_basis, principal_components, to_entry


def states_of(seed: int, count: int, units: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(count, units)) * rng.uniform(0.1, 3, units) + 5).astype(np.float32)


@pytest.mark.parametrize("count", [8, 300])
def test_components_are_those_of_scikit_learn(count: int) -> None:
    states = states_of(0, count, 20)
    mean, components, shares = principal_components(states)
    expected = PCA(min(count, 10)).fit(states.astype(np.float64))
    np.testing.assert_allclose(mean, expected.mean_, rtol=1e-6)
    np.testing.assert_allclose(shares[: min(count, 10)], expected.explained_variance_ratio_, atol=1e-9)
    turned = expected.components_[:3] * np.sign((expected.components_[:3] * components).sum(1, keepdims=True))
    np.testing.assert_allclose(components, turned, atol=1e-9)


def test_the_largest_weight_of_a_component_is_positive() -> None:
    states = states_of(1, 60, 5)
    for basis in (fit_basis(states), fit_basis(-states), own_basis(states)):
        largest = basis.components[np.arange(3), np.abs(basis.components).argmax(axis=1)]
        assert (largest > 0).all()


def test_density_says_where_the_states_lie() -> None:
    states = np.zeros((1000, 3), dtype=np.float32)
    states[:250, 0] = 4.0  # a quarter at one end of the first component, the others at the other end
    basis = fit_basis(states)
    assert basis.explained_variance[0] == pytest.approx(1)
    (low, high), _ = basis.extent
    assert (low, high) == pytest.approx((-1.2, 3.2))  # 1 below and 3 above the mean, and a twentieth of 4 more
    column = basis.density.sum(axis=0)
    places = low + (np.flatnonzero(column) + 0.5) * (high - low) / len(column)
    np.testing.assert_allclose(places, [-1, 3], atol=0.1)
    np.testing.assert_allclose(column[column > 0], [0.75, 0.25], atol=1e-9)


def test_a_basis_comes_back_from_an_entry() -> None:
    basis = fit_basis(states_of(2, 40, 4))
    entry = to_entry({(1, "c"): basis}, 9, 40)
    assert entry.arrays.keys() == {f"1.c.{name}" for name in STORED}
    assert {array.dtype for array in entry.arrays.values()} == {np.dtype(np.float32)}
    assert Basis.from_entry(entry, 0, "c") is Basis.from_entry(entry, 1, "h") is None
    read = Basis.from_entry(entry, 1, "c")
    assert read is not None
    assert read.source == "held-out texts"
    for name in STORED:
        np.testing.assert_allclose(getattr(read, name), getattr(basis, name), rtol=1e-6)


def test_states_of_a_single_unit_have_one_component() -> None:
    basis = fit_basis(np.array([[1.0], [2.0], [3.0]], dtype=np.float32))
    assert basis.components.tolist() == [[1], [0], [0]]
    assert basis.explained_variance.tolist() == [1] + [0] * 9
