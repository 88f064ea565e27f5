"""States of every layer over many texts, read in batches; for a single text see `trace.py`."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from rnn_demo.predictor import Predictor
from rnn_demo.tokenizer import PAD_ID, EncodedText
from rnn_demo.training.batching import by_length, pad_rows

MAX_ROWS = 16


@torch.inference_mode()
def batch_states(predictor: Predictor, batch: Sequence[EncodedText], quantity: str) -> list[list[np.ndarray]]:
    """Return float32 (token, unit) per layer, for each text of a batch."""
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
    """Read texts, each from a zero state; texts of similar length share a batch.

    Args:
        predictor: of any task; for a tagger, its forward encoder is used.
        texts: as the predictor encodes them; an empty one gives no rows.
        quantity: a name in `trace.quantities_of`; quantities other than h are recomputed and 4 times as slow.

    Yields:
        The index of a text, shortest first, and float32 (token, unit) per layer, without the prefix.
    """
    for rows in by_length([len(encoded.token_ids) for encoded in texts], MAX_ROWS):
        yield from zip(rows, batch_states(predictor, [texts[row] for row in rows], quantity), strict=True)
