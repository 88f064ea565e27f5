"""Write words that somebody else has split as running text again.

A network that was pretrained on running text has read `London.` and `Iraq's`, hardly ever `London .` and `Iraq 's`. The
rule looks at the word alone, so a word is always written the same, and no data set has to say where its spaces were. It
is wrong for left quotation marks and after a left bracket, which get a space.
"""

import re
from collections.abc import Iterable

ATTACHED = re.compile(r"[.,;:?!%)\]}]+ | n['’]t | ['’](?:s|m|d|re|ve|ll)?", re.VERBOSE | re.IGNORECASE)


def spaced(word: str) -> str:
    """Return a word with a space before it, unless it is a closing sign or a clitic.

    >>> [spaced(word) for word in ("London", "'s", ".")]
    [' London', "'s", '.']
    """
    return word if ATTACHED.fullmatch(word) else " " + word


def join_words(words: Iterable[str]) -> str:
    """Return words as a text.

    >>> join_words(["It", "'s", "Iraq", ",", "he", "said", "(", "twice", ")", "."])
    "It's Iraq, he said ( twice)."
    """
    return "".join(map(spaced, words)).removeprefix(" ")
