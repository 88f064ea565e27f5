"""Read a text and keep what one layer held after each token. Works for every predictor: writer, scorer and tagger."""

from dataclasses import dataclass

import numpy as np
import torch

from rnn_demo.cells import CELLS, Quantity
from rnn_demo.checks import require_layer, require_tokens
from rnn_demo.errors import unknown_name
from rnn_demo.predictor import Predictor


@dataclass(frozen=True)
class HiddenTrace:
    """What one layer of a network held after each token."""

    tokens: tuple[str, ...]
    states: np.ndarray
    """float32 (token, unit); h after each token, or another part of the cells. Of a tagger: of its forward encoder."""
    layer: int
    """Counted from 0, the layer nearest to the words."""


def quantities_of(predictor: Predictor) -> dict[str, Quantity]:
    """Return what can be traced in a predictor's cells: the states, h first, then the gates."""
    return CELLS[predictor.model.encoder.config.cell].quantities


@torch.inference_mode()
def trace_hidden_states(predictor: Predictor, text: str, layer: int = -1, quantity: str = "h") -> HiddenTrace:
    """Read a text and hand back one layer's states or gates.

    Args:
        predictor: a loaded checkpoint; of a tagger, the encoder that reads forwards.
        text: at least one token.
        layer: 0 is nearest to the words; negative counts from the end, -1 is the last.
        quantity: a name in `quantities_of`. h comes from torch's kernel; the others are recomputed by the equations.

    Returns:
        One row a token. What the network reads before the text (its style, or the start) is left out.

    Raises:
        InputError: there is no such layer or quantity, or nothing to read.
    """
    layer = require_layer(layer, predictor.model.encoder.config.num_layers)
    if quantity not in quantities_of(predictor):
        raise unknown_name("quantity", quantity, quantities_of(predictor))
    encoded = predictor.encode(text)
    require_tokens(encoded.tokens)
    token_ids = torch.tensor([encoded.token_ids])
    if quantity == "h":
        read = predictor.model.encoder(token_ids).layers[layer]
    else:
        read = predictor.model.encoder.forward_with_gates(token_ids)[layer][quantity]
    states = read[0, len(encoded.prefix_ids) :]  # (token, unit)
    return HiddenTrace(tuple(token.token for token in encoded.tokens), states.numpy(), layer)
