"""Labelled opinions: which rows train, which are held out, and how the treebank's text is made to look typed.

Held out, to choose and to stop on: every tenth IMDB train review, and 1,000 sentences of the five-class treebank. The
binary treebank is made of phrases of the same sentences, so those phrases leave its training rows.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from rnn_demo.errors import DataError
from rnn_demo.sentiment.config import SentimentRecipe
from rnn_demo.sentiment.patterns import make_sentences
from rnn_demo.training.corpora import as_texts, available_splits, clean, read_split, require_column

HELD_OUT_EVERY = {"sst5": 8, "sst2": 0}
"""Data set -> every how many train rows one is held out; 0 = none. For others it is 10."""
MAX_HELD_OUT = {"sst5": 1000}
TREEBANK = ("sst2", "sst5")
STAND_INS = {"[NAME]": "Sam", "[RELIGION]": "Catholic", "_num_": "5"}
"""What two data sets put for names and numbers, and what a person would have written."""
PLACEHOLDER = re.compile("|".join(map(re.escape, STAND_INS)))
TURNS = re.compile(r"\b(not|no|never|nothing|nobody|none|but|although|though|hardly|without)\b|n't\b|\?", re.IGNORECASE)
"""Words that can reverse an opinion."""
MAX_VARIED = 250
"""Characters; longer texts stay as they are."""
Row = TypeVar("Row")
Judge = Callable[[str, list[str]], np.ndarray]
"""The name of a data set and texts of it -> float (text,): how positive they are, 0 .. 1, as a teacher judges."""


@dataclass(frozen=True)
class LabelledText:
    """A text and how positive it is."""

    text: str
    target: float
    """0 negative .. 1 positive; the five classes are 0, 0.25, 0.5, 0.75, 1."""


def read_labels(name: str, split: str, data_dir: Path | None) -> tuple[list[str], list[int]]:
    """Read the texts and labels of a split.

    Raises:
        DataError: a column is missing, or a label is not 0 or 1 (or, where a label above 1 occurs, 0 to 4).
    """
    rows = read_split(name, split, data_dir, columns=("label",))
    require_column(rows, name, "label", "int")
    labels = [int(label) for label in rows["label"]]
    num_classes = 5 if max(labels) > 1 else 2
    wrong = next((i for i, label in enumerate(labels) if not 0 <= label < num_classes), None)
    if wrong is not None:
        raise DataError(
            f"{name}/{split}: row {wrong} has label {labels[wrong]}; labels must be 0 or 1, or 0 to 4"
            + (" (-1 marks rows without a label: this split cannot be scored)" if labels[wrong] == -1 else "")
        )
    return [clean(text).strip() for text in as_texts(rows, name)["text"]], labels


def read_labelled(
    names: Iterable[str], data_dir: Path | None
) -> tuple[dict[str, list[LabelledText]], dict[str, list[LabelledText]]]:
    """Read the train splits of data sets: the rows to learn from, and those to choose on, by data set.

    Raises:
        DataError: as `read_labels`.
    """
    training: dict[str, list[LabelledText]] = {}
    held_out: dict[str, list[LabelledText]] = {}
    for name in dict.fromkeys(names):
        texts, labels = read_labels(name, "train", data_dir)
        top = 4 if max(labels) > 1 else 1
        rows = [LabelledText(text, label / top) for text, label in zip(texts, labels, strict=True) if text]
        every = HELD_OUT_EVERY.get(name, 10)
        held_out[name] = rows[::every][: MAX_HELD_OUT.get(name)] if every else []
        apart = set(range(0, len(rows), every)[: len(held_out[name])]) if every else set()
        training[name] = [row for i, row in enumerate(rows) if i not in apart]
    if held_out.get("sst5") and "sst2" in training:
        training["sst2"] = without_phrases(training["sst2"], held_out["sst5"])
    return training, held_out


def held_out_reviews(data_dir: Path | None) -> list[LabelledText]:
    """Return the held-out rows of the default data sets: long reviews, then single sentences."""
    _, held_out = read_labelled(SentimentRecipe().datasets, data_dir)
    return [row for rows in held_out.values() for row in rows]


def held_out_texts(data_dir: Path | None) -> list[str]:
    """Return the texts of `held_out_reviews`."""
    return [row.text for row in held_out_reviews(data_dir)]


def read_reviews(
    recipe: SentimentRecipe, judge: Judge | None = None
) -> tuple[list[LabelledText], dict[str, list[LabelledText]]]:
    """Read the train splits of the recipe's data sets, its unlabelled texts as a teacher judges them, and patterns.

    Args:
        recipe: which data sets.
        judge: the recipe's teacher.

    Returns:
        training: rows to learn from; those of a data set that is named twice stand there twice.
        held_out: rows to choose on, by data set.

    Raises:
        DataError: as `read_labels`, or nothing is held out.
    """
    training, held_out = read_labelled(recipe.datasets, recipe.data_dir)
    if not any(held_out.values()):
        raise DataError(f"{', '.join(recipe.datasets)}: no rows to choose on; add imdb or sst5")
    mixed = [
        LabelledText(retype(row.text), row.target) if name != "imdb" and (i + reading) % 2 else row
        for name, rows in training.items()
        for reading in range(recipe.datasets.count(name))
        for i, row in enumerate(rows)
    ]
    if judge is not None:
        for name, texts in unlabelled_texts(recipe, held_out.get("sst5", [])):
            judged = [LabelledText(text, float(s)) for text, s in zip(texts, judge(name, texts), strict=True)]
            mixed += judged * recipe.judged_passes
    mixed += [LabelledText(*sentence) for sentence in make_sentences(recipe.patterns, recipe.seed)]
    draw = random.Random(recipe.seed)
    return [vary(row, draw) for row in mixed] if recipe.vary else mixed, held_out


def unlabelled_texts(
    recipe: SentimentRecipe, held_out_sentences: Sequence[LabelledText] = ()
) -> list[tuple[str, list[str]]]:
    """Read what the recipe's teacher is to judge: data sets by name, and their texts or sentences.

    Args:
        recipe: which data sets.
        held_out_sentences: of the treebank; its phrases that stand in one of them are left out.
    """

    def read(name: str) -> list[str]:
        texts = read_unlabelled(name, recipe.data_dir)
        if name not in TREEBANK:
            return texts
        return [row.text for row in without_phrases([LabelledText(text, 0.5) for text in texts], held_out_sentences)]

    counts = Counter(recipe.unlabelled_sentences)
    cut = [
        (name, opinions(read(name), count * recipe.max_sentences, recipe.max_words)) for name, count in counts.items()
    ]
    return [(name, read(name)) for name in recipe.unlabelled] + cut


def read_unlabelled(name: str, data_dir: Path | None) -> list[str]:
    """Read the unsupervised split of a data set, or the texts of its train split; labels are not looked at."""
    rows = as_texts(read_split(name, unlabelled_split(name, data_dir), data_dir), name)
    return [text for text in (clean(text).strip() for text in rows["text"]) if text]


def unlabelled_split(name: str, data_dir: Path | None) -> str:
    """Return the split of a data set that a teacher judges: unsupervised, or train if there is none."""
    return "unsupervised" if "unsupervised" in available_splits(name, data_dir) else "train"


def opinions(texts: list[str], most: int, max_words: int = 40) -> list[str]:
    """Cut texts into sentences of 4 words and more, and return at most `most`, spread over all of them.

    Half of them hold a word that can reverse an opinion (not, but, never, ..) or a question mark, as far as there are
    any. A smaller sample is part of a larger one, so that a teacher's soft labels stay of use.

    >>> sorted(opinions(["A dull film by any measure. See it? I would not see it twice!"], most=9))
    ['A dull film by any measure.', 'I would not see it twice!']
    """
    sentences = dict.fromkeys(
        retype(sentence)
        for text in texts
        for sentence in re.split(r"(?<=[.!?])\s+", text)
        if 4 <= len(sentence.split()) <= max_words
    )
    shuffled = random.Random(0).sample(list(sentences), len(sentences))
    turned = [sentence for sentence in shuffled if TURNS.search(sentence)]
    plain = [sentence for sentence in shuffled if not TURNS.search(sentence)]
    count = max(min(most - most // 2, len(turned)), most - len(plain))
    return turned[:count] + plain[: most - count]


def evenly(rows: Sequence[Row], most: int) -> list[Row]:
    """Return at most `most` rows, evenly spaced.

    >>> evenly(list("abcdef"), 3)
    ['a', 'c', 'e']
    """
    count = min(most, len(rows))
    return [rows[i * len(rows) // count] for i in range(count)]


def vary(row: LabelledText, draw: random.Random) -> LabelledText:
    """Write some of the short texts as people type: without capitals or the last stop, or in capitals."""
    if len(row.text) > MAX_VARIED:
        return row
    how = draw.random()
    text = row.text.rstrip(". ") or row.text if how < 0.3 else row.text
    text = text.upper() if how < 0.1 else text.lower() if how < 0.25 else text
    return LabelledText(text, row.target)


def without_phrases(rows: list[LabelledText], sentences: Sequence[LabelledText]) -> list[LabelledText]:
    """Leave out the rows whose words stand in one of the sentences.

    >>> rows = [LabelledText("a dull film", 0), LabelledText("dull", 0), LabelledText("good", 1)]
    >>> [row.text for row in without_phrases(rows, [LabelledText("such a dull film .", 0)])]
    ['good']
    """
    haystack = " \n ".join(["", *(sentence.text.lower() for sentence in sentences), ""])
    return [row for row in rows if f" {row.text.lower()} " not in haystack]


def retype(text: str) -> str:
    """Write a sentence of a data set as a person would: clitics and punctuation joined, brackets back, a capital first.

    >>> retype("it 's not bad , but i ca n't love it -lrb- yet -rrb- .")
    "It's not bad, but I can't love it (yet)."
    """
    text = PLACEHOLDER.sub(lambda match: STAND_INS[match.group()], text)
    text = text.replace("-lrb-", "(").replace("-rrb-", ")").replace("``", '"').replace("''", '"')
    text = re.sub(r" (n't|'(?:s|re|ve|ll|d|m)\b|[.,;:!?%)]|')", r"\1", text)
    text = re.sub(r"([($]) ", r"\1", text)
    text = re.sub(r"\bi\b", "I", text)
    return text[:1].upper() + text[1:]
