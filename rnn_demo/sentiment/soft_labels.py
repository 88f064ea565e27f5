"""The soft labels that a teacher gives unlabelled texts, kept in the runs folder: each text is judged once.

A transformer needs minutes for ten thousand sentences. Once its soft labels are stored it is not loaded, and the
transformers package need not be installed.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset

from rnn_demo.checkpoint import TOKENIZER_NAME, find_checkpoint
from rnn_demo.sentiment.config import SentimentRecipe
from rnn_demo.sentiment.evaluate import review_ids, score_rows
from rnn_demo.sentiment.model import SentimentModel
from rnn_demo.sentiment.teacher import CLASSES, Teacher, is_transformer, scores_of
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.loop import this_process

Shares = Callable[[list[str]], np.ndarray]


def judge_with(recipe: SentimentRecipe) -> Callable[[str, list[str]], np.ndarray]:
    """Open the recipe's teacher: a data set's name and texts -> P(positive) of each, float64 (text,)."""
    folder = find_checkpoint(str(recipe.teacher))
    kept = recipe.runs_dir / "soft_labels" / folder.absolute().name
    if recipe.num_threads:  # the training sets them too, but after the judging, which takes as long
        torch.set_num_threads(recipe.num_threads)

    def judge(name: str, texts: list[str]) -> np.ndarray:
        if not is_transformer(folder):
            return _scores_of_checkpoint(folder, texts, recipe)

        def judge_new(new: list[str]) -> np.ndarray:
            return Teacher.load(folder, bf16=recipe.precision == "bf16").judge(new)

        return scores_of(remembered(kept / f"{name}.parquet", texts, judge_new))

    return judge


def remembered(path: Path, texts: list[str], judge: Shares) -> np.ndarray:
    """Return P(class) for CLASSES of each text, float64 (text, 3): from a file, or judged and added to it."""
    known: dict[str, tuple[float, ...]] = {}
    if path.exists():
        rows = Dataset.from_parquet(str(path)).to_dict()
        known = dict(zip(rows["text"], zip(*(rows[name] for name in CLASSES), strict=True), strict=True))
    new = [text for text in dict.fromkeys(texts) if text not in known]
    if new:
        known |= dict(zip(new, map(tuple, judge(new).tolist()), strict=True))
        columns = dict(zip(CLASSES, map(list, zip(*known.values(), strict=True)), strict=True))
        path.parent.mkdir(parents=True, exist_ok=True)
        Dataset.from_dict({"text": list(known), **columns}).to_parquet(str(path))
    return np.array([known[text] for text in texts]).reshape(-1, len(CLASSES))


@torch.inference_mode()
def _scores_of_checkpoint(folder: Path, texts: list[str], recipe: SentimentRecipe) -> np.ndarray:
    device = this_process().device
    model, tokenizer = SentimentModel.load(folder).to(device), Tokenizer.from_file(folder / TOKENIZER_NAME)
    rows = review_ids(texts, tokenizer, recipe.max_tokens, model.config.emoji_names)
    with torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
        return score_rows(model, rows)
