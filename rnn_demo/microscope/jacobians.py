"""How far each step can stretch a state, or a gradient on its way back: the largest singular value of its Jacobian.

    J_k = ds_k / ds_{k-1}               of the last layer, at token k; s is h, and h and c together in an LSTM
    sigma_1(J_k) = max |J_k v| / |v|

Where it stays below 1 the gradient must vanish; where it is above 1 it may explode, but need not, as only one direction
is stretched by so much (Bengio et al. 1994; Pascanu et al. 2013, arXiv:1211.5063, section 2.1).

J_k is never written down: with 512 units an LSTM's has a million numbers. Golub & Kahan 1965 find sigma_1 from products
J_k v and J_k^T u alone, as power iteration does, in a third of the steps; here for all tokens at once.
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
"""Of the iteration; on the shipped networks sigma_1 is then found to a percent, and never comes out too large. With
as many steps as a state has numbers it is exact."""
BLOCK_TOKENS = 250
"""Tokens that are worked on at a time: bounds the memory."""
TINY = 1e-30

Product = Callable[[Tensor], Tensor]
"""Multiplies a vector a token, (token, size), with a matrix a token."""


@dataclass(frozen=True)
class JacobianNorms:
    """The largest singular value of ds_k/ds_{k-1} at each token: by how much the step can stretch the state at most."""

    tokens: tuple[str, ...]
    trained: tuple[float, ...]
    untrained: tuple[float, ...]
    """Of the random-init baseline."""


def compare_jacobians(predictor: Predictor, encoded: EncodedText) -> JacobianNorms:
    """Measure a network and its random-init baseline; arguments and errors as in `largest_singular_values`."""
    trained = largest_singular_values(predictor, encoded)
    untrained = largest_singular_values(random_init_baseline(predictor), encoded)
    tokens = encoded.tokens[-len(trained) :]
    return JacobianNorms(tuple(token.token for token in tokens), tuple(trained), tuple(untrained))


def largest_singular_values(predictor: Predictor, encoded: EncodedText) -> list[float]:
    """Measure sigma_1(J_k) at each token, for the last layer of a network.

    Args:
        predictor: of any task; of a tagger, the forward encoder is measured.
        encoded: a text as the predictor encodes it; all of it is read, and the last MAX_TOKENS tokens are measured.

    Raises:
        InputError: there is nothing to read.
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
    """Make the products with J and with its transpose, for many steps at once.

    Args:
        cell: of the layer.
        inputs: (token, input); x_k.
        before: (token, size); s_{k-1}, all parts side by side.
    """
    before = before.detach().requires_grad_()
    state, _ = cell.step(inputs, before.chunk(len(cell.state_names), dim=-1))
    after = torch.cat(state, dim=-1)
    u = torch.zeros_like(after, requires_grad=True)
    (transposed,) = torch.autograd.grad(after, before, u, create_graph=True)  # J^T u, so its transpose in u is J

    def forward(vectors: Tensor) -> Tensor:
        return torch.autograd.grad(transposed, u, vectors, retain_graph=True)[0]

    def backward(vectors: Tensor) -> Tensor:
        return torch.autograd.grad(after, before, vectors, retain_graph=True)[0]

    return forward, backward


@torch.no_grad()
def top_singular_values(forward: Product, backward: Product, like: Tensor) -> Tensor:
    """Find the largest singular value of each of many square matrices from products with them alone.

        u_i = J v_i - beta_{i-1} u_{i-1}        alpha_i = |u_i|        then u_i and v_{i+1} are normalised
        v_{i+1} = J^T u_i - alpha_i v_i         beta_i = |v_{i+1}|
        sigma_1(J) ~ sigma_1(B)                 B bidiagonal: alpha on the diagonal, beta above it

    Each new vector is freed of all earlier ones, not only of the one before it: rounding would bring them back.

    Args:
        forward: v -> J v.
        backward: u -> J^T u.
        like: (matrix, size); gives the shape and the type of the vectors.

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
    """Take away what vectors have in common with others, and say how long the rest is.

    Args:
        vectors: (matrix, size).
        others: of the same shape; of length 1 and at right angles to each other.

    Returns:
        The rest at length 1, (matrix, size), and its length before, (matrix,).
    """
    if others:
        basis = torch.stack(others, dim=1)  # (matrix, other, size)
        for _ in range(2):  # twice is enough (Parlett 1998)
            shares = basis @ vectors[:, :, None]  # (matrix, other, 1)
            vectors = vectors - (basis.transpose(1, 2) @ shares)[:, :, 0]
    length = vectors.norm(dim=1)
    return vectors / length.clamp_min(TINY)[:, None], length
