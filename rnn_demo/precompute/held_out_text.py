"""The text that the page may quote at run time: public domain alone, and held out from training.

Whole paragraphs from the five validation novels and whole speeches from the Shakespeare validation text, spread over
each. Passages with words that insult a people are left out: the page quotes a few words and nothing around them. The
same data sets give the same text, byte for byte.
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
"""Of each novel and of the plays; passages are whole, so it is a little more or less."""
INSULT = re.compile(r"nigger|kaff?ir|hottentot|\bdago\b|\bchinam[ae]n|\bjew(?:s|ess)?\b", re.IGNORECASE)


def gather_held_out_text(data_dir: Path | None) -> str:
    """Choose the passages.

    Args:
        data_dir: holds english_novels and tiny_shakespeare; None reads from the Hub.

    Raises:
        DataError: a data set is missing, or there is more than MAX_BYTES.
    """
    novels = as_texts(read_split("english_novels", "validation", data_dir), "english_novels")["text"]
    plays = as_texts(read_split("tiny_shakespeare", "validation", data_dir), "tiny_shakespeare")["text"]
    chosen = [passage for text in novels for passage in spread(gather(clean(text).split("\n"), "\n"), NOVEL_CHARS)]
    chosen += [passage for text in plays for passage in spread(gather(re.split(r"\n\n+", text), "\n\n"), PLAY_CHARS)]
    whole = CHUNK_BREAK.join(chosen) + "\n"
    if (size := len(whole.encode())) > MAX_BYTES:
        raise DataError(f"the passages have {size:,} bytes; at most {MAX_BYTES:,} are shipped: give fewer novels")
    return whole


def gather(paragraphs: Sequence[str], joint: str) -> list[str]:
    """Join paragraphs to passages of PASSAGE_CHARS or a little more; without insults and without what is left over.

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
    """Take passages of about `num_chars` characters together, evenly from the whole.

    >>> spread(["aa", "bb", "cc", "dd", "ee", "ff"], 4)
    ['bb', 'ee']
    """
    step = max(1, round(sum(map(len, passages)) / num_chars))
    return list(passages[step // 2 :: step])
