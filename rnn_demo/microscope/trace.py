"""Read a text and keep what one layer held after each token. Works for every reader: writer, scorer and tagger."""

import torch

from rnn_demo.errors import InputError
from rnn_demo.reader import Reader
from rnn_demo.results import HiddenTrace

__all__ = ["trace_hidden_states"]


@torch.inference_mode()
def trace_hidden_states(reader: Reader, text: str, layer: int = -1) -> HiddenTrace:
    """Read a text and hand back one layer's states.

    Args:
        reader: a loaded checkpoint.
        text: at least one token.
        layer: 0 is nearest to the words; negative counts from the end, -1 is the last.

    Returns:
        One row a token. What the network reads before the text (its style, or the start) is left out.

    Raises:
        InputError: there is no such layer, or nothing to read.
    """
    num_layers = reader.model.encoder.config.num_layers
    if not isinstance(layer, int) or not -num_layers <= layer < num_layers:
        raise InputError(
            f"layer is {layer!r}; {reader.name} has {num_layers}: give 0..{num_layers - 1}, or -1 for the last"
        )
    encoded = reader.encode(text)
    if not encoded.tokens:
        raise InputError("the text is empty; give at least one word")
    read = reader.model.encoder(torch.tensor([encoded.token_ids]))
    states = read.layers[layer][0, len(encoded.start_ids) :]  # (token, unit)
    return HiddenTrace(tuple(token.token for token in encoded.tokens), states.numpy(), layer % num_layers)
