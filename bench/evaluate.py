"""Every shipped model beside simple baselines and published numbers: `python -m bench.evaluate --data-dir DIR`.

Writes bench/evaluate.md; with `--only NAME ...` only these rows are measured again.
Intervals are bootstrap 95 % intervals over the rows of a test set: sentences, reviews, or blocks of text. Nothing is
chosen here; the test sets are only read.
"""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
import tyro

from bench.baselines import vader_is_positive
from bench.five_gram import five_gram_losses
from bench.intervals import f1_of, interval, percent, ratio_of
from rnn_demo.checkpoint import CHECKPOINTS_DIR, TOKENIZER_NAME, Checkpoint, read_checkpoint, shipped_checkpoints
from rnn_demo.domains import DOMAIN_OF
from rnn_demo.entities.corpus import read_tagged_sentences
from rnn_demo.entities.evaluate import tag_sentences
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.subwords import encode_sentences
from rnn_demo.entities.tag import spans_of
from rnn_demo.errors import unknown_name
from rnn_demo.language.evaluate import block_losses, document_ids
from rnn_demo.language.model import LanguageModel
from rnn_demo.published import Published, read_published
from rnn_demo.sentiment.evaluate import score_texts
from rnn_demo.sentiment.nbsvm import NBSVM
from rnn_demo.sentiment.reviews import read_labels, retype
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.corpora import as_texts, clean, in_case, read_split
from rnn_demo.training.metrics import expected_calibration_error

SHARED_TOKENIZER = "tokenizer"
"""The folder under checkpoints/ with the tokenizer of all models of prose."""
TREEBANK = ("sst2", "sst5")
"""Rows in lower case, with clitics and punctuation split off."""
REPORT = Path(__file__).parent / "evaluate.md"
VADER, LINEAR, FIVE_GRAM = BASELINES = ("VADER", "NBSVM", "5-gram, Kneser-Ney")
Section = dict[str, Callable[[], tuple[str, str]]]
"""Name of a row -> what measures it, and where the number comes from."""


def quote(row: Published) -> str:
    """Return a published number as its field writes it.

    >>> quote(Published("", "accuracy", 0.912, "")), quote(Published("", "f1", 0.909, ""))
    ('91.2 %', '90.9')
    >>> quote(Published("", "nats_per_char", 1.4697, ""))
    '1.4697 nats/char'
    """
    if row.metric == "nats_per_char":
        return f"{row.value:g} nats/char"
    return f"{100 * row.value:.1f}" + (" %" if row.metric == "accuracy" else "")


def origin(checkpoint: Checkpoint) -> str:
    """Return how a checkpoint was made."""
    return f"`{checkpoint.command}`; seed {checkpoint.seed}, {checkpoint.minutes:.0f} min on {checkpoint.hardware}"


def sentiment_section(dataset: str, split: str, names: list[str], data_dir: Path | None) -> Section:
    """Measure sentiment: checkpoints, VADER, and NBSVM trained on the same data set."""
    texts, labels_read = read_labels(dataset, split, data_dir)
    labels = np.array(labels_read)

    def accuracy(positive: np.ndarray) -> str:
        right = positive == (labels == 1)
        return percent(np.stack([right, np.ones(len(right))], 1), ratio_of)

    def of_checkpoint(name: str) -> tuple[str, str]:
        folder = CHECKPOINTS_DIR / name
        scores = score_texts(folder, texts)
        measured = f"accuracy {accuracy(scores >= 0.5)}, ece {100 * expected_calibration_error(scores, labels):.2f}"
        if dataset in TREEBANK:  # its small letters and split clitics undone
            positive = score_texts(folder, [retype(text) for text in texts]) >= 0.5
            measured += f"<br>written as people type: accuracy {accuracy(positive)}"
        return measured, origin(read_checkpoint(folder))

    def of_vader() -> tuple[str, str]:
        return f"accuracy {accuracy(vader_is_positive(texts))}", "Hutto & Gilbert 2014, run here"

    def of_nbsvm() -> tuple[str, str]:
        train_texts, train_labels = read_labels(dataset, "train", data_dir)
        nbsvm = NBSVM(train_texts, np.array(train_labels) == 1)
        return f"accuracy {accuracy(nbsvm.scores(texts) > 0)}", f"trained here on {dataset}/train"

    return {**{name: partial(of_checkpoint, name) for name in names}, VADER: of_vader, LINEAR: of_nbsvm}


def entity_section(split: str, names: list[str], data_dir: Path | None) -> Section:
    """Measure taggers on text as written, in lower case and in upper case."""
    data = read_tagged_sentences("conll2003", split, data_dir)
    gold = [{(span.start, span.end, span.label) for span in spans_of(tags)} for tags in data.tags]

    def count(tags: list[list[str]]) -> np.ndarray:
        """Count the correct, predicted and true entities of each sentence."""
        predicted = [{(span.start, span.end, span.label) for span in spans_of(row)} for row in tags]
        return np.array([(len(p & g), len(p), len(g)) for p, g in zip(predicted, gold, strict=True)], dtype=float)

    def of_checkpoint(name: str) -> tuple[str, str]:
        folder = CHECKPOINTS_DIR / name
        model, tokenizer = TaggerModel.load(folder), Tokenizer.from_file(folder / TOKENIZER_NAME)
        measured = []
        for case in ("asis", "lower", "upper"):
            words = [[in_case(word, case) for word in row] for row in data.words]
            tagged = tag_sentences(model, encode_sentences(words, tokenizer))
            measured.append(f"F1 {case} {percent(count(tagged.tags), f1_of)}")
            if case == "asis":
                measured.append(f"each sentence alone {percent(count(tagged.tags_alone), f1_of)}")
                pairs = zip(tagged.pos_tags, data.pos_tags, strict=True)
                right = [(sum(map(str.__eq__, ours, theirs)), len(theirs)) for ours, theirs in pairs]
                measured.append(f"parts of speech {percent(np.array(right, dtype=float), ratio_of)}")
        return "<br>".join(measured), origin(read_checkpoint(folder))

    return {name: partial(of_checkpoint, name) for name in names}


def language_section(dataset: str, names: list[str], data_dir: Path | None, kenlm: Path | None = None) -> Section:
    """Measure language models, and a 5-gram of the shipped subwords where KenLM is given.

    The interval is over blocks of text, so it reflects each author's style too.
    """
    texts = [clean(text) for text in as_texts(read_split(dataset, "validation", data_dir), dataset)["text"]]
    chars = sum(map(len, texts))

    @torch.inference_mode()
    def of_checkpoint(name: str) -> tuple[str, str]:
        folder = CHECKPOINTS_DIR / name
        model, tokenizer = LanguageModel.load(folder), Tokenizer.from_file(folder / TOKENIZER_NAME)
        documents = [document_ids(text, DOMAIN_OF.get(dataset), tokenizer, model.config.backward) for text in texts]
        return bits_of(block_losses(model, documents), chars), origin(read_checkpoint(folder))

    def of_five_gram(kenlm: Path) -> tuple[str, str]:
        training = [clean(text) for text in as_texts(read_split(dataset, "train", data_dir), dataset)["text"]]
        subwords = Tokenizer.from_file(CHECKPOINTS_DIR / SHARED_TOKENIZER / TOKENIZER_NAME)
        lines = five_gram_losses(training, texts, subwords, kenlm)
        return bits_of(lines, chars), f"trained here on {dataset}/train, same subwords"

    section: Section = {name: partial(of_checkpoint, name) for name in names}
    return section if kenlm is None else {**section, FIVE_GRAM: partial(of_five_gram, kenlm)}


def bits_of(blocks: np.ndarray, chars: int) -> str:
    """Write nats and tokens of blocks of text, (block, 2), as bits per character with the interval."""
    per_char = blocks[:, 1].sum() / chars
    nats = [number * per_char for number in interval(blocks, ratio_of)]
    bits = [number / math.log(2) for number in nats]
    return f"{bits[0]:.4f} ({bits[1]:.4f} to {bits[2]:.4f}) bits/char, {nats[0]:.4f} nats/char"


def read_rows(report: str, title: str) -> dict[str, str]:
    """Return the measured rows of one section of an earlier report, name -> line, without the published ones."""
    section = f"{report}\n## ".partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in section.splitlines() if line.startswith("| ")}
    return {who: line for who, line in rows.items() if who.strip("| ") and not who.startswith("*")}


def main(data_dir: Path | None = None, kenlm: Path | None = None, only: tuple[str, ...] | None = None) -> None:
    """Measure and write bench/evaluate.md.

    Args:
        data_dir: folder that holds one folder per data set; without it the data sets come from the Hub.
        kenlm: folder with KenLM's programs, for a 5-gram beside the language models (see five_gram.py).
        only: checkpoints and baselines to measure, by the names of their rows; the other rows stay as they were.
    """
    tasks = {name: read_checkpoint(CHECKPOINTS_DIR / name).task for name in shipped_checkpoints()}
    sentiment, ner, lm = ([name for name in tasks if tasks[name] == task] for task in ("sentiment", "ner", "lm"))
    verse = [name for name in lm if "shakespeare" in name]
    prose = [name for name in lm if name not in verse]
    sections = {
        "imdb/test": sentiment_section("imdb", "test", sentiment, data_dir),
        "sst2/validation": sentiment_section("sst2", "validation", sentiment, data_dir),
        "conll2003/test": entity_section("test", ner, data_dir),
        "english_novels/validation": language_section("english_novels", prose, data_dir, kenlm),
        "tiny_shakespeare/validation": language_section("tiny_shakespeare", verse, data_dir),
    }
    known = {who for section in sections.values() for who in section}
    for who in only or ():
        if who not in known:
            raise unknown_name("row", who, known)
    before = REPORT.read_text(encoding="utf-8") if only is not None and REPORT.is_file() else ""
    lines = [
        "# How good the models are",
        "",
        "`python -m bench.evaluate --data-dir DIR --kenlm FOLDER`: weights as stored, fp32. Rates in %, in brackets",
        "the bootstrap 95 % interval over the rows of the test set. Published numbers are quoted; their data and sizes",
        "differ, and nanoGPT's is the mean over random windows of 256 characters, where ours carries its state over.",
    ]
    for title, section in sections.items():
        rows = {who: line for who, line in read_rows(before, title).items() if who in (*tasks, *BASELINES)}
        for who, measure in section.items():
            if only is None or who in only:
                rows[who] = f"| {' | '.join((who, *measure()))} |"
                print(rows[who], flush=True)
        lines += ["", f"## {title}", "", "| | measured | from |", "|---|---|---|"]
        lines += [rows[who] for who in (*tasks, *BASELINES) if who in rows]
        lines += [f"| *{row.who}* | {quote(row)} | {row.source} |" for row in read_published().get(title, ())]
    REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    tyro.cli(main)
