"""A teacher: a transformer, fine-tuned on labelled opinions and neutral text, that judges sentences for a network.

It is no part of what answers a visitor: with a hundred million parameters and a vocabulary of its own it knows what
"I wouldn't say I liked it" means, and the network learns from what it says of sentences without a label (Hinton et al.
2015, arXiv:1503.02531; Tang et al. 2019, arXiv:1903.12136). Any three-way classifier of the Hub does, too, if its
classes are called negative, neutral and positive. transformers is needed for training only: requirements-train.txt.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from rnn_demo.checkpoint import CONFIG_NAME
from rnn_demo.errors import CheckpointError, InputError
from rnn_demo.sentiment.emoji import name_emoji
from rnn_demo.training.batching import by_length

CLASSES = ("negative", "neutral", "positive")
MAX_TOKENS = 128
"""A longer text is judged by its beginning."""
ROWS = 64
SURE = 2.3
"""How sharply a score leaves the middle; see `scores_of`."""


def is_transformer(folder: Path) -> bool:
    """Return whether a folder holds a model of transformers, and no checkpoint of this project."""
    try:
        return "model_type" in json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def load_transformers() -> Any:
    """Import the library that only a teacher needs.

    Raises:
        InputError: it is not installed.
    """
    try:
        import transformers
    except ImportError as error:
        raise InputError(
            "a teacher needs the package transformers: pip install -r requirements-train.txt -c constraints.txt"
        ) from error
    return transformers


def scores_of(shares: np.ndarray) -> np.ndarray:
    """Return P(positive) where the middle means neutral: float64 (text,).

    A text that is as likely neutral as positive stands at 0.6, where the label changes:
    1/2 + sign(d) |d|^2.3 / 2, d = P(positive) - P(negative).

    Args:
        shares: (text, 3); the chances of CLASSES.

    >>> scores_of(np.array([[0, 0, 1], [0, 1, 0], [0, 0.5, 0.5], [0.5, 0, 0.5]])).round(2).tolist()
    [1.0, 0.5, 0.6, 0.5]
    """
    difference = shares[:, 2] - shares[:, 0]
    return 0.5 + np.sign(difference) * np.abs(difference) ** SURE / 2


class Teacher:
    """A transformer that tells negative, neutral and positive texts apart.

    Args:
        model: of transformers, for sequence classification.
        tokenizer: its own.

    Raises:
        CheckpointError: its classes are not CLASSES, in whatever order.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model, self.tokenizer = model, tokenizer
        place = {str(name).lower(): int(index) for index, name in model.config.id2label.items()}
        if set(place) != set(CLASSES):
            raise CheckpointError(f"the teacher's classes are {', '.join(place)}; they must be {', '.join(CLASSES)}")
        self.order = [place[name] for name in CLASSES]

    @classmethod
    def load(cls, name: str | Path, bf16: bool = False) -> Self:
        """Read a folder that `train.py teacher` wrote, or a classifier of the Hub.

        Args:
            name: the folder, or a Hub id.
            bf16: whether to compute in bfloat16, which is about twice as fast where a processor can.

        Raises:
            CheckpointError: there is none.
        """
        transformers = load_transformers()
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(name)
            model = transformers.AutoModelForSequenceClassification.from_pretrained(name)
        except (OSError, ValueError) as error:
            raise CheckpointError(f"cannot read the teacher {name}: {error}") from error
        return cls(model.to(torch.bfloat16 if bf16 else torch.float32).eval(), tokenizer)

    def encode(self, texts: Sequence[str], max_tokens: int = MAX_TOKENS) -> list[list[int]]:
        """Turn texts into the teacher's own token ids, emoji by their names."""
        named = [name_emoji(text).text for text in texts]
        rows: list[list[int]] = self.tokenizer(named, truncation=True, max_length=max_tokens)["input_ids"]
        return rows

    def logits(self, rows: Sequence[list[int]]) -> Tensor:
        """Read a batch: float32 (row, class), in the model's own order of classes."""
        width = max(map(len, rows))
        pad_id = self.tokenizer.pad_token_id
        token_ids = torch.tensor([[*row, *[pad_id] * (width - len(row))] for row in rows])
        mask = torch.arange(width) < torch.tensor([len(row) for row in rows])[:, None]
        device = next(self.model.parameters()).device
        logits: Tensor = self.model(input_ids=token_ids.to(device), attention_mask=mask.long().to(device)).logits
        return logits.float()

    @torch.inference_mode()
    def judge(self, texts: Sequence[str]) -> np.ndarray:
        """Return the chances of CLASSES of each text, float64 (text, 3), read in batches of about the same length."""
        rows = self.encode(texts)
        shares = np.zeros((len(rows), len(CLASSES)))
        for chosen in by_length([len(row) for row in rows], ROWS):
            logits = self.logits([rows[j] for j in chosen])
            shares[chosen] = torch.softmax(logits[:, self.order], dim=-1).double().cpu().numpy()
        return shares
