"""Read many texts at once and keep what every layer held after each token; for one text see `trace.py`."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from rnn_demo.reader import Reader
from rnn_demo.tokenizer import PAD_ID, EncodedText

__all__ = ["read_states"]

MAX_ROWS = 16
MAX_TOKENS = 8192
"""In one batch, padding included, unless one text alone has more; bounds the memory."""


@torch.inference_mode()
def batch_states(reader: Reader, batch: Sequence[EncodedText], part: str) -> list[list[np.ndarray]]:
    """Read a batch: float32 (token, unit) a layer, a text."""
    token_ids = torch.full((len(batch), max(len(encoded.token_ids) for encoded in batch)), PAD_ID)
    for row, encoded in zip(token_ids, batch, strict=True):
        row[: len(encoded.token_ids)] = torch.tensor(encoded.token_ids)
    if part == "h":
        layers = list(reader.model.encoder(token_ids).layers)
    else:
        layers = [parts[part] for parts in reader.model.encoder.explain(token_ids)]
    return [
        [layer[row, len(encoded.start_ids) : len(encoded.token_ids)].numpy() for layer in layers]
        for row, encoded in enumerate(batch)
    ]


def read_states(
    reader: Reader, texts: Sequence[EncodedText], part: str = "h"
) -> Iterator[tuple[int, list[np.ndarray]]]:
    """Read texts, each on its own from a zero state, those of about the same length together.

    Args:
        reader: of any task; of a tagger, the encoder that reads forwards.
        texts: as the reader encodes them; one without tokens gives no rows.
        part: a name in `trace.parts_of`; what is not h is recomputed by the equations, which takes 4 times as long.

    Yields:
        The number of a text, shortest first, and float32 (token, unit) a layer; start pieces are left out.
    """
    batch: list[int] = []
    for number in np.argsort([len(encoded.token_ids) for encoded in texts], kind="stable").tolist():
        if batch and (len(batch) == MAX_ROWS or len(texts[number].token_ids) * (len(batch) + 1) > MAX_TOKENS):
            yield from zip(batch, batch_states(reader, [texts[i] for i in batch], part), strict=True)
            batch = []
        batch.append(number)
    if batch:
        yield from zip(batch, batch_states(reader, [texts[i] for i in batch], part), strict=True)
