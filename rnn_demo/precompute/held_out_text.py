"""The held-out text that the page quotes: in the public domain, and the same bytes from the same data sets.

It has complete paragraphs of the validation novels and complete speeches of the Shakespeare validation text, evenly
spaced. Passages with ethnic slurs are skipped, because the page quotes a few words without their context.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from rnn_demo.errors import DataError
from rnn_demo.microscope.held_out_corpus import CHUNK_BREAK
from rnn_demo.training.corpora import as_texts, clean, read_split

MAX_BYTES = 300_000
PASSAGE_CHARS = 1500
NOVEL_CHARS, PLAY_CHARS = 47_000, 55_000
"""Per novel, and for all plays together; approximate, because passages are never cut."""
INSULT = re.compile(r"nigger|kaff?ir|hottentot|\bdago\b|\bchinam[ae]n|\bjew(?:s|ess)?\b", re.IGNORECASE)


def gather_held_out_text(data_dir: Path | None) -> str:
    """Return the passages as one text.

    Args:
        data_dir: the folder with english_novels and tiny_shakespeare; None reads from the Hub.

    Raises:
        DataError: a data set is missing, or the text is longer than MAX_BYTES.
    """
    novels = as_texts(read_split("english_novels", "validation", data_dir), "english_novels")["text"]
    plays = as_texts(read_split("tiny_shakespeare", "validation", data_dir), "tiny_shakespeare")["text"]
    chosen = [passage for novel in novels for passage in spread(gather(clean(novel).split("\n"), "\n"), NOVEL_CHARS)]
    chosen += [passage for play in plays for passage in spread(gather(re.split(r"\n\n+", play), "\n\n"), PLAY_CHARS)]
    text = CHUNK_BREAK.join(chosen) + "\n"
    if (size := len(text.encode())) > MAX_BYTES:
        raise DataError(f"the passages have {size:,} bytes; at most {MAX_BYTES:,} are shipped: give fewer novels")
    return text


def gather(paragraphs: Sequence[str], joint: str) -> list[str]:
    """Join paragraphs into passages of at least PASSAGE_CHARS; skip slurs and a last passage that is too short.

    >>> [len(passage) for passage in gather(["a" * 1000, "", "b" * 1000, "c"], " ")]
    [2001]
    """
    passages: list[str] = []
    passage: list[str] = []
    for paragraph in filter(None, map(str.strip, paragraphs)):
        passage.append(paragraph)
        if len(joint.join(passage)) >= PASSAGE_CHARS:
            passages.append(joint.join(passage))
            passage = []
    return [passage for passage in passages if not INSULT.search(passage)]


def spread(passages: Sequence[str], num_chars: int) -> list[str]:
    """Choose evenly spaced passages with about `num_chars` characters in total.

    >>> spread(["aa", "bb", "cc", "dd", "ee", "ff"], 4)
    ['bb', 'ee']
    """
    step = max(1, round(sum(map(len, passages)) / num_chars))
    return list(passages[step // 2 :: step])
