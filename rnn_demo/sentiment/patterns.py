"""Everyday sentences made from patterns: forms that are rare in reviews, each with its opposite.

"Isn't it great?", "I wouldn't say I liked it", "not bad at all": a network that has met "not" beside blame all its life
calls each of them negative. In patterns.toml a pattern stands with its minimal pair, in which one word changes the
verdict (Kaushik et al. 2020, arXiv:1909.12434, let people write such pairs). Questions that only ask, and plain facts,
are neutral.
"""

import random
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

OPINIONS, FACTS = 0.6, 0.26
"""Shares of the sentences; the rest are opinions told by emoji."""
NEUTRAL = 0.1
"""Share of the opinions that are of neither side."""
INNERMOST = re.compile(r"\{([^{}]*)\}")


class Sentence(NamedTuple):
    """A sentence and how positive it is, 0 .. 1."""

    text: str
    target: float


@cache
def read_patterns() -> dict[str, Any]:
    """Read patterns.toml: facts, neutral, pairs, emoji, lists and kinds."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def fill(pattern: str, draw: random.Random) -> str:
    """Choose words for a pattern, from the inside out; its things are of one kind, and so is what is said of them.

    >>> fill("the {{bitter}} {end|end}", random.Random(0))
    'the bitter end'
    """
    known = read_patterns()
    kind, other = draw.choices(list(known["kinds"].values()), k=2)
    lists = {**known["lists"], "x": kind["things"], "other": other["things"], "it": ["it", draw.choice(kind["things"])]}
    lists["year"] = [str(draw.randrange(1930, 2025))]

    def choose(slot: re.Match[str]) -> str:
        inside = slot.group(1)
        if inside in ("good", "bad") and draw.random() < 0.5:
            return draw.choice(kind[inside])
        return draw.choice(lists[inside] if inside in lists else inside.split("|"))

    while INNERMOST.search(pattern):
        pattern = INNERMOST.sub(choose, pattern)
    return pattern


def as_typed(text: str, draw: random.Random) -> str:
    """Write a sentence as somebody types it: with a capital and a stop or without, sometimes all in capitals."""
    how = draw.random()
    if how < 0.12:
        return text
    text = text[:1].upper() + text[1:]
    if text[-1:].isalnum():
        text += draw.choice(("", ".", ".", ".", "!"))
    return text.upper() if how < 0.2 else text.lower() if how < 0.35 else text


def make_sentences(count: int, seed: int) -> list[Sentence]:
    """Return different sentences: opinions, facts, and opinions expressed by emoji."""
    draw = random.Random(seed)
    made: dict[str, float] = {}
    while len(made) < count:
        share = draw.random()
        kind = _opinion if share < OPINIONS else _fact if share < OPINIONS + FACTS else _with_emoji
        sentence = kind(draw)
        made.setdefault(as_typed(sentence.text, draw), sentence.target)
    return [Sentence(text, target) for text, target in made.items()]


def _opinion(draw: random.Random) -> Sentence:
    if draw.random() < NEUTRAL:
        return Sentence(fill(draw.choice(read_patterns()["neutral"]), draw), 0.5)
    score, praise, blame = draw.choice(read_patterns()["pairs"])
    positive = draw.random() < 0.5
    return Sentence(fill(praise if positive else blame, draw), score if positive else 1 - score)


def _fact(draw: random.Random) -> Sentence:
    return Sentence(fill(draw.choice(read_patterns()["facts"]), draw), 0.5)


def _with_emoji(draw: random.Random) -> Sentence:
    side, target = draw.choice((("good", 0.9), ("bad", 0.1)))
    signs = draw.choice(read_patterns()["emoji"][side]) * draw.choice((1, 1, 1, 2, 3))
    facts = draw.choices(read_patterns()["facts"], k=4)
    words = fill(draw.choice(("", "{x}", f"{{x}} {{is|was}} {{{side}}}", *facts)), draw)
    return Sentence(f"{words.rstrip('?')} {signs}".strip(), target)
