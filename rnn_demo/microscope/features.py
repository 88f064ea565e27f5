"""Text features per token, computed from the characters alone, to correlate with units.

A feature depends only on the text up to the end of the token, as does the state of a forward network. Source of the
idea: Karpathy, Johnson & Fei-Fei 2015, arXiv:1506.02078, section 4.2.

Quotation marks and brackets close at a newline, because novels reopen the quotation in every paragraph of a long
speech. Single quotation marks are not counted, because they are also apostrophes.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence

import numpy as np

Spans = Sequence[tuple[int, int]]
"""(start, end) of each token in the text, code points."""

SENTENCE_END = re.compile(
    r"""(?<! \b Mr) (?<! \b Mrs) (?<! \b Dr) (?<! \b St) [.!?]+ ["'”’)\]]* \s+ | \n+""", re.VERBOSE
)
NEGATION = re.compile(r"\b(?:not|no|never|nothing|nobody|none|neither|nor|without|cannot)\b|n['’]t\b", re.IGNORECASE)


def sentence_starts(text: str) -> list[int]:
    r"""Return the start of each sentence; a newline starts a new one.

    >>> sentence_starts('He came. "Mr. Fox?" she said.\nNo.')
    [0, 9, 20, 30]
    """
    starts = {0, *(match.end() for match in SENTENCE_END.finditer(text))}
    return sorted(start for start in starts if start < len(text) or not start)


def inside_quotes(text: str, spans: Spans) -> list[float]:
    """Return 1 while a double quotation mark is open."""
    lines = lines_so_far(text, spans)
    return [float(line.count('"') % 2 or line.rfind("“") > line.rfind("”")) for line in lines]


def inside_brackets(text: str, spans: Spans) -> list[float]:
    """Return 1 while a round or square bracket is open."""
    lines = lines_so_far(text, spans)
    return [float(line.rfind("(") > line.rfind(")") or line.rfind("[") > line.rfind("]")) for line in lines]


def position_in_text(text: str, spans: Spans) -> list[float]:
    """Return the number of tokens so far."""
    return [float(position) for position in range(1, len(spans) + 1)]


def position_in_line(text: str, spans: Spans) -> list[float]:
    """Return the number of characters since the last newline."""
    return [float(len(line)) for line in lines_so_far(text, spans)]


def position_in_sentence(text: str, spans: Spans) -> list[float]:
    """Return the number of characters since the start of the sentence."""
    return [float(len(sentence)) for sentence in sentences_so_far(text, spans)]


def after_negation(text: str, spans: Spans) -> list[float]:
    """Return 1 after a word such as "not" in the same sentence."""
    return [float(bool(NEGATION.search(sentence))) for sentence in sentences_so_far(text, spans)]


def capital_letter(text: str, spans: Spans) -> list[float]:
    """Return 1 where the token starts with a capital letter."""
    return [float(token[:1].isupper()) for token in stripped(text, spans)]


def all_capitals(text: str, spans: Spans) -> list[float]:
    """Return 1 where the token has at least two letters, all capitals."""
    return [float(sum(map(str.isalpha, token)) > 1 and token.isupper()) for token in stripped(text, spans)]


def start_of_word(text: str, spans: Spans) -> list[float]:
    """Return 1 where the token starts a word."""
    return [float(bool(word) and word == part) for word, part in words_and_tokens(text, spans)]


def inside_word(text: str, spans: Spans) -> list[float]:
    """Return 1 where the token continues a word."""
    return [float(bool(word) and len(word) > len(part)) for word, part in words_and_tokens(text, spans)]


def word_length(text: str, spans: Spans) -> list[float]:
    """Return the number of letters of the word so far; 0 outside words."""
    return [float(len(word)) for word, _ in words_and_tokens(text, spans)]


def punctuation(text: str, spans: Spans) -> list[float]:
    """Return 1 where the token has no letter or digit."""
    return [float(bool(token) and not any(map(str.isalnum, token))) for token in stripped(text, spans)]


def comma(text: str, spans: Spans) -> list[float]:
    """Return 1 at a comma."""
    return [float("," in text[start:end]) for start, end in spans]


def end_of_sentence(text: str, spans: Spans) -> list[float]:
    """Return 1 at a full stop, an exclamation mark or a question mark."""
    return [float(any(sign in text[start:end] for sign in ".!?")) for start, end in spans]


def new_line(text: str, spans: Spans) -> list[float]:
    """Return 1 at a newline."""
    return [float("\n" in text[start:end]) for start, end in spans]


def digits(text: str, spans: Spans) -> list[float]:
    """Return 1 where the token contains a digit."""
    return [float(any(map(str.isdigit, text[start:end]))) for start, end in spans]


FEATURES: dict[str, Callable[[str, Spans], Sequence[float]]] = {
    "inside quotes": inside_quotes,
    "inside brackets": inside_brackets,
    "position in the text": position_in_text,
    "position in the line": position_in_line,
    "position in the sentence": position_in_sentence,
    "after a negation": after_negation,
    "capital letter": capital_letter,
    "all capitals": all_capitals,
    "start of a word": start_of_word,
    "inside a word": inside_word,
    "length of the word so far": word_length,
    "punctuation": punctuation,
    "comma": comma,
    "end of a sentence": end_of_sentence,
    "new line": new_line,
    "digits": digits,
}
"""Name on the page -> function that returns one number per token."""


def read_features(text: str, spans: Spans) -> np.ndarray:
    """Compute every feature of a text.

    Returns:
        float32 (token, feature), in the order of FEATURES.
    """
    columns = [feature(text, spans) for feature in FEATURES.values()]
    return np.array(columns, dtype=np.float32).T.reshape(len(spans), len(FEATURES))


def lines_so_far(text: str, spans: Spans) -> list[str]:
    """Return the line of each token, up to the token's end."""
    return [text[text.rfind("\n", 0, end) + 1 : end] for _, end in spans]


def sentences_so_far(text: str, spans: Spans) -> list[str]:
    """Return the sentence of each token's last character, up to the token's end."""
    starts = sentence_starts(text)
    return [text[starts[bisect_right(starts, max(0, end - 1)) - 1] : end] for _, end in spans]


def stripped(text: str, spans: Spans) -> list[str]:
    """Return each token without surrounding white space."""
    return [text[start:end].strip() for start, end in spans]


def words_and_tokens(text: str, spans: Spans) -> list[tuple[str, str]]:
    """Return, per token, the alphanumeric word up to the token's end, and the part of it inside the token.

    >>> words_and_tokens("an owlet.", [(0, 2), (2, 6), (6, 8), (8, 9)])
    [('an', 'an'), ('owl', 'owl'), ('owlet', 'et'), ('', '')]
    """
    pairs = []
    for start, end in spans:
        first = end
        while first and text[first - 1].isalnum():
            first -= 1
        pairs.append((text[first:end], text[max(start, first) : end]))
    return pairs
