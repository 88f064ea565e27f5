"""The entry `basis`: the principal components of each layer's states over held-out texts, for `microscope/basis.py`."""

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
"""Per text. For each layer and quantity, 100,000 states of 512 units take 0.2 GB."""


def precompute_basis(predictor: Predictor, held_out: HeldOut) -> Entry:
    """Fit the bases to NUM_TEXTS held-out texts of the predictor's task, evenly spaced.

    Prefix tokens do not count as states. A tagger's states are those of its forward encoder.
    """
    texts = [text for text in held_out.texts(predictor.task) if text.strip()]
    chosen = np.linspace(0, len(texts) - 1, min(NUM_TEXTS, len(texts))).round().astype(int)
    encoded = [predictor.encode(texts[i]) for i in chosen]
    encoded = [replace(text, tokens=text.tokens[:MAX_TOKENS]) for text in encoded]
    bases = {}
    for quantity in CELLS[predictor.model.encoder.config.cell].state_names:
        by_text = [layers for _, layers in read_states(predictor, encoded, quantity)]
        for layer, states in enumerate(map(np.concatenate, zip(*by_text, strict=True))):
            bases[layer, quantity] = fit_basis(states)
    return to_entry(bases, len(encoded), sum(len(text.tokens) for text in encoded))
