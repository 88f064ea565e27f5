"""The entry `sentiment_direction`: the direction of positive sentiment in a language model (Radford et al. 2017).

It comes from labelled reviews that are clearly negative or clearly positive, read in the domain `review`.
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
"""Per review; most are shorter."""
BATCH_SIZE = 64


def sentiment_direction(predictor: Predictor, held_out: HeldOut) -> Entry | None:
    """Find the direction and the best unit of each layer; return None unless the predictor is a language model."""
    if not isinstance(predictor, Writer):
        return None
    clear = [row for row in held_out.reviews if row.target in (0.0, 1.0)]
    rows = [document_ids(row.text, "review", predictor.tokenizer)[:MAX_TOKENS] for row in clear]
    positive = np.array([row.target == 1.0 for row in clear])
    layers = read_reviews(predictor.model.encoder, rows)
    return to_entry([find_sentiment_direction(states, positive) for states in layers], len(rows))


@torch.inference_mode()
def read_reviews(encoder: Encoder, rows: list[list[int]]) -> list[LayerStates]:
    """Read token ids and return three states per row and layer; the control token at the start does not count."""
    rng = np.random.default_rng(0)
    states = np.zeros((3, encoder.config.num_layers, len(rows), encoder.config.hidden_size), dtype=np.float32)
    for chosen in by_length([len(row) for row in rows], BATCH_SIZE, math.inf):
        padded, lengths = pad_rows([rows[j] for j in chosen], pad_id=0)
        mask = torch.from_numpy((np.arange(padded.shape[1]) < lengths[:, None]) & (np.arange(padded.shape[1]) > 0))
        batch = torch.arange(len(chosen))
        sampled = torch.from_numpy(rng.integers(1, lengths))
        for layer, h in enumerate(encoder(torch.from_numpy(padded)).layers):
            states[0, layer, chosen] = ((h * mask[:, :, None]).sum(1) / mask.sum(1)[:, None]).numpy()
            states[1, layer, chosen] = h[batch, torch.from_numpy(lengths) - 1].numpy()
            states[2, layer, chosen] = h[batch, sampled].numpy()
    return [LayerStates(*states[:, layer]) for layer in range(encoder.config.num_layers)]
