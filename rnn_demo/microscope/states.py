"""Read many texts at once and keep what every layer held after each token; for one text see `trace.py`."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from rnn_demo.predictor import Predictor
from rnn_demo.tokenizer import PAD_ID, EncodedText

MAX_ROWS = 16
MAX_TOKENS = 8192
"""In one batch, padding included, unless one text alone has more; bounds the memory."""


@torch.inference_mode()
def batch_states(predictor: Predictor, batch: Sequence[EncodedText], quantity: str) -> list[list[np.ndarray]]:
    """Read a batch: float32 (token, unit) a layer, a text."""
    token_ids = torch.full((len(batch), max(len(encoded.token_ids) for encoded in batch)), PAD_ID)
    for row, encoded in zip(token_ids, batch, strict=True):
        row[: len(encoded.token_ids)] = torch.tensor(encoded.token_ids)
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
    batch: list[int] = []
    for number in np.argsort([len(encoded.token_ids) for encoded in texts], kind="stable").tolist():
        if batch and (len(batch) == MAX_ROWS or len(texts[number].token_ids) * (len(batch) + 1) > MAX_TOKENS):
            yield from zip(batch, batch_states(predictor, [texts[i] for i in batch], quantity), strict=True)
            batch = []
        batch.append(number)
    if batch:
        yield from zip(batch, batch_states(predictor, [texts[i] for i in batch], quantity), strict=True)
