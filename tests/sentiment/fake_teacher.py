"""A stand-in for a transformer and its tokenizer: a bag of words, so that no test needs the library or a download."""

from pathlib import Path
from types import SimpleNamespace

import torch
from torch import Tensor, nn

from rnn_demo.sentiment.teacher import CLASSES, Teacher


class FakeTokenizer:
    """One token a word, by its letters; token 1 opens a text."""

    pad_token_id = 0

    def __call__(self, texts: list[str], truncation: bool, max_length: int) -> dict[str, list[list[int]]]:
        """Encode texts as the library's tokenizers do."""
        words = [text.lower().split()[: max_length - 1] for text in texts]
        return {"input_ids": [[1, *(2 + sum(map(ord, word)) % 98 for word in row)] for row in words]}

    def save_pretrained(self, folder: Path) -> None:
        """Write a file."""
        (folder / "tokenizer.json").write_text("{}")


class FakeTransformer(nn.Module):
    """Two layers over the mean of the words' vectors; its classes stand in another order."""

    def __init__(self, classes: tuple[str, ...] = CLASSES[::-1]) -> None:
        super().__init__()
        self.config = SimpleNamespace(id2label=dict(enumerate(classes)))
        torch.manual_seed(0)
        self.embeddings = nn.Embedding(100, 16)
        self.layer = nn.ModuleList(nn.Linear(16, 16) for _ in range(2))
        self.classifier = nn.Linear(16, len(classes))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> SimpleNamespace:
        """Return logits (row, class) as the library's classifiers do."""
        mean = (self.embeddings(input_ids) * attention_mask[:, :, None]).sum(1) / attention_mask.sum(1)[:, None]
        for layer in self.layer:
            mean = mean + torch.tanh(layer(mean))
        return SimpleNamespace(logits=self.classifier(mean))

    def save_pretrained(self, folder: Path) -> None:
        """Write what tells a transformer's folder from a checkpoint's."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text('{"model_type": "fake"}')


def fake_teacher() -> Teacher:
    """Make a teacher of random weights."""
    return Teacher(FakeTransformer().eval(), FakeTokenizer())
