"""The network as it was before its first step, rebuilt from the seed that its config.json keeps."""

from threading import Lock

import torch

from rnn_demo.reader import Reader

__all__ = ["untrained_twin"]

DRAWING = Lock()
"""torch draws weights with one generator for all threads: two visitors' networks would mix up their numbers."""


def untrained_twin(reader: Reader) -> Reader:
    """Give a reader of the same network with the weights that it was drawn with; nothing is read from disk."""
    with DRAWING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(reader.checkpoint.seed)
        twin = type(reader.model)(reader.model.config).eval()
    return type(reader)(reader.name, twin, reader.tokenizer, reader.checkpoint)
