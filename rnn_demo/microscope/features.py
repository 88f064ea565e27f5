"""What can be read off a text at each token, from its characters alone: what a unit may keep track of.

A feature is a number a token, of the text up to the end of that token and never of what comes after: a network that
reads forwards cannot know more. Source of the idea: Karpathy, Johnson & Fei-Fei 2015, arXiv:1506.02078, section 4.2.

A line is what stands between two newlines, so a paragraph of a novel is one. Quotation marks and brackets that are
still open at the end of a line are taken for closed, as a novel opens every paragraph of a long speech anew. Single
quotation marks are apostrophes too and are not counted.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence

import numpy as np

Spans = Sequence[tuple[int, int]]
"""Where each token stands in the text, code points, half open."""

SENTENCE_END = re.compile(
    r"""(?<! \b Mr) (?<! \b Mrs) (?<! \b Dr) (?<! \b St) [.!?]+ ["'”’)\]]* \s+ | \n+""", re.VERBOSE
)
NEGATION = re.compile(r"\b(?:not|no|never|nothing|nobody|none|neither|nor|without|cannot)\b|n['’]t\b", re.IGNORECASE)


def sentence_starts(text: str) -> list[int]:
    r"""Return where the sentences of a text begin; a new line begins one, too.

    >>> sentence_starts('He came. "Mr. Fox?" she said.\nNo.')
    [0, 9, 20, 30]
    """
    starts = {0, *(match.end() for match in SENTENCE_END.finditer(text))}
    return sorted(start for start in starts if start < len(text) or not start)


def inside_quotes(text: str, spans: Spans) -> list[float]:
    """1 while a double quotation mark is open."""
    lines = lines_so_far(text, spans)
    return [float(line.count('"') % 2 or line.rfind("“") > line.rfind("”")) for line in lines]


def inside_brackets(text: str, spans: Spans) -> list[float]:
    """1 while a round or square bracket is open."""
    lines = lines_so_far(text, spans)
    return [float(line.rfind("(") > line.rfind(")") or line.rfind("[") > line.rfind("]")) for line in lines]


def position_in_text(text: str, spans: Spans) -> list[float]:
    """Tokens so far."""
    return [float(place) for place in range(1, len(spans) + 1)]


def position_in_line(text: str, spans: Spans) -> list[float]:
    """Characters since the last newline."""
    return [float(len(line)) for line in lines_so_far(text, spans)]


def position_in_sentence(text: str, spans: Spans) -> list[float]:
    """Characters since the sentence began."""
    return [float(len(sentence)) for sentence in sentences_so_far(text, spans)]


def after_negation(text: str, spans: Spans) -> list[float]:
    """1 where a word such as "not" has stood in the sentence."""
    return [float(bool(NEGATION.search(sentence))) for sentence in sentences_so_far(text, spans)]


def capital_letter(text: str, spans: Spans) -> list[float]:
    """1 where the token begins with a capital letter."""
    return [float(shown[:1].isupper()) for shown in stripped(text, spans)]


def all_capitals(text: str, spans: Spans) -> list[float]:
    """1 where the token has two letters or more and all are capitals."""
    return [float(sum(map(str.isalpha, shown)) > 1 and shown.isupper()) for shown in stripped(text, spans)]


def start_of_word(text: str, spans: Spans) -> list[float]:
    """1 where the token begins a word."""
    return [float(bool(word) and word == shown) for word, shown in words_and_tokens(text, spans)]


def inside_word(text: str, spans: Spans) -> list[float]:
    """1 where the token goes on with a word that an earlier token began."""
    return [float(bool(word) and len(word) > len(shown)) for word, shown in words_and_tokens(text, spans)]


def word_length(text: str, spans: Spans) -> list[float]:
    """Letters of the word so far; 0 where the text stands at no word."""
    return [float(len(word)) for word, _ in words_and_tokens(text, spans)]


def punctuation(text: str, spans: Spans) -> list[float]:
    """1 where the token is signs alone."""
    return [float(bool(shown) and not any(map(str.isalnum, shown))) for shown in stripped(text, spans)]


def comma(text: str, spans: Spans) -> list[float]:
    """1 at a comma."""
    return [float("," in text[start:end]) for start, end in spans]


def end_of_sentence(text: str, spans: Spans) -> list[float]:
    """1 at a stop, an exclamation mark or a question mark."""
    return [float(any(sign in text[start:end] for sign in ".!?")) for start, end in spans]


def new_line(text: str, spans: Spans) -> list[float]:
    """1 at a newline."""
    return [float("\n" in text[start:end]) for start, end in spans]


def digits(text: str, spans: Spans) -> list[float]:
    """1 where the token holds a digit."""
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
"""Name on the page -> what computes it, a number a token. A new one is a function and a line here."""


def read_features(text: str, spans: Spans) -> np.ndarray:
    """Compute every feature of a text.

    Returns:
        float32 (token, feature), in the order of FEATURES.
    """
    columns = [feature(text, spans) for feature in FEATURES.values()]
    return np.array(columns, dtype=np.float32).T.reshape(len(spans), len(FEATURES))


def lines_so_far(text: str, spans: Spans) -> list[str]:
    """The line in which each token stands, up to the token's end."""
    return [text[text.rfind("\n", 0, end) + 1 : end] for _, end in spans]


def sentences_so_far(text: str, spans: Spans) -> list[str]:
    """The sentence in which each token's last character stands, up to the token's end."""
    starts = sentence_starts(text)
    return [text[starts[bisect_right(starts, max(0, end - 1)) - 1] : end] for _, end in spans]


def stripped(text: str, spans: Spans) -> list[str]:
    """Each token without the white space around it."""
    return [text[start:end].strip() for start, end in spans]


def words_and_tokens(text: str, spans: Spans) -> list[tuple[str, str]]:
    """The word up to each token's end, and as much of it as the token brings; a word is letters and digits.

    >>> words_and_tokens("an owlet.", [(0, 2), (2, 6), (6, 8), (8, 9)])
    [('an', 'an'), ('owl', 'owl'), ('owlet', 'et'), ('', '')]
    """
    found = []
    for start, end in spans:
        first = end
        while first and text[first - 1].isalnum():
            first -= 1
        found.append((text[first:end], text[max(start, first) : end]))
    return found
