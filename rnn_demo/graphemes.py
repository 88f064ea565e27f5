"""What a reader sees as one character: a letter with its accents, an emoji of several people, a flag.

A small part of Unicode's annex 29, enough for words and labels; conjuncts of Indic scripts count as several.
"""

import unicodedata

JOINERS = "\u200c\u200d"
"""Persian words have the first between letters, emoji and Indic scripts the second."""


def is_mark(character: str) -> bool:
    """Return whether a character changes the one before it: an accent, a joiner, a variant or a skin colour."""
    tag = "\U000e0020" <= character <= "\U000e007f"  # spell the flags of England, Scotland and Wales
    return unicodedata.category(character) in ("Mn", "Me", "Mc") or character in JOINERS or is_skin(character) or tag


def is_skin(character: str) -> bool:
    """Return whether a character is one of the five skin colours."""
    return "\U0001f3fb" <= character <= "\U0001f3ff"


def goes_on(text: str, following: str) -> bool:
    """Return whether the first character of what follows belongs to the last one of a text.

    >>> goes_on("👩", "\u200d"), goes_on("👩\u200d", "👧"), goes_on("👩", "👧"), goes_on("🇬", "🇧"), goes_on("🇬🇧", "🇫")
    (True, True, False, True, False)
    """
    if not text.strip() or not following:
        return False
    if is_mark(following[0]) or (text[-1] == "\u200d" and not following[0].isalnum() and not following[0].isspace()):
        return True
    letters = len(text) - len(text.rstrip("".join(map(chr, range(0x1F1E6, 0x1F200)))))  # of flags, two each
    return letters % 2 == 1 and "\U0001f1e6" <= following[0] <= "\U0001f1ff"


def graphemes(text: str) -> list[str]:
    r"""Cut a text into what a reader sees as characters; joined, they are the text.

    >>> [len(part) for part in graphemes("cafe\u0301 👩‍👩‍👧👍🏽")]
    [1, 1, 1, 2, 1, 5, 2]
    """
    parts: list[str] = []
    for character in text:
        if parts and goes_on(parts[-1], character):
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def width_of(text: str) -> int:
    """Return about how many letters wide a text is: a Chinese character or an emoji counts as two.

    >>> width_of("day"), width_of("電影"), width_of("👩‍👩‍👧")
    (3, 4, 2)
    """
    return sum(2 if unicodedata.east_asian_width(part[0]) in "WF" else 1 for part in graphemes(text))
