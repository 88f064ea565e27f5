"""Axes for trajectories: the principal components of a checkpoint's states over held-out texts.

A basis for each layer and each state, `1.h.mean`, `1.h.components` and so on: see `microscope/basis.py`.
"""

from dataclasses import replace

import numpy as np

from rnn_demo.cells import CELLS
from rnn_demo.microscope.basis import fit_basis, to_entry
from rnn_demo.microscope.states import read_states
from rnn_demo.precompute.held_out import HeldOut
from rnn_demo.precomputed import Entry
from rnn_demo.predictor import Predictor

NUM_TEXTS = 1000
MAX_TOKENS = 100
"""Of each text: 100,000 states of 512 units are 0.2 GB, for each layer and state."""


def precompute_basis(predictor: Predictor, held_out: HeldOut) -> Entry:
    """Read NUM_TEXTS held-out texts of the predictor's task, spread evenly, up to MAX_TOKENS of each.

    Of a tagger, the encoder that reads forwards. What is read before a text (its style) counts for no state.
    """
    texts = [text for text in held_out.texts(predictor.task) if text.strip()]
    chosen = np.linspace(0, len(texts) - 1, min(NUM_TEXTS, len(texts))).round().astype(int)
    read = (predictor.encode(texts[i]) for i in chosen)
    encoded = [replace(text, tokens=text.tokens[:MAX_TOKENS]) for text in read]
    bases = {}
    for quantity in CELLS[predictor.model.encoder.config.cell].state_names:
        by_text = [layers for _, layers in read_states(predictor, encoded, quantity)]
        for layer, states in enumerate(map(np.concatenate, zip(*by_text, strict=True))):
            bases[layer, quantity] = fit_basis(states)
    return to_entry(bases, len(encoded), sum(len(text.tokens) for text in encoded))
