"""The random-init baseline: the network before training, rebuilt from the seed in config.json."""

from functools import lru_cache
from threading import Lock
from typing import TypeVar

import torch

from rnn_demo.checkpoint import CheckpointModel
from rnn_demo.config import EncoderConfig
from rnn_demo.predictor import Predictor

DRAWING = Lock()
"""Threads share torch's random generator, so only one may draw weights at a time."""
MAX_KEPT = 6
"""Networks in the cache, about 24 MB each; drawing one takes 0.3 s."""
AnyPredictor = TypeVar("AnyPredictor", bound=Predictor)


def random_init_baseline(predictor: AnyPredictor) -> AnyPredictor:
    """Return a copy of the predictor with its initial weights."""
    model_class = type(predictor.model)
    with DRAWING:  # mypy loses the subclass of the model
        model = draw_network(model_class, predictor.model.config, predictor.checkpoint.seed)  # type: ignore[arg-type]
    return type(predictor)(predictor.name, model, predictor.tokenizer, predictor.checkpoint)


@lru_cache(maxsize=MAX_KEPT)
def draw_network(model_class: type[CheckpointModel], config: EncoderConfig, seed: int) -> CheckpointModel:
    """Draw initial weights from a seed; the state of torch's generator is restored."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return model_class(config).eval()
