"""Split a text as people type it into words, the way the CoNLL-2003 corpus is split.

The tagger has only read words that somebody else had split, so a text has to reach it in that form: `Iraq's` is two
words there, `O'Brien` and `Jan-April` are one, and the stop of `U.S.` belongs to the word except at the end of a text.
None of this is used for a data set that brings its own words and sentences.

One regular expression, tried part by part at each position. The last part matches any other sign, so every code point
that is not white space lies in exactly one word, be it a letter of any script, an emoji or a control character.
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

HYPHENS = "-\u2010\u2011"
ALNUM = rf"(?: [^\W{IDEOGRAPHS}] [{MARKS}]* )"  # a letter of a script with spaces, a digit or an underscore
CLITIC = r"(?: (?i: s | m | d | re | ve | ll ) \b )"
ENDS_TEXT = r"""["'”’]* \s* \Z"""
ABBREVIATION = """Mr | Mrs | Ms | Dr | Prof | Gen | Lt | Col | Capt | Sgt | Sen | Rep | Gov | Rev | St | Jr | Sr
    | Inc | Corp | Ltd | Co | Bros | Jan | Feb | Mar | Apr | Aug | Sept? | Oct | Nov | Dec | Calif | Fla | vs | vol"""

WORD = re.compile(
    rf"""
      (?: https?:// | www\. ) \S* [\w/]                 # a web address, without the stop or bracket after it
    | \w [\w.+-]{{0,63}} @ \w [\w-]* (?: \. \w [\w-]* )+  # a mail address
    | ^ \d{{1,2}} \. (?=\s)                             # 1. at the start of a line: a rank in a list
    | \b [A-Z]{{1,3}} \$                                # US$; the amount is a word of its own
    | (?i: n['’]t ) \b                                  # the "n't" of "don't"
    | \b [^\W\d_]+ (?= (?i: n['’]t ) \b )               # the "do" of "don't", the "ca" of "can't"
    | ['’] {CLITIC}                                     # 's 'm 'd 're 've 'll
    | \b [A-Z] \. (?=\s*[A-Z]) (?! \w )                 # the J. of J. Smith
    | \b (?i: {ABBREVIATION} ) \. (?! \w | {ENDS_TEXT} )

    | (?: (?<!\w) [+.] (?=\d) )?                        # a word or a number: +44 .500
      (?: \b (?: [^\W\d_] \. ){{2,}} (?! {ENDS_TEXT} ) | {ALNUM}+ )     # U.S. a.m.
      (?: (?: [{HYPHENS}]                               # one-day 1996-08-22 6-4
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
WRAPPED_LINE = 60
"""Code points: a text editor breaks lines as long as this."""
HEADLINE_WORDS = 3
LIST_ITEM = re.compile(r"[-*•] | \d{1,2} [.)] \s", re.VERBOSE)


@dataclass(frozen=True)
class Word:
    """A word and its span in the typed text."""

    text: str
    start: int
    end: int


def split_words(text: str) -> tuple[Word, ...]:
    """Return the words of a text.

    >>> [word.text for word in split_words("Iraq's O'Brien didn't pay US$1,000.50 (5%) on 1996-08-22.")]
    ['Iraq', "'s", "O'Brien", 'did', "n't", 'pay', 'US$', '1,000.50', '(', '5', '%', ')', 'on', '1996-08-22', '.']
    >>> split_words("U.S.-led  talks")
    (Word(text='U.S.-led', start=0, end=8), Word(text='talks', start=10, end=15))
    """
    return tuple(Word(match.group(), match.start(), match.end()) for match in WORD.finditer(text))


def split_sentences(text: str) -> list[list[Word]]:
    r"""Return the words of each sentence of a text.

    A sentence ends at a stop that no small letter and no number follows, at a blank line, at a tab, and at the end of a
    line that is no part of a paragraph (see `_ends_at_break`).

    >>> text = "ENGLAND WIN\nMr. Fox (of the\nU.S.) didn't. \"Never!\" he said."
    >>> [" ".join(word.text for word in sentence) for sentence in split_sentences(text)]
    ['ENGLAND WIN', "Mr. Fox ( of the U.S. ) did n't .", '" Never ! " he said .']
    """
    text = text.replace("\r\n", " \n").replace("\r", "\n")  # as long as before
    sentences: list[list[Word]] = []
    for word in split_words(text):
        if sentences and not _begins_sentence(text, sentences[-1], word):
            sentences[-1].append(word)
        else:
            sentences.append([word])
    return sentences


def _begins_sentence(text: str, before: Sequence[Word], word: Word) -> bool:
    """Return whether a word after those of `before` begins a sentence."""
    gap = text[before[-1].end : word.start]
    if "\t" in gap or gap.count("\n") > 1 or ("\n" in gap and _ends_at_break(text, before[-1].end, word.start)):
        return True
    if STOP.fullmatch(word.text) or (not gap and word.text in CLOSING):
        return False
    last = next((sign.text for sign in reversed(before) if sign.text not in CLOSING), "")
    return bool(STOP.fullmatch(last)) and not (word.text[0].islower() or word.text[0].isdecimal())


def _ends_at_break(text: str, end: int, start: int) -> bool:
    """Return whether a sentence ends with its line, at a single line break between `end` and `start`.

    Lines of a paragraph have words in small letters; a headline, a list and an address have none. A name on two lines
    by itself is one name, so two lines of one word each belong together.
    """
    line_start = text.rfind("\n", 0, end) + 1
    line = text[line_start:end]
    following_end = text.find("\n", start)
    following = text[start : following_end if following_end >= 0 else len(text)]
    if line.endswith(":") or LIST_ITEM.match(following):
        return True
    if len(line) >= WRAPPED_LINE or _has_small_word(line):
        return False
    words = line.split()
    if len(words) >= HEADLINE_WORDS or (len(words) > 1 and line.isupper()):
        return True
    if _has_small_word(following):
        return False
    if len(words) > 1 or len(following.split()) > 1:
        return True
    others = text[:line_start].rpartition("\n\n")[2] + text[start + len(following) :].partition("\n\n")[0]
    return bool(others.strip()) and not _has_small_word(others)


def _has_small_word(line: str) -> bool:
    return any(word[0].islower() for word in line.split())
