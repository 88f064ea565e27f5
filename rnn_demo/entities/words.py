"""Split a text as people type it into words, the way the CoNLL-2003 corpus is split.

The tagger has only ever read words that somebody else had split, so a text has to come to it in that form: `Iraq's`
is two words there, `O'Brien` and `Jan-April` are one, and the stop of `U.S.` belongs to the word except where the text
ends. None of this is used when a data set brings its own words and sentences.

One regular expression, tried part by part at each place. The last part takes whatever is left, so every code point that
is not white space lies in exactly one word, be it a letter of any script, an emoji or a control character.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# Accents, vowel signs and joiners, which Python's \w leaves out: they belong to the character before them.
MARKS = "\u200c\u200d\ufe0f" + "".join(
    character for character in map(chr, range(0x300, 0x3100)) if unicodedata.category(character).startswith("M")
)
# Kana and Han characters: written without spaces, so each is a word.
IDEOGRAPHS = "\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

ALNUM = rf"(?: [^\W{IDEOGRAPHS}] [{MARKS}]* )"  # a letter of a script with spaces, a digit or an underscore
CLITIC = r"(?: (?i: s | m | d | re | ve | ll ) \b )"
ENDS_TEXT = r"""["'”’]* \s* \Z"""
ABBREVIATION = """Mr | Mrs | Ms | Dr | Prof | Gen | Lt | Col | Capt | Sgt | Sen | Rep | Gov | Rev | St | Jr | Sr
    | Inc | Corp | Ltd | Co | Bros | Jan | Feb | Mar | Apr | Aug | Sept? | Oct | Nov | Dec | Calif | Fla | vs | vol"""

WORD = re.compile(
    rf"""
      (?: https?:// | www\. ) \S* [\w/]                 # a web address, without the stop or bracket after it
    | \w [\w.+-]{{0,63}} @ \w [\w-]* (?: \. \w [\w-]* )+  # a mail address
    | ^ \d{{1,2}} \. (?=\s)                             # 1. where a line begins: a place in a list of results
    | \b [A-Z]{{1,3}} \$                                # US$; the amount is a word of its own
    | (?i: n['’]t ) \b                                  # the "n't" of "don't"
    | \b [^\W\d_]+ (?= (?i: n['’]t ) \b )               # the "do" of "don't", the "ca" of "can't"
    | ['’] {CLITIC}                                     # 's 'm 'd 're 've 'll
    | \b [A-Z] \. (?=\s*[A-Z]) (?! \w )                 # the J. of J. Smith
    | \b (?i: {ABBREVIATION} ) \. (?! \w | {ENDS_TEXT} )

    | (?: (?<!\w) [+.] (?=\d) )?                        # a word or a number: +44 .500
      (?: \b (?: [^\W\d_] \. ){{2,}} (?! {ENDS_TEXT} ) | {ALNUM}+ )     # U.S. a.m.
      (?: (?: -                                         # one-day 1996-08-22 6-4
            | ['’] (?! {CLITIC} )                       # O'Brien o'clock
            | (?<=[A-Z]) & (?=[A-Z])                    # S&P
            | (?<=\d) [.,:/] (?=\d)                     # 1,000 2.5 9:30 1/2
            | (?<=\b[^\W\d_]) \.                        # T.O'Gorman, the U.S at the end of a text
            | \. (?=[a-z])                              # reuters.com
          ) {ALNUM}+ )*

    | --+ | \.\.+ | \*\*+                               # a dash, dots
    | [\U0001f1e6-\U0001f1ff]{{2}}                      # a flag
    | \S (?: [{MARKS}\U0001f3fb-\U0001f3ff] | (?<=\u200d) [^\w\s] )*   # a sign, an ideograph, an emoji of several parts
    """,
    re.VERBOSE | re.MULTILINE,
)

STOP = re.compile(r"[.!?…。！？]+")
CLOSING = frozenset("\"'”’)]»")
"""Signs that may stand between a stop and the end of a sentence."""
SHORTEST_CUT_LINE = 60
"""Code points: a line of fewer is a headline, or a place in a list."""


@dataclass(frozen=True)
class Word:
    """A word where it stands: `text` is the typed text from `start` to `end`."""

    text: str
    start: int
    """Code points before the word."""
    end: int
    """Code points up to the end of the word."""


def split_words(text: str) -> tuple[Word, ...]:
    """Split a text into words, with the place of each.

    >>> [word.text for word in split_words("Iraq's O'Brien didn't pay US$1,000.50 (5%) on 1996-08-22.")]
    ['Iraq', "'s", "O'Brien", 'did', "n't", 'pay', 'US$', '1,000.50', '(', '5', '%', ')', 'on', '1996-08-22', '.']
    >>> split_words("U.S.-led  talks")
    (Word(text='U.S.-led', start=0, end=8), Word(text='talks', start=10, end=15))
    """
    return tuple(Word(match.group(), match.start(), match.end()) for match in WORD.finditer(text))


def split_sentences(text: str) -> list[list[Word]]:
    r"""Split a text into the words of its sentences.

    A sentence ends at a stop, but not before a small letter or a number, and with its line, unless that is long enough
    to have been cut by a text editor.

    >>> text = "ENGLAND WIN\nMr. Fox (of the U.S.) didn't. \"Never!\" he said."
    >>> [" ".join(word.text for word in sentence) for sentence in split_sentences(text)]
    ['ENGLAND WIN', "Mr. Fox ( of the U.S. ) did n't .", '" Never ! " he said .']
    """
    sentences: list[list[Word]] = []
    for word in split_words(text):
        if sentences and not _begins_sentence(text, sentences[-1], word):
            sentences[-1].append(word)
        else:
            sentences.append([word])
    return sentences


def _begins_sentence(text: str, before: Sequence[Word], word: Word) -> bool:
    """Tell whether a word begins a sentence behind the words that are before it."""
    gap = text[before[-1].end : word.start]
    if "\n" in gap:
        line_start = text.rfind("\n", 0, before[-1].start) + 1
        if gap.count("\n") > 1 or before[-1].end - line_start < SHORTEST_CUT_LINE:
            return True
    if STOP.fullmatch(word.text) or (not gap and word.text in CLOSING):
        return False
    last = next((sign.text for sign in reversed(before) if sign.text not in CLOSING), "")
    return bool(STOP.fullmatch(last)) and not (word.text[0].islower() or word.text[0].isdecimal())
