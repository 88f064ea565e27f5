"""The section `sentiment_direction`: which way a language model's state goes in praise (Radford et al. 2017).

Computed from labelled reviews that are clearly negative or clearly positive, read with the style `review`.
"""

import math

import numpy as np
import torch

from rnn_demo.encoder import Encoder
from rnn_demo.language.evaluate import document_ids
from rnn_demo.language.write import Writer
from rnn_demo.microscope.sentiment_direction import LayerStates, find_sentiment_direction, to_entry
from rnn_demo.precompute.held_out import HeldOut
from rnn_demo.precomputed import Entry
from rnn_demo.predictor import Predictor
from rnn_demo.training.batching import by_length, pad_rows

MAX_TOKENS = 400
"""Of a review; most end before."""
ROWS = 64


def sentiment_direction(predictor: Predictor, held_out: HeldOut) -> Entry | None:
    """Find the direction and the best unit of each layer of a language model; None for any other predictor."""
    if not isinstance(predictor, Writer):
        return None
    clear = [row for row in held_out.reviews if row.target in (0.0, 1.0)]
    rows = [document_ids(row.text, "review", predictor.tokenizer)[:MAX_TOKENS] for row in clear]
    positive = np.array([row.target == 1.0 for row in clear])
    layers = read_reviews_with(predictor.model.encoder, rows)
    return to_entry([find_sentiment_direction(states, positive) for states in layers], len(rows))


@torch.inference_mode()
def read_reviews_with(encoder: Encoder, rows: list[list[int]]) -> list[LayerStates]:
    """Read token ids and keep three states a row of each layer; the start piece of a row is not one of its tokens."""
    rng = np.random.default_rng(0)
    kept = np.zeros((3, encoder.config.num_layers, len(rows), encoder.config.hidden_size), dtype=np.float32)
    for chosen in by_length([len(row) for row in rows], ROWS, math.inf):
        padded, lengths = pad_rows([rows[j] for j in chosen], pad_id=0)
        real = torch.from_numpy((np.arange(padded.shape[1]) < lengths[:, None]) & (np.arange(padded.shape[1]) > 0))
        each = torch.arange(len(chosen))
        drawn = torch.from_numpy(rng.integers(1, lengths))
        for layer, h in enumerate(encoder(torch.from_numpy(padded)).layers):
            kept[0, layer, chosen] = ((h * real[:, :, None]).sum(1) / real.sum(1)[:, None]).numpy()
            kept[1, layer, chosen] = h[each, torch.from_numpy(lengths) - 1].numpy()
            kept[2, layer, chosen] = h[each, drawn].numpy()
    return [LayerStates(*kept[:, layer]) for layer in range(encoder.config.num_layers)]
