"""Tiny networks, checkpoints and data sets, made by hand."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch import nn

from rnn_demo.checkpoint import Checkpoint
from rnn_demo.language.config import LanguageModelConfig
from rnn_demo.language.model import LanguageModel
from rnn_demo.sentiment.config import SentimentConfig
from rnn_demo.sentiment.model import SentimentModel
from rnn_demo.training.loop import Progress

FILM_TEXTS = [
    "a fine film , good and great from the first evening to the last .",
    "bad , old and long ; she walked out before it came to an end .",
    "he had a good time and would watch it again .",
    "never was a story told so bad .",
]
FILM_LABELS = [1, 0, 1, 0]


def checkpoint_of(task: str, cell: str = "lstm", **changes: Any) -> Checkpoint:
    """Make up what is known about a training."""
    made_up = Checkpoint(
        task=task,
        cell=cell,
        num_parameters=1,
        data=["tiny/train"],
        command=f"python train.py {task} --cell {cell}",
        seed=0,
        minutes=0.1,
        hardware="1 CPU thread",
        init_from=None,
        training={"steps": 2, "tokens": 10, "nats_per_token": 6.0},
        licences=["tiny: public domain"],
        chosen_on="tiny/validation",
        metrics={},
    )
    return replace(made_up, **changes)


def randomise(model: nn.Module, scale: float = 1.0) -> None:
    """Draw weights large enough to make a difference, always the same ones."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))


def language_model(vocab_size: int, cell: str = "lstm", num_layers: int = 1) -> LanguageModel:
    """Make a language model with random weights."""
    model = LanguageModel(LanguageModelConfig(cell, vocab_size, 8, 6, num_layers, dropout_prob=0.5))
    randomise(model)
    return model.eval()


def sentiment_model(vocab_size: int, cell: str = "lstm", num_layers: int = 1) -> SentimentModel:
    """Make a sentiment classifier with random weights, less sure of long texts than of short ones."""
    temperatures = ((3.0, 0.8), (8.0, 1.2))
    model = SentimentModel(SentimentConfig(cell, vocab_size, 8, 6, num_layers, 0.5, temperatures=temperatures))
    randomise(model, 0.7)
    return model.eval()


def write_split(data_dir: Path, name: str, split: str, **columns: list[Any]) -> Path:
    """Write one split of a data set where `--data-dir` finds it."""
    (data_dir / name).mkdir(parents=True, exist_ok=True)
    path = data_dir / name / f"{split}-00000-of-00001.parquet"
    Dataset.from_dict(columns).to_parquet(path)
    return path


def stop_after(step: int, seen: list[Progress] | None = None) -> Callable[[Progress], None]:
    """Return a listener that kills the run, as a signal would, once this step has been told."""

    def listen(progress: Progress) -> None:
        if seen is not None:
            seen.append(progress)
        if progress.step == step:
            raise KeyboardInterrupt

    return listen
