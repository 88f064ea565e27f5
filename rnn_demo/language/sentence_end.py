"""Where a text can stop: at the end of a sentence, which only what follows can tell.

A full stop is the end of a sentence, of an abbreviation or of a remark that goes on behind its quotation mark
("“Why?” he said"), and a speech should end with its quotation mark. So the token after it is drawn too, and left out if
a sentence ended before it.
"""

import re
from collections.abc import Iterator

from rnn_demo.results import GeneratedToken

SENTENCE_TOKENS = 60
"""How many subwords a text may go on for to end its sentence."""
CHARACTERS_PER_TOKEN = 4
"""For models of characters, whose tokens are as much shorter."""
STOP = re.compile(r"""[.!?…]["'”’)\]]*$""")
ABBREVIATION = re.compile(r"\b(?:Capt|Col|Dr|Gen|Lt|Messrs|Mme|Mr|Mrs|Ms|Prof|Rev|St|[A-HJ-Z])\.$")
"""What a full stop does not end; "I." is a pronoun more often than an initial."""


def ends_sentence(text: str, following: str) -> bool:
    """Return whether a text that goes on with some characters has just ended a sentence.

    >>> pairs = (("She ran.", " The"), ("“Why?”", " he"), ("He met Mr.", " Fox"), ("It cost 3.", "50"), ("He is", " a"))
    >>> [ends_sentence(text, following) for text, following in pairs]
    [True, False, False, False, False]
    """
    goes_on = not following[:1].isspace() or following.strip()[:1].islower()
    if goes_on or (in_speech(text) and not following.startswith("\n")):
        return False
    return STOP.search(text) is not None and ABBREVIATION.search(text) is None


def in_speech(text: str) -> bool:
    r"""Return whether a quotation mark is open. A new paragraph closes it, as a speech of several opens each anew.

    >>> [in_speech(text) for text in ('"Run!', '"Run!"', "“No.", "“No.”", "“No.\nNo.")]
    [True, False, True, False, False]
    """
    paragraph = text.rpartition("\n")[2]
    return paragraph.count('"') % 2 == 1 or paragraph.count("“") > paragraph.count("”")


def up_to_sentence_end(
    text: str, tokens: Iterator[GeneratedToken], max_new_tokens: int, more_tokens: int
) -> Iterator[GeneratedToken]:
    """Yield the tokens that continue a text until a sentence ends; arguments as in `Writer.stream`.

    Ends are looked for once max_new_tokens have come. The text ends more_tokens later in any case.
    """
    for number, token in enumerate(tokens):
        if number >= max_new_tokens and (number == max_new_tokens + more_tokens or ends_sentence(text, token.token)):
            return
        text += token.token
        yield token
