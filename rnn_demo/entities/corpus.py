"""Data sets of words and tags, checked: `tokens` beside `ner_tags`, IOB2 strings or class indices with names.

Parts of speech (`pos_tags`) are read where they are there.

The words are taken as given and never split again.
"""

from dataclasses import dataclass
from pathlib import Path

from rnn_demo.errors import DataError
from rnn_demo.spacing import join_words
from rnn_demo.training.corpora import class_labels, read_split


@dataclass(frozen=True)
class TaggedSentences:
    """One split: a row a sentence, a tag a word."""

    name: str
    """As dataset/split, for messages."""
    words: list[list[str]]
    tags: list[list[str]]
    pos_tags: list[list[str]]
    """A part of speech a word, as the data set calls it; "" for each word where it has none."""


def read_tagged_sentences(dataset: str, split: str, data_dir: Path | None) -> TaggedSentences:
    """Read a split; rows without words are left out.

    Raises:
        DataError: it cannot be read, a column is missing or of another type, a row has more words than tags or fewer,
            a tag is not O, B-... or I-..., or there are no words at all.
    """
    name = f"{dataset}/{split}"
    rows = read_split(dataset, split, data_dir, ("tokens", "ner_tags"))
    for column in ("tokens", "ner_tags"):
        if not hasattr(rows.features[column], "feature"):
            raise DataError(f"column {column!r} of {name} holds {rows.features[column]}; expected a list a row")
    words, tags = class_labels(rows, "tokens"), class_labels(rows, "ner_tags")
    has_pos = "pos_tags" in rows.column_names
    pos_tags = class_labels(rows, "pos_tags") if has_pos else [[""] * len(row) for row in words]
    for row, (row_words, row_tags, row_pos) in enumerate(zip(words, tags, pos_tags, strict=True)):
        for column, labels in (("ner_tags", row_tags), ("pos_tags", row_pos)):
            if len(row_words) != len(labels):
                raise DataError(f"row {row} of {name} has {len(row_words)} tokens and {len(labels)} {column}")
        for tag in row_tags:
            if tag != "O" and not (tag[:2] in ("B-", "I-") and tag[2:]):
                raise DataError(f"row {row} of {name} has the tag {tag!r}; expected O, B-LABEL or I-LABEL (IOB2)")
    if not any(words):
        raise DataError(f"{name} has no words: every row of 'tokens' is empty")
    return TaggedSentences(name, *([row for row in column if row] for column in (words, tags, pos_tags)))


def held_out_texts(data_dir: Path | None) -> list[str]:
    """Return CoNLL-2003's validation sentences as running text."""
    return [join_words(words) for words in read_tagged_sentences("conll2003", "validation", data_dir).words]


def entity_labels(sentences: TaggedSentences) -> list[str]:
    """List what is marked: PER, LOC, ..., sorted.

    >>> entity_labels(TaggedSentences("x/train", [["Rome", "is"]], [["B-LOC", "O"]], [["NNP", "VBZ"]]))
    ['LOC']
    """
    return sorted({tag[2:] for row in sentences.tags for tag in row if tag != "O"})


def check_iob2(sentences: TaggedSentences) -> None:
    """Refuse tags that the CRF could never give: I-X that does not go on with an entity X.

    Raises:
        DataError: names the first such place.
    """
    for row, tags in enumerate(sentences.tags):
        for before, tag in zip(["O", *tags], tags, strict=False):
            if tag.startswith("I-") and before[2:] != tag[2:]:
                raise DataError(
                    f"{sentences.name} is not IOB2: {tag} follows {before} in sentence {row} "
                    f"({' '.join(sentences.words[row])[:60]!r}); an entity has to begin with B-{tag[2:]}"
                )
