"""Which script a text is written in. No gradio in here."""

import unicodedata

ENGLISH_ONLY = "These models were trained on English only."
MOSTLY = 0.5
"""Of a text's letters."""


def say_english_only(text: object) -> str:
    """Return a line for a text that is mostly not in Latin letters; empty for any other.

    >>> say_english_only("Фильм был хорош."), say_english_only("They said Привет."), say_english_only("👍 10/10")
    ('These models were trained on English only.', '', '')
    """
    letters = [character for character in str(text) if character.isalpha()]
    foreign = sum(not unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return ENGLISH_ONLY if foreign > MOSTLY * len(letters) else ""
