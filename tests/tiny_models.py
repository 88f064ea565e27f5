"""Random checkpoints, made in a moment: what they answer is nonsense, and always the same nonsense."""

from pathlib import Path

import torch
from tiny import checkpoint_of

from rnn_demo.checkpoint import Checkpoint, CheckpointModel, save_checkpoint
from rnn_demo.entities.config import TaggerConfig
from rnn_demo.entities.model import TaggerModel
from rnn_demo.language.config import LanguageModelConfig
from rnn_demo.language.model import LanguageModel
from rnn_demo.sentiment.config import SentimentConfig
from rnn_demo.sentiment.model import SentimentModel
from rnn_demo.tokenizer import Tokenizer

NAMES = ("lm-lstm", "lm-gru", "lm-rnn", "sentiment-lstm", "ner-lstm")
SIZES = {"embed_size": 8, "hidden_size": 12, "num_layers": 2}
REFERENCE = '"It was a fine evening," said Ada.\nBabbage walked (with her) in London.\n\n\nRome is old. Is Paris old?\n'
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


def tiny_model(name: str, vocab_size: int, seed: int = 0) -> CheckpointModel:
    """Make a network for a checkpoint's name. Weights are large, so that answers differ from one seed to another."""
    task, cell = name.split("-")
    torch.manual_seed(seed)
    sizes = {"cell": cell, "vocab_size": vocab_size, **SIZES}
    model: CheckpointModel
    if task == "lm":
        model = LanguageModel(LanguageModelConfig(**sizes))
    elif task == "sentiment":
        model = SentimentModel(SentimentConfig(**sizes))
    else:
        model = TaggerModel(TaggerConfig(**sizes, tags=TAGS, pos_tags=("NNP", "VBD"), tagger_size=6))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    return model.eval()


def tiny_checkpoint(name: str) -> Checkpoint:
    """Return how a checkpoint might have been made."""
    metrics = {"tiny/test": {"accuracy": 0.4242, "examples": 10}}
    return checkpoint_of(*name.split("-"), num_parameters=1_234_567, metrics=metrics)


def write_checkpoints(folder: Path, tokenizer: Tokenizer, seed: int = 0) -> Path:
    """Write all that the page expects, with two passages of held-out text."""
    for name in NAMES:
        save_checkpoint(folder / name, tiny_model(name, tokenizer.vocab_size, seed), tokenizer, tiny_checkpoint(name))
    (folder / "reference.txt").write_text(REFERENCE, encoding="utf-8")
    return folder
