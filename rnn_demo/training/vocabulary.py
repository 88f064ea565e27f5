"""Learn the 8,000 pieces that every model shares (SentencePiece's unigram model, Kudo 2018, arXiv:1804.10959)."""

import io
import random
from collections.abc import Iterator
from pathlib import Path

import sentencepiece

from rnn_demo.config import TokenizerRecipe
from rnn_demo.errors import DataError
from rnn_demo.tokenizer import BOS_ID, EOS_ID, PAD_ID, SPECIAL_PIECES, UNK_ID
from rnn_demo.training.corpora import TEXT_COLUMNS, available_datasets, available_splits, clean, read_split

__all__ = ["train"]

REQUIRED_CHARACTERS = (
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŠšŽžßŁłğışčćđńőřśůźż‘’“”‚„«»–—…•·†°£€¥©®™½¼¾×÷¿¡§"
)
MAX_LINE_BYTES = 4000  # SentencePiece drops longer lines; ours are cut instead


def train(recipe: TokenizerRecipe) -> bytes:
    """Learn the pieces from the train and unsupervised splits of the data sets.

    Args:
        recipe: sizes, seed and where the data is. Every folder of `data_dir` is read, or, from the Hub, the data sets
            known there; those without a text, sentence or tokens column are passed over.

    Returns:
        The bytes of a `tokenizer.model`; the caller writes them.

    Raises:
        DataError: no text was found, or too little for so many pieces.
    """
    names = available_datasets(recipe.data_dir)
    lines = [line for name in names for line in _lines(name, recipe.data_dir)]
    if not lines:
        raise DataError(f"no text in {', '.join(names) or 'no data set'}; expected a column text, sentence or tokens")
    max_lines = 10_000 if recipe.dry_run else recipe.max_lines
    sample = random.Random(recipe.seed).sample(lines, min(max_lines, len(lines)))
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sample),
            model_writer=model,
            model_type="unigram",
            vocab_size=recipe.vocab_size,
            byte_fallback=True,  # nothing is unknown
            normalization_rule_name="identity",  # nothing is lost
            remove_extra_whitespaces=False,
            add_dummy_prefix=False,
            character_coverage=0.9995,
            required_chars=REQUIRED_CHARACTERS,
            user_defined_symbols=["\n"],
            control_symbols=list(SPECIAL_PIECES),
            pad_id=PAD_ID,
            unk_id=UNK_ID,
            bos_id=BOS_ID,
            eos_id=EOS_ID,
            pad_piece="<pad>",
            max_sentence_length=2 * MAX_LINE_BYTES,
            minloglevel=1,
        )
    except RuntimeError as error:
        raise DataError(f"cannot learn {recipe.vocab_size} pieces from {len(sample):,} lines: {error}") from error
    return model.getvalue()


def _lines(name: str, data_dir: Path | None) -> Iterator[str]:
    for split in available_splits(name, data_dir):
        if split not in ("train", "unsupervised"):
            continue
        rows = read_split(name, split, data_dir)
        column = next((c for c in (*TEXT_COLUMNS, "tokens") if c in rows.column_names), None)
        for value in rows[column] if column else ():
            text = " ".join(value) if column == "tokens" else clean(value)
            for line in text.split("\n"):
                yield from (line[i : i + MAX_LINE_BYTES // 4] for i in range(0, len(line), MAX_LINE_BYTES // 4))
