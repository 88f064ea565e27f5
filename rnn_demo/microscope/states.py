"""Read many texts at once and keep what every layer held after each token; for one text see `trace.py`."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from rnn_demo.predictor import Predictor
from rnn_demo.tokenizer import PAD_ID, EncodedText
from rnn_demo.training.batching import by_length, pad_rows

MAX_ROWS = 16


@torch.inference_mode()
def batch_states(predictor: Predictor, batch: Sequence[EncodedText], quantity: str) -> list[list[np.ndarray]]:
    """Read a batch: float32 (token, unit) a layer, a text."""
    token_ids = torch.from_numpy(pad_rows([encoded.token_ids for encoded in batch], PAD_ID)[0])
    if quantity == "h":
        layers = list(predictor.model.encoder(token_ids).layers)
    else:
        layers = [parts[quantity] for parts in predictor.model.encoder.forward_with_gates(token_ids)]
    return [
        [layer[row, len(encoded.prefix_ids) : len(encoded.token_ids)].numpy() for layer in layers]
        for row, encoded in enumerate(batch)
    ]


def read_states(
    predictor: Predictor, texts: Sequence[EncodedText], quantity: str = "h"
) -> Iterator[tuple[int, list[np.ndarray]]]:
    """Read texts, each on its own from a zero state, those of about the same length together.

    Args:
        predictor: of any task; of a tagger, the encoder that reads forwards.
        texts: as the predictor encodes them; one without tokens gives no rows.
        quantity: a name in `trace.quantities_of`; all but h are recomputed by the equations, 4 times as slow.

    Yields:
        The number of a text, shortest first, and float32 (token, unit) a layer; start subwords are left out.
    """
    for rows in by_length([len(encoded.token_ids) for encoded in texts], MAX_ROWS):
        yield from zip(rows, batch_states(predictor, [texts[row] for row in rows], quantity), strict=True)
