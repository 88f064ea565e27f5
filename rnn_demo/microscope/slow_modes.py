"""The slow modes at a fixed point: the Jacobian of the zero-input step, its eigenvalues and its eigenvectors.

Near s* = F(s*, 0) a small perturbation d evolves as d_t = J d_{t-1}, J = dF/ds at s*. Along a right eigenvector with
eigenvalue lambda it scales by |lambda| per token, with the

    time constant = 1 / |ln |lambda||        tokens

(Sussillo & Barak 2013; Maheswaranathan et al. 2019, arXiv:1906.10720). A layer does not depend on the layers above it,
so J is block lower triangular. Its eigenvalues are those of the diagonal blocks, and an eigenvector of block l extends
to the layers above as v_m = (lambda - J_mm)^-1 sum_{k<m} J_mk v_k. This is far cheaper than a full eigendecomposition.
"""

from collections.abc import Callable

import torch
from torch import Tensor

ROWS_AT_ONCE = 256
NUDGE = 1e-12
"""Keeps the solution finite if two layers share an eigenvalue."""


def jacobian_at(step: Callable[[Tensor], Tensor], state: Tensor) -> Tensor:
    """Return J[i, j] = d step_i / d s_j, (state, state), of a map of (row, state) at one state, (state,)."""
    jacobian: Tensor = torch.func.jacrev(lambda s: step(s[None])[0], chunk_size=ROWS_AT_ONCE)(state)
    return jacobian.detach()


def slowest_modes(jacobian: Tensor, num_layers: int, count: int) -> tuple[Tensor, Tensor]:
    """Find the modes with the longest time constants.

    Args:
        jacobian: (state, state), block lower triangular in layers of equal size.
        num_layers: blocks.
        count: maximum number of modes; there is one per dimension of the state.

    Returns:
        eigenvalues: complex128 (mode,), longest time constant first.
        vectors: complex128 (state, mode); right eigenvectors with norm 1.
    """
    matrix = jacobian.double()
    moving = matrix.abs().sum(1) > 0  # a capped dimension has an empty row: eigenvalue 0, decoupled from the others
    width = len(matrix) // num_layers
    layers = [moving[i * width : (i + 1) * width].nonzero()[:, 0] + i * width for i in range(num_layers)]
    blocks = [torch.linalg.eig(matrix[layer][:, layer]) for layer in layers]
    eigenvalues = torch.cat([values for values, _ in blocks])
    modes = [(layer, mode) for layer, (values, _) in enumerate(blocks) for mode in range(len(values))]
    order = time_constant(eigenvalues).argsort(descending=True)[:count]
    vectors = torch.zeros(len(matrix), len(order), dtype=torch.complex128)
    for column, chosen in enumerate(order.tolist()):
        start, mode = modes[chosen]
        vectors[layers[start], column] = blocks[start][1][:, mode]
        for layer in layers[start + 1 :]:
            if len(layer):
                driven = matrix[layer].to(torch.complex128) @ vectors[:, column]
                block = matrix[layer][:, layer].to(torch.complex128)
                identity = torch.eye(len(layer), dtype=torch.complex128)
                vectors[layer, column] = torch.linalg.solve((eigenvalues[chosen] + NUDGE) * identity - block, driven)
    return eigenvalues[order], vectors / vectors.norm(dim=0).clamp_min(torch.finfo(torch.float64).tiny)


def time_constant(eigenvalues: Tensor) -> Tensor:
    """Return the tokens that a mode takes to decay, or grow, e-fold.

    >>> [round(float(tokens), 1) for tokens in time_constant(torch.tensor([0.999, 0.5, 1.001, 0.0]))]
    [999.5, 1.4, 1000.5, 0.0]
    """
    return 1 / eigenvalues.abs().double().log().abs()
