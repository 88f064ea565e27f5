"""The largest singular value of each step's Jacobian: the most that it can stretch a state, or a gradient going back.

    J_k = ds_k / ds_{k-1}               of the last layer, at token k; s is h, in an LSTM [h, c]
    sigma_1(J_k) = max |J_k v| / |v|

If sigma_1 stays below 1, the gradient must vanish. Above 1 it may explode, but need not, because only one direction is
stretched that much (Bengio et al. 1994; Pascanu et al. 2013, arXiv:1211.5063, section 2.1).

J_k is never formed: for an LSTM with 512 units it has a million entries. Golub-Kahan bidiagonalisation (1965) needs
only products J_k v and J_k^T u, in a third of the steps of power iteration. All tokens are processed together.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from rnn_demo.cells import Cell
from rnn_demo.checks import require_tokens
from rnn_demo.microscope.baseline import random_init_baseline
from rnn_demo.predictor import Predictor
from rnn_demo.tokenizer import EncodedText

MAX_TOKENS = 2000
MAX_STEPS = 16
"""Iterations. On the shipped networks sigma_1 is then within a percent, and never too large. It is exact after as many
iterations as the state has dimensions."""
BLOCK_TOKENS = 250
"""Tokens per block, to bound memory."""
TINY = 1e-30

Product = Callable[[Tensor], Tensor]
"""Multiplies one vector per token, (token, size), by one matrix per token."""


@dataclass(frozen=True)
class JacobianNorms:
    """The largest singular value of ds_k / ds_{k-1} at each token."""

    tokens: tuple[str, ...]
    trained: tuple[float, ...]
    untrained: tuple[float, ...]
    """The random-init baseline."""


def compare_jacobians(predictor: Predictor, encoded: EncodedText) -> JacobianNorms:
    """Compare a network with its random-init baseline; arguments and errors as in `largest_singular_values`."""
    trained = largest_singular_values(predictor, encoded)
    untrained = largest_singular_values(random_init_baseline(predictor), encoded)
    tokens = encoded.tokens[-len(trained) :]
    return JacobianNorms(tuple(token.token for token in tokens), tuple(trained), tuple(untrained))


def largest_singular_values(predictor: Predictor, encoded: EncodedText) -> list[float]:
    """Return sigma_1(J_k) of the last layer at each token.

    Args:
        predictor: of any task; for a tagger, its forward encoder is used.
        encoded: a text as the predictor encodes it; all of it is read, the last MAX_TOKENS tokens are measured.

    Raises:
        InputError: the text has no tokens.
    """
    require_tokens(encoded.tokens)
    cell = predictor.model.encoder.cells[-1]
    with torch.no_grad():
        inputs = predictor.model.encoder.inputs_of_last_layer(torch.tensor([encoded.token_ids]))
        first = len(encoded.prefix_ids) + max(0, len(encoded.tokens) - MAX_TOKENS)
        _, state = cell(inputs[:, :first])
        inputs = inputs[:, first:]
        read = cell.forward_with_gates(inputs, state)
    states = torch.cat([read[name][0] for name in cell.state_names], dim=-1)  # s_k, (token, size)
    before = torch.cat([torch.cat(state, dim=-1), states[:-1]])  # s_{k-1}

    values: list[float] = []
    for block in torch.arange(len(states)).split(BLOCK_TOKENS):
        forward, backward = jacobian_products(cell, inputs[0, block], before[block])
        values += top_singular_values(forward, backward, before[block]).tolist()
    return values


@torch.enable_grad()
def jacobian_products(cell: Cell, inputs: Tensor, before: Tensor) -> tuple[Product, Product]:
    """Return functions for the products with J and with J^T, for many steps in parallel.

    Args:
        cell: of the layer.
        inputs: (token, input); x_k.
        before: (token, size); s_{k-1}, in an LSTM [h, c].
    """
    before = before.detach().requires_grad_()
    state, _ = cell.step(inputs, before.chunk(len(cell.state_names), dim=-1))
    after = torch.cat(state, dim=-1)
    u = torch.zeros_like(after, requires_grad=True)
    (transposed,) = torch.autograd.grad(after, before, u, create_graph=True)  # J^T u; its gradient in u is J v

    def forward(vectors: Tensor) -> Tensor:
        return torch.autograd.grad(transposed, u, vectors, retain_graph=True)[0]

    def backward(vectors: Tensor) -> Tensor:
        return torch.autograd.grad(after, before, vectors, retain_graph=True)[0]

    return forward, backward


@torch.no_grad()
def top_singular_values(forward: Product, backward: Product, like: Tensor) -> Tensor:
    """Return the largest singular value of each of many square matrices, using only products with them.

        u_i = J v_i - beta_{i-1} u_{i-1}        alpha_i = |u_i|        then u_i and v_{i+1} are normalised
        v_{i+1} = J^T u_i - alpha_i v_i         beta_i = |v_{i+1}|
        sigma_1(J) ~ sigma_1(B)                 B bidiagonal: alpha on the diagonal, beta above it

    Each new vector is orthogonalised against all earlier ones to counter rounding errors.

    Args:
        forward: v -> J v.
        backward: u -> J^T u.
        like: (matrix, size); has the shape and dtype of the vectors.

    Returns:
        (matrix,)
    """
    start = torch.randn(like.shape[1], generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    v = [(start / start.norm()).to(like).expand_as(like)]
    u: list[Tensor] = []
    alphas: list[Tensor] = []
    betas: list[Tensor] = []
    for _ in range(min(MAX_STEPS, like.shape[1])):
        direction, alpha = fresh_direction(forward(v[-1]), u)
        u, alphas = [*u, direction], [*alphas, alpha]
        direction, beta = fresh_direction(backward(u[-1]), v)
        v, betas = [*v, direction], [*betas, beta]
    bidiagonal = torch.diag_embed(torch.stack(alphas, 1))
    if len(alphas) > 1:
        bidiagonal = bidiagonal + torch.diag_embed(torch.stack(betas[:-1], 1), offset=1)
    return torch.linalg.svdvals(bidiagonal)[:, 0]


def fresh_direction(vectors: Tensor, others: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Orthogonalise vectors against others (Gram-Schmidt) and normalise them.

    Args:
        vectors: (matrix, size).
        others: of the same shape; orthonormal.

    Returns:
        The unit vectors, (matrix, size), and their norms before normalisation, (matrix,).
    """
    if others:
        basis = torch.stack(others, dim=1)  # (matrix, other, size)
        for _ in range(2):  # twice is enough (Parlett 1998)
            projections = basis @ vectors[:, :, None]  # (matrix, other, 1)
            vectors = vectors - (basis.transpose(1, 2) @ projections)[:, :, 0]
    length = vectors.norm(dim=1)
    return vectors / length.clamp_min(TINY)[:, None], length
