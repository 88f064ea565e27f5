"""How a sentiment classifier is measured: accuracy, and calibration where the labels are two."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from rnn_demo.checkpoint import TOKENIZER_NAME
from rnn_demo.sentiment.emoji import name_emoji
from rnn_demo.sentiment.model import SentimentModel
from rnn_demo.sentiment.reviews import read_labels
from rnn_demo.sentiment.score import label_of
from rnn_demo.sentiment.teacher import Teacher, is_transformer, scores_of
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.batching import by_length, pad_rows
from rnn_demo.training.corpora import in_case
from rnn_demo.training.metrics import expected_calibration_error, reliability

ROWS, MAX_TOKENS = 64, 65_536


def review_ids(
    texts: list[str], tokenizer: Tokenizer, max_tokens: int | None = None, emoji_names: bool = False
) -> list[list[int]]:
    """The token ids of reviews: the domain subword, then the last `max_tokens` subwords (None = all)."""
    start_id = tokenizer.domain_id("review")
    texts = [name_emoji(text).text for text in texts] if emoji_names else texts
    return [[start_id, *ids[-(max_tokens or 0) :]] for ids in tokenizer.encode_many(texts)]


def score_rows(model: nn.Module, rows: list[list[int]]) -> np.ndarray:
    """P(positive) of each row of token ids, in batches of rows of about the same length: float64 (row,)."""
    device = next(model.parameters()).device
    scores = np.zeros(len(rows))
    for chosen in by_length([len(row) for row in rows], ROWS, MAX_TOKENS):
        padded, lengths = pad_rows([rows[j] for j in chosen], pad_id=0)
        logits = model(torch.from_numpy(padded).to(device), torch.from_numpy(lengths).to(device))
        scores[chosen] = torch.sigmoid(logits).double().cpu().numpy()
    return scores


@torch.inference_mode()
def score_texts(folder: Path, texts: list[str]) -> np.ndarray:
    """P(positive) of each text, float64 (text,), by a checkpoint or by a teacher."""
    if is_transformer(folder):
        return scores_of(Teacher.load(folder).judge(texts))
    model, tokenizer = SentimentModel.load(folder), Tokenizer.from_file(folder / TOKENIZER_NAME)
    return score_rows(model, review_ids(texts, tokenizer, emoji_names=model.config.emoji_names))


def evaluate(folder: Path, dataset: str, split: str, data_dir: Path | None, case: str) -> dict[str, Any]:
    """Measure a checkpoint, or a teacher, on a data set.

    Args:
        folder: a checkpoint folder, or a teacher's.
        dataset: a data set with a text or sentence column, and label: 0, 1, or 0 to 4.
        split: its split.
        data_dir: where the folders are; None reads from the Hub.
        case: asis, lower or upper.

    Returns:
        accuracy, ece, its bins (reliability) and examples with two classes, cut at 0.5; with five, accuracy over
        negative (0, 1), neutral (2) and positive (3, 4), and examples.
    """
    texts, gold = read_labels(dataset, split, data_dir)
    labels = np.array(gold)
    scores = score_texts(folder, [in_case(text, case) for text in texts])
    if labels.max() > 1:
        truth = np.where(labels < 2, "negative", np.where(labels > 2, "positive", "neutral"))
        return {"accuracy": float((np.array([label_of(s) for s in scores]) == truth).mean()), "examples": len(labels)}
    return {
        "accuracy": float(((scores >= 0.5) == (labels == 1)).mean()),
        "ece": expected_calibration_error(scores, labels),
        "examples": len(labels),
        "reliability": reliability(scores, labels),
    }
