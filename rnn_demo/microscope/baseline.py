"""The network as it was before its first step, rebuilt from the seed that its config.json keeps."""

from functools import lru_cache
from threading import Lock
from typing import TypeVar

import torch

from rnn_demo.checkpoint import CheckpointModel
from rnn_demo.config import EncoderConfig
from rnn_demo.predictor import Predictor

DRAWING = Lock()
"""torch draws weights with one generator for all threads: two visitors' networks would mix up their numbers."""
MAX_KEPT = 6
"""Networks, of some 24 MB each; drawing one takes 0.3 s."""
AnyPredictor = TypeVar("AnyPredictor", bound=Predictor)


def random_init_baseline(predictor: AnyPredictor) -> AnyPredictor:
    """Return a predictor of the same network with its initial weights, drawn again from the seed."""
    model_class = type(predictor.model)
    with DRAWING:  # mypy takes the class for one of its networks
        model = draw_network(model_class, predictor.model.config, predictor.checkpoint.seed)  # type: ignore[arg-type]
    return type(predictor)(predictor.name, model, predictor.tokenizer, predictor.checkpoint)


@lru_cache(maxsize=MAX_KEPT)
def draw_network(model_class: type[CheckpointModel], config: EncoderConfig, seed: int) -> CheckpointModel:
    """Draw the initial weights of a network; torch's own generator stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return model_class(config).eval()
