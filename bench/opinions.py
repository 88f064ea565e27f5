"""Sentiment of what people write every day, beside VADER and a teacher: `python -m bench.opinions --data-dir DIR`.

Writes bench/opinions.md: on everyday sentences (tests/everyday_opinions.jsonl) the share of clear opinions on the right
side of 0.5, as a whole and by kind, and the share of all sentences with the right one of three labels; and that share
on comments and tweets. Intervals are bootstrap 95 % intervals over texts.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import tyro

from bench.baselines import vader_scores
from bench.intervals import percent, ratio_of
from rnn_demo.checkpoint import CHECKPOINTS_DIR, find_checkpoint, read_checkpoint, shipped_checkpoints
from rnn_demo.sentiment.evaluate import score_texts
from rnn_demo.sentiment.reviews import read_labels
from rnn_demo.sentiment.score import label_of

REPORT = Path(__file__).parent / "opinions.md"
EVERYDAY = Path(__file__).parent.parent / "tests" / "everyday_opinions.jsonl"
DATASETS = ("goemotions", "tweeteval")
Scorer = Callable[[list[str]], np.ndarray]
"""Texts -> P(positive) of each."""


def read_everyday() -> list[dict[str, str]]:
    """Read the everyday sentences: text, label and kind."""
    return [json.loads(line) for line in EVERYDAY.read_text(encoding="utf-8").splitlines()]


def share(right: list[bool]) -> str:
    """Write the share of right answers with its interval."""
    return percent(np.stack([np.array(right, dtype=float), np.ones(len(right))], axis=1), ratio_of)


def everyday_rows(scores: np.ndarray) -> dict[str, str]:
    """Measure the scores of the everyday sentences: what is measured -> the number."""
    rows = read_everyday()
    named = [label_of(score) == row["label"] for score, row in zip(scores, rows, strict=True)]
    sided = [(score > 0.5) == (row["label"] == "positive") for score, row in zip(scores, rows, strict=True)]
    is_clear = [row["label"] != "neutral" for row in rows]
    measured = {
        "clear opinions": share([right for right, clear in zip(sided, is_clear, strict=True) if clear]),
        "three labels": share(named),
    }
    for kind in dict.fromkeys(row["kind"] for row in rows):
        for answers, clear, what in ((sided, True, kind), (named, False, f"{kind}, neutral")):
            of_kind = [i for i, row in enumerate(rows) if row["kind"] == kind and is_clear[i] == clear]
            if of_kind:
                measured[what] = f"{sum(answers[i] for i in of_kind)} of {len(of_kind)}"
    return measured


def dataset_rows(scorer: Scorer, data_dir: Path | None) -> dict[str, str]:
    """Measure a scorer on the validation splits of DATASETS, three labels."""
    measured = {}
    for dataset in DATASETS:
        texts, labels = read_labels(dataset, "validation", data_dir)
        names = ["negative" if label < 2 else "positive" if label > 2 else "neutral" for label in labels]
        right = [label_of(score) == name for score, name in zip(scorer(texts), names, strict=True)]
        measured[f"{dataset}/validation, three labels"] = share(right)
    return measured


def main(data_dir: Path | None = None, teacher: str | None = None, only: tuple[str, ...] = ()) -> None:
    """Measure and write bench/opinions.md.

    Args:
        data_dir: folder that holds a folder a data set.
        teacher: a folder that `train.py teacher` wrote, to be measured too.
        only: checkpoints to measure; all sentiment classifiers if none is named.
    """
    names = [name for name in shipped_checkpoints() if read_checkpoint(CHECKPOINTS_DIR / name).task == "sentiment"]
    scorers: dict[str, Scorer] = {name: partial(score_texts, CHECKPOINTS_DIR / name) for name in only or names}
    scorers["VADER"] = vader_scores
    if teacher is not None:
        scorers["teacher"] = partial(score_texts, find_checkpoint(teacher))
    texts = [row["text"] for row in read_everyday()]
    columns = {who: everyday_rows(scorer(texts)) | dataset_rows(scorer, data_dir) for who, scorer in scorers.items()}
    lines = [
        "# How well everyday opinions are scored",
        "",
        "`python -m bench.opinions --data-dir DIR --teacher FOLDER`: shares of right answers in %, in brackets the",
        "bootstrap 95 % interval. A score below 0.4 is negative, one above 0.6 positive, one between neutral.",
        "",
        f"| | {' | '.join(columns)} |",
        f"|---|{'---|' * len(columns)}",
        *(f"| {what} | {' | '.join(c[what] for c in columns.values())} |" for what in next(iter(columns.values()))),
    ]
    REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    tyro.cli(main)
