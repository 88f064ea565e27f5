"""A tiny tagger with random weights, made by hand."""

from pathlib import Path

import pytest
import torch

from rnn_demo.checkpoint import Checkpoint, save_checkpoint
from rnn_demo.entities.config import TaggerConfig
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.tag import EntityTagger
from rnn_demo.tokenizer import Tokenizer

TAGS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
POS_TAGS = ("NNP", "VBD")
CHECKPOINT = Checkpoint(
    task="ner",
    cell="lstm",
    num_parameters=1,
    data=["tiny/train"],
    command="python train.py ner",
    seed=0,
    minutes=0.1,
    hardware="1 CPU thread",
    init_from=None,
    training={"steps": 2, "tokens": 10, "f1": 0.0},
    licences=[],
    chosen_on="tiny/validation",
    metrics={},
)


@pytest.fixture
def model(tokenizer: Tokenizer) -> TaggerModel:
    """Make two encoders of two layers of 6 units, with weights large enough to mark something."""
    config = TaggerConfig(
        "lstm",
        tokenizer.vocab_size,
        8,
        6,
        2,
        dropout_prob=0.5,
        tags=TAGS,
        pos_tags=POS_TAGS,
        tagger_size=5,
        alpha=0.5,
    )
    torch.manual_seed(0)
    model = TaggerModel(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    return model.eval()


@pytest.fixture
def tagger(model: TaggerModel, tokenizer: Tokenizer) -> EntityTagger:
    """Make a predictor of the tiny model."""
    return EntityTagger("tiny", model, tokenizer, CHECKPOINT)


@pytest.fixture
def folder(model: TaggerModel, tokenizer: Tokenizer, tmp_path: Path) -> Path:
    """Write the tiny model as a checkpoint."""
    save_checkpoint(tmp_path / "ner-tiny", model, tokenizer, CHECKPOINT)
    return tmp_path / "ner-tiny"
