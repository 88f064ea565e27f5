"""Read a text and keep what one layer held after each token. Works for every reader: writer, scorer and tagger."""

import torch

from rnn_demo.cells import CELLS
from rnn_demo.errors import InputError, unknown_name
from rnn_demo.reader import Reader
from rnn_demo.results import HiddenTrace

__all__ = ["parts_of", "trace_hidden_states"]


def parts_of(reader: Reader) -> tuple[str, ...]:
    """What can be traced in a reader's cells: its states, h first, then its gates."""
    cell = CELLS[reader.model.encoder.config.cell]
    return (*cell.state_names, *cell.gate_names)


@torch.inference_mode()
def trace_hidden_states(reader: Reader, text: str, layer: int = -1, part: str = "h") -> HiddenTrace:
    """Read a text and hand back one layer's states or gates.

    Args:
        reader: a loaded checkpoint; of a tagger, the encoder that reads forwards.
        text: at least one token.
        layer: 0 is nearest to the words; negative counts from the end, -1 is the last.
        part: a name in `parts_of`. h comes from torch's kernel; the others are recomputed by the equations.

    Returns:
        One row a token. What the network reads before the text (its style, or the start) is left out.

    Raises:
        InputError: there is no such layer or part, or nothing to read.
    """
    num_layers = reader.model.encoder.config.num_layers
    if not isinstance(layer, int) or not -num_layers <= layer < num_layers:
        raise InputError(
            f"layer is {layer!r}; {reader.name} has {num_layers}: give 0..{num_layers - 1}, or -1 for the last"
        )
    if part not in parts_of(reader):
        raise unknown_name("part", part, parts_of(reader))
    encoded = reader.encode(text)
    if not encoded.tokens:
        raise InputError("the text is empty; give at least one word")
    token_ids = torch.tensor([encoded.token_ids])
    if part == "h":
        read = reader.model.encoder(token_ids).layers[layer]
    else:
        read = reader.model.encoder.explain(token_ids)[layer][part]
    states = read[0, len(encoded.start_ids) :]  # (token, unit)
    return HiddenTrace(tuple(token.token for token in encoded.tokens), states.numpy(), layer % num_layers)
