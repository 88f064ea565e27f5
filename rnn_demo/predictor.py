"""A loaded checkpoint, ready to answer: the base of the writer, the scorer and the tagger.

All visitors share a predictor. It never changes: no method writes to it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from rnn_demo.checkpoint import TOKENIZER_NAME, Checkpoint, CheckpointModel, read_checkpoint
from rnn_demo.errors import CheckpointError
from rnn_demo.tokenizer import EncodedText, Tokenizer


@dataclass(frozen=True, eq=False)
class Reading:
    """A text as a network read it, from a zero state. Analyses of one text share it, so that it is read once."""

    encoded: EncodedText
    layers: tuple[Tensor, ...]
    """h after each token, prefix included: float32 (1, seq, hidden) a layer."""


class Predictor(ABC):
    """A network with its tokenizer.

    Args:
        name: its name on the page.
        model: the network, in eval mode.
        tokenizer: of the same checkpoint.
        checkpoint: the facts of its training.
    """

    task: ClassVar[str]
    model_class: ClassVar[type[CheckpointModel]]
    model: CheckpointModel  # each predictor narrows this to its own network

    def __init__(self, name: str, model: CheckpointModel, tokenizer: Tokenizer, checkpoint: Checkpoint) -> None:
        self.name, self.model, self.tokenizer, self.checkpoint = name, model, tokenizer, checkpoint

    @classmethod
    def load(cls, folder: Path, name: str | None = None) -> Self:
        """Read a checkpoint folder.

        Args:
            folder: with config.json and the files that it names.
            name: default is the folder's name, which is a hash for a download.

        Raises:
            CheckpointError: a file is missing or broken, the files do not fit together, or it is of another task.
        """
        checkpoint = read_checkpoint(folder)
        if checkpoint.task != cls.task:
            raise CheckpointError(f"{folder} is of task {checkpoint.task!r}, not {cls.task!r}")
        tokenizer, model = Tokenizer.from_file(folder / TOKENIZER_NAME), cls.model_class.load(folder)
        if tokenizer.vocab_size != model.config.vocab_size:
            raise CheckpointError(
                f"{folder}: the tokenizer has {tokenizer.vocab_size} subwords, vocab_size in config.json is "
                f"{model.config.vocab_size}"
            )
        return cls(name or folder.absolute().name, model, tokenizer, checkpoint)

    @abstractmethod
    def encode(self, text: str) -> EncodedText:
        """Return what the network reads: its prefix, then the text.

        Raises:
            InputError: the text cannot be read.
        """

    def read(self, text: str) -> Reading:
        """Read a text; a tagger reads it with its forward encoder. Errors as in `encode`."""
        return self.read_together([self.encode(text)])[0]

    @torch.no_grad()
    def read_together(self, texts: Sequence[EncodedText]) -> list[Reading]:
        """Read encoded texts as one batch; each as `read` would, to float32's last digits."""
        rows = [torch.tensor(encoded.token_ids) for encoded in texts]
        layers = self.model.encoder(pad_sequence(rows, batch_first=True)).layers
        return [
            Reading(encoded, tuple(states[i : i + 1, : len(row)] for states in layers))
            for i, (encoded, row) in enumerate(zip(texts, rows, strict=True))
        ]


class ForwardPredictor(Predictor):
    """A predictor that reads forwards only: a number can be read off the last layer's final h alone."""

    @abstractmethod
    def final_readout(self, token_ids: list[int]) -> tuple[list[int], Callable[[Tensor], Tensor]]:
        """Return the tokens to read, and the function from the h after them, (1, hidden), to the number, ()."""
