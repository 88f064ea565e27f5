"""What a word looks like, whatever it means: its characters, the shape of its letters, and its keys in a table.

A network that knows words by their subwords alone has to learn from some thousand names what any name is like. Beside
them it may read each word as a whole: letter by letter (Lample et al. 2016, arXiv:1603.01360), by the use that is made
of capitals (Chiu & Nichols 2016, arXiv:1511.08308), and by a vector from outside (see `vectors.py`).

The distinct words of a batch are read once, however often they stand in it.
"""

import hashlib
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnn_demo.training.batching import pad_rows

HIDDEN = ""
"""Stands for a masked word."""
NUM_CHARACTERS = 512
"""Rows for characters: 0 pads, 1 is a hidden word, then those of European scripts, each its own; others share rows."""
OWN_CHARACTERS = 0x180
LONGEST_WORD = 24
"""Characters: of a longer word its first and its last half of them are read."""
PLAIN = str.maketrans("’‘‛“”„–—‐‑−", "'''\"\"\"-----")
"""Signs that a newswire writes with plain ones."""
SHAPES = (
    "hidden",
    "sign",
    "number",
    "number and signs",
    "letters and digits",
    "small",
    "Capital",
    "X",
    "CAPITALS",
    "miXed",
)


class Spelling(NamedTuple):
    """How a word is written."""

    characters: tuple[int, ...]
    keys: tuple[int, ...]
    """Of its forms in a table of vectors, the first that is there counts: as it is, in small letters, without accents,
    with a capital."""
    shape: int
    """A place in SHAPES."""


@lru_cache(maxsize=200_000)
def spell(word: str) -> Spelling:
    """Read a word, HIDDEN included.

    >>> spell("Ab").characters, SHAPES[spell("Ab").shape], len(spell("Ab").keys), spell(HIDDEN).characters
    ((67, 100), 'Capital', 4, (1,))
    """
    plain = word.translate(PLAIN)
    half = LONGEST_WORD // 2
    kept = plain if len(plain) <= LONGEST_WORD else plain[:half] + plain[-half:]
    lower = plain.lower()
    forms = (plain, lower, without_accents(lower), lower.capitalize())
    return Spelling(tuple(map(character_id, kept)) or (1,), tuple(map(word_key, forms)), SHAPES.index(shape_of(plain)))


def character_id(character: str) -> int:
    """The row of a character, 2 or more.

    >>> character_id("a"), character_id("é"), 386 <= character_id("京") < NUM_CHARACTERS
    (99, 235, True)
    """
    code = ord(character)
    return 2 + (code if code < OWN_CHARACTERS else OWN_CHARACTERS + code % (NUM_CHARACTERS - OWN_CHARACTERS - 2))


def word_key(form: str) -> int:
    """A signed 32-bit hash of a form, the same on every machine.

    Of 340 thousand words about 13 share a key with another, and one unknown word in 12 thousand is taken for a known
    one.

    >>> word_key("london") == word_key("london"), -(2**31) <= word_key("Paris") < 2**31
    (True, True)
    """
    return int.from_bytes(
        hashlib.blake2b(form.encode("utf-8", "replace"), digest_size=4).digest(), "little", signed=True
    )


def without_accents(form: str) -> str:
    """Leave the marks of letters out.

    >>> without_accents("beyoncé"), without_accents("kraków"), without_accents("москва")
    ('beyonce', 'krakow', 'москва')
    """
    return "".join(sign for sign in unicodedata.normalize("NFKD", form) if not unicodedata.combining(sign))


def shape_of(word: str) -> str:
    """Name the shape of a word.

    >>> [shape_of(word) for word in ("", "...", "1996", "1-0", "B2B")]
    ['hidden', 'sign', 'number', 'number and signs', 'letters and digits']
    >>> [shape_of(word) for word in ("iraq", "Iraq", "I", "NATO", "McKay", "iPhone")]
    ['small', 'Capital', 'X', 'CAPITALS', 'miXed', 'miXed']
    """
    letters, digits = any(map(str.isalpha, word)), any(map(str.isdecimal, word))
    if not letters:
        return ("number" if word.isdecimal() else "number and signs") if digits else "sign" if word else "hidden"
    if digits:
        return "letters and digits"
    if word.islower() or not any(map(str.isupper, word)):
        return "small"
    if word.isupper():
        return "X" if len(word) == 1 else "CAPITALS"
    return "Capital" if word[0].isupper() and word[1:].islower() else "miXed"


def collate_spelling(sentences: Sequence[Sequence[str]]) -> dict[str, Tensor]:
    """Make a batch of sentences of words, as `WordReader` takes it.

    Returns:
        distinct: int64 (batch, words); the number of each word among the distinct ones, 0 past each sentence.
        characters: int64 (distinct, longest); 0 past each word.
        keys: int64 (distinct, forms).
        shapes: int64 (distinct,).
    """
    number = {word: i for i, word in enumerate(dict.fromkeys(chain.from_iterable(sentences)))}
    spelled = [spell(word) for word in number]
    distinct, _ = pad_rows([[number[word] for word in sentence] for sentence in sentences], 0)
    characters, _ = pad_rows([list(word.characters) for word in spelled], 0)
    keys = np.array([word.keys for word in spelled], dtype=np.int64)
    shapes = np.array([word.shape for word in spelled], dtype=np.int64)
    columns = {"distinct": distinct, "characters": characters, "keys": keys, "shapes": shapes}
    return {name: torch.from_numpy(column) for name, column in columns.items()}
