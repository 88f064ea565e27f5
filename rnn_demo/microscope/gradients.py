"""The gradient norm over distance: how far back a network can learn.

With s_t the state of the last layer after token t (h_t, and c_t if the cell has one), and L_T a readout of h_T alone,

    |dL_T / ds_t| = |dL_T / ds_{T-1} J_{T-1} .. J_{t+1}|            J_k = ds_k / ds_{k-1}

shrinks or grows with the product of the Jacobians: vanishing and exploding gradients (Hochreiter 1991; Bengio et al.
1994; Pascanu et al. 2013, arXiv:1211.5063). Only the recurrent path counts. A classifier with pooling also reads each
state directly; that path needs no memory and is excluded.
"""

import torch
from torch import Tensor

from rnn_demo.errors import NothingToReadError
from rnn_demo.predictor import ForwardPredictor
from rnn_demo.tokenizer import EncodedText

MAX_TOKENS = 2000


@torch.enable_grad()
def gradient_over_distance(predictor: ForwardPredictor, encoded: EncodedText) -> list[float]:
    """Return |dL_T / ds_t| of the last layer by distance.

    L_T is the predictor's `final_readout`: a language model's log-probability of the last token, or the part of a
    classifier's logit that depends on the last state.

    Args:
        predictor: a language model or a sentiment classifier.
        encoded: a text as the predictor encodes it; the gradient covers its last MAX_TOKENS tokens.

    Returns:
        The norms at distance 0 (|dL_T / dh_T|), 1, 2, .. tokens, back to the first token.

    Raises:
        NothingToReadError: the text has fewer than two tokens.
    """
    if len(encoded.tokens) < 2:
        raise NothingToReadError("the text has fewer than two tokens; give at least two words")
    token_ids, readout = predictor.final_readout(encoded.token_ids)
    cell = predictor.model.encoder.cells[-1]
    start = max(0, len(token_ids) - MAX_TOKENS)
    with torch.no_grad():
        inputs = predictor.model.encoder.inputs_of_last_layer(torch.tensor([token_ids]))
        state = cell(inputs[:, :start])[1] if start else cell.zero_state(1, inputs)
    leaves: list[tuple[Tensor, ...]] = []
    for x_t in inputs[:, start:].unbind(1):
        state = tuple(quantity + leaf for quantity, leaf in zip(state, leaves[-1], strict=True)) if leaves else state
        state, _ = cell.step(x_t, state)
        leaves.append(tuple(torch.zeros_like(quantity, requires_grad=True) for quantity in state))
    used = [leaf for step in leaves[:-1] for leaf in step]
    gradients = torch.autograd.grad(readout(state[0] + leaves[-1][0]), [leaves[-1][0], *used])
    width = len(cell.state_names)
    squares = torch.stack([gradient.double().square().sum() for gradient in gradients])
    carried = squares[1:].view(-1, width).sum(1).sqrt() if used else squares[:0]
    return [float(squares[0].sqrt()), *carried.flip(0).tolist()]
