"""The network as it was before its first step, rebuilt from the seed that its config.json keeps."""

from threading import Lock

import torch

from rnn_demo.predictor import Predictor

DRAWING = Lock()
"""torch draws weights with one generator for all threads: two visitors' networks would mix up their numbers."""


def random_init_baseline(predictor: Predictor) -> Predictor:
    """Return a predictor of the same network with the weights that it was drawn with; nothing is read from disk."""
    with DRAWING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(predictor.checkpoint.seed)
        twin = type(predictor.model)(predictor.model.config).eval()
    return type(predictor)(predictor.name, twin, predictor.tokenizer, predictor.checkpoint)
