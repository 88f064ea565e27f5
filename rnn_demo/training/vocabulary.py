"""Train the tokenizer: 8,000 subwords for all models (SentencePiece's unigram model, Kudo 2018, arXiv:1804.10959).

A character model has a tokenizer of its own, made here as well.
"""

import io
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import sentencepiece

from rnn_demo.config import TokenizerRecipe
from rnn_demo.errors import DataError
from rnn_demo.tokenizer import BOS_ID, CONTROL_SYMBOLS, EOS_ID, PAD_ID, UNK_ID
from rnn_demo.training.corpora import TEXT_COLUMNS, available_datasets, available_splits, clean, read_split

REQUIRED_CHARACTERS = (
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŠšŽžßŁłğışčćđńőřśůźż‘’“”‚„«»–—…•·†°£€¥©®™½¼¾×÷¿¡§"
)
NUM_BYTES = 256
MAX_LINE_BYTES = 4000  # SentencePiece drops longer lines, so they are cut


def train(recipe: TokenizerRecipe) -> bytes:
    """Train on the train and unsupervised splits of the data sets.

    Args:
        recipe: sizes, seed and data. Every folder of `data_dir` is read, or the known data sets on the Hub; those
            without files or without a text, sentence or tokens column are skipped.

    Returns:
        The bytes of a `tokenizer.model`; the caller writes them.

    Raises:
        DataError: there is no text, or too little for that many subwords.
    """
    names = available_datasets(recipe.data_dir)
    lines = [line for name in names for line in _lines(name, recipe.data_dir)]
    if not lines:
        raise DataError(f"no text in {', '.join(names) or 'no data set'}; expected a column text, sentence or tokens")
    max_lines = 10_000 if recipe.dry_run else recipe.max_lines
    sample = random.Random(recipe.seed).sample(lines, min(max_lines, len(lines)))
    options = {"model_type": "unigram", "character_coverage": 0.9995, "required_chars": REQUIRED_CHARACTERS}
    return _learn(sample, recipe.vocab_size, options)


def learn_characters(texts: Iterable[str]) -> bytes:
    """Make a tokenizer of the single characters of some texts; all other characters become bytes.

    Returns:
        The bytes of a `tokenizer.model`.

    Raises:
        DataError: there is only white space.
    """
    characters = sorted(set().union(*texts))
    num_other = len({PAD_ID, UNK_ID, BOS_ID, EOS_ID}) + len(CONTROL_SYMBOLS) + NUM_BYTES
    options = {
        "model_type": "bpe",
        "character_coverage": 1.0,
    }  # no merges are left to learn: its subwords are characters
    lines = [character for character in characters if character != "\n"]
    return _learn(lines, num_other + len({*characters, "\n"}), options)


def _learn(lines: list[str], vocab_size: int, options: dict[str, Any]) -> bytes:
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines),
            model_writer=model,
            vocab_size=vocab_size,
            byte_fallback=True,  # nothing is unknown
            normalization_rule_name="identity",  # nothing is lost
            remove_extra_whitespaces=False,
            add_dummy_prefix=False,
            **options,
            user_defined_symbols=["\n"],
            control_symbols=list(CONTROL_SYMBOLS),
            pad_id=PAD_ID,
            unk_id=UNK_ID,
            bos_id=BOS_ID,
            eos_id=EOS_ID,
            pad_piece="<pad>",
            max_sentence_length=2 * MAX_LINE_BYTES,
            minloglevel=1,
        )
    except RuntimeError as error:
        raise DataError(f"cannot learn {vocab_size} subwords from {len(lines):,} lines: {error}") from error
    return model.getvalue()


def _lines(name: str, data_dir: Path | None) -> Iterator[str]:
    if data_dir is not None and not any((data_dir / name).glob("*-*.parquet")):
        return
    for split in available_splits(name, data_dir):
        if split not in ("train", "unsupervised"):
            continue
        rows = read_split(name, split, data_dir)
        column = next((c for c in (*TEXT_COLUMNS, "tokens") if c in rows.column_names), None)
        for value in rows[column] if column else ():
            text = " ".join(value) if column == "tokens" else clean(value)
            for line in text.split("\n"):
                yield from (line[i : i + MAX_LINE_BYTES // 4] for i in range(0, len(line), MAX_LINE_BYTES // 4))
