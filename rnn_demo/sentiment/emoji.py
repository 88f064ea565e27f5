r"""Emoji read by their names: a tokenizer of newswire and novels knows them as bytes only, of which nothing is learned.

Names are those of Unicode's character database, without words that say nothing ("sign", "heavy", ..). A name takes the
place of its emoji before a text is cut into subwords, and the subwords go back to the place of the emoji.
"""

import unicodedata
from dataclasses import dataclass

from rnn_demo.tokenizer import Token, Tokenizer

SILENT = frozenset(["SIGN", "SYMBOL", "BLACK", "WHITE", "HEAVY", "REGIONAL", "INDICATOR", "LETTER"])
"""Words of a name that are left out."""
EMOJI = ((0x2600, 0x27BF), (0x2B50, 0x2B55), (0x1F000, 0x1FAFF))
"""First and last code points of the blocks in which emoji stand."""
SKIN_TONES = (0x1F3FB, 0x1F3FF)
JOINERS = frozenset((0x200D, 0x20E3, 0xFE0E, 0xFE0F))
"""What only says how the emoji before it is drawn, or that the next belongs to it."""


@dataclass(frozen=True)
class NamedText:
    """A text with the names of its emoji in their places."""

    text: str
    places: tuple[int, ...]
    """For each place between two characters, from before the first to behind the last: where that is in the text as
    typed. A place within a name is where its emoji begins."""


def emoji_name(character: str) -> str:
    """Return the name of an emoji in small letters, or nothing for any other character.

    >>> emoji_name("👍"), emoji_name("❤"), emoji_name("x")
    ('thumbs up', 'heart', '')
    """
    code = ord(character)
    if _is_mark(code) or not any(first <= code <= last for first, last in EMOJI):
        return ""
    return " ".join(word for word in unicodedata.name(character, "").split() if word not in SILENT).lower()


def name_emoji(text: str) -> NamedText:
    """Put the name of each emoji in its place, as words of their own.

    >>> name_emoji("dinner was 🔥🔥!").text
    'dinner was fire fire !'
    >>> name_emoji("no ❤️").places
    (0, 1, 2, 3, 3, 3, 3, 3, 5)
    """
    if text.isascii():
        return NamedText(text, tuple(range(len(text) + 1)))
    written: list[str] = []
    places = [0]
    i = 0
    while i < len(text):
        name, end = emoji_name(text[i]), i + 1
        while name and end < len(text) and _is_mark(ord(text[end])):
            end += 1
        before = " " if name and written and not written[-1].isspace() else ""
        after = " " if name and end < len(text) and not text[end].isspace() and not emoji_name(text[end]) else ""
        spelled = before + (name or text[i])
        written += [*spelled, *after]
        places += [i] * (len(spelled) - 1) + [end] * (1 + len(after))
        i = end
    return NamedText("".join(written), tuple(places))


def encode_naming_emoji(text: str, tokenizer: Tokenizer) -> tuple[Token, ...]:
    """Cut a text into subwords with its emoji named; their spans are places in the text as typed.

    All subwords of a name but the last have an empty span, as the bytes of a character have.
    """
    named = name_emoji(text)
    spans = (
        (token.token_id, named.places[token.start], named.places[token.end])
        for token in tokenizer.encode_with_spans(named.text)
    )
    return tuple(Token(text[start:end], token_id, start, end) for token_id, start, end in spans)


def _is_mark(code: int) -> bool:
    return code in JOINERS or SKIN_TONES[0] <= code <= SKIN_TONES[1]
