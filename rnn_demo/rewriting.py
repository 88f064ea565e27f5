"""Texts that a network reads in another spelling, with the way back: what comes out points into the text as typed."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LINE_END = re.compile(r"\r\n?")


@dataclass(frozen=True)
class Rewritten:
    """A text as it is read."""

    text: str
    offsets: Sequence[int]
    """Code points of the typed text before each position in `text`, its end included; a position inside a replacement
    is where that begins."""


def rewrite(text: str, pattern: re.Pattern[str], replace: Callable[[str], str]) -> Rewritten:
    """Replace every match of a pattern, with one character or more.

    >>> rewrite("a & b", re.compile("&"), lambda _: "and")
    Rewritten(text='a and b', offsets=[0, 1, 2, 2, 2, 3, 4, 5])
    """
    parts: list[str] = []
    offsets, end = [0], 0
    for match in pattern.finditer(text):
        replacement = replace(match.group())
        parts += [text[end : match.start()], replacement]
        offsets += range(end + 1, match.start() + 1)
        offsets += [match.start()] * (len(replacement) - 1) + [match.end()]
        end = match.end()
    return Rewritten("".join([*parts, text[end:]]), [*offsets, *range(end + 1, len(text) + 1)])


def with_line_feeds(text: str) -> Rewritten:
    r"""Write every line end as `\n`: no network has learned anything of `\r`, which is a byte to it.

    >>> with_line_feeds("a\r\nb").text
    'a\nb'
    """
    if "\r" not in text:
        return Rewritten(text, range(len(text) + 1))
    return rewrite(text, LINE_END, lambda _: "\n")
