"""What fades slowly near a fixed point: the Jacobian of the map, its eigenvalues and its eigenvectors.

Near s* = F(s*, 0) a small difference d moves as d_t = J d_{t-1}, J = dF/ds at s*. Along a right eigenvector of
eigenvalue lambda it shrinks |lambda|-fold a token, so that it lasts

    time constant = 1 / |ln |lambda||        tokens

(Sussillo & Barak 2013; Maheswaranathan et al. 2019, arXiv:1906.10720). No layer hears of a deeper one, so J is block
lower triangular: the eigenvalues are those of its diagonal blocks, and an eigenvector that starts in layer l goes on as
v_m = (lambda - J_mm)^-1 sum_{k<m} J_mk v_k. That costs a fraction of the whole.
"""

from collections.abc import Callable

import torch
from torch import Tensor

ROWS_AT_ONCE = 256
NUDGE = 1e-12
"""Keeps the solution finite where two layers share an eigenvalue."""


def jacobian_at(step: Callable[[Tensor], Tensor], state: Tensor) -> Tensor:
    """Differentiate a map of (row, state) at one state, (state,): J[i, j] = d step_i / d s_j, (state, state)."""
    whole = torch.func.jacrev(lambda s: step(s[None])[0], chunk_size=ROWS_AT_ONCE)
    jacobian: Tensor = whole(state)
    return jacobian.detach()


def slowest_modes(jacobian: Tensor, num_layers: int, count: int) -> tuple[Tensor, Tensor]:
    """Find the modes with the longest time constants.

    Args:
        jacobian: (state, state), block lower triangular in layers of equal size.
        num_layers: blocks.
        count: at most so many; there is one a number of the state.

    Returns:
        eigenvalues: complex128 (mode,), longest time constant first.
        vectors: complex128 (state, mode); right eigenvectors of length 1.
    """
    matrix = jacobian.double()
    moving = (
        matrix.abs().sum(1) > 0
    )  # a number that is held has an empty row: eigenvalue 0, and no quantity in the others
    width = len(matrix) // num_layers
    layers = [moving[i * width : (i + 1) * width].nonzero()[:, 0] + i * width for i in range(num_layers)]
    found = [torch.linalg.eig(matrix[layer][:, layer]) for layer in layers]
    eigenvalues = torch.cat([values for values, _ in found])
    places = [(layer, mode) for layer, (values, _) in enumerate(found) for mode in range(len(values))]
    order = time_constant(eigenvalues).argsort(descending=True)[:count]
    vectors = torch.zeros(len(matrix), len(order), dtype=torch.complex128)
    for column, chosen in enumerate(order.tolist()):
        start, mode = places[chosen]
        vectors[layers[start], column] = found[start][1][:, mode]
        for layer in layers[start + 1 :]:
            if len(layer):
                driven = matrix[layer].to(torch.complex128) @ vectors[:, column]
                block = matrix[layer][:, layer].to(torch.complex128)
                identity = torch.eye(len(layer), dtype=torch.complex128)
                vectors[layer, column] = torch.linalg.solve((eigenvalues[chosen] + NUDGE) * identity - block, driven)
    return eigenvalues[order], vectors / vectors.norm(dim=0).clamp_min(torch.finfo(torch.float64).tiny)


def time_constant(eigenvalues: Tensor) -> Tensor:
    """Return how many tokens a mode takes to fade, or grow, e-fold.

    >>> [round(float(tokens), 1) for tokens in time_constant(torch.tensor([0.999, 0.5, 1.001, 0.0]))]
    [999.5, 1.4, 1000.5, 0.0]
    """
    return 1 / eigenvalues.abs().double().log().abs()
