"""What the Write tab's page is sent: lines of JSON, a header first, then one for each step. No gradio in here.

The lines are one string that grows, so that gradio sends only what is new.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, zip_longest
from typing import Any

from rnn_demo.results import Candidate, GeneratedToken

Message = dict[str, str]
DONE = json.dumps("done") + "\n"


@dataclass(frozen=True)
class Steered:
    """A click on a bar: the text goes on with the token that was clicked."""

    number: int = -1
    """Of the request that writes on."""
    click: object = None
    """Number of the click, for the page; it has kept the text up to it."""
    column: int = 0
    model: str = ""
    prompt: str = ""
    forced: Sequence[int] = ()
    """Token ids of the continuation so far; the last one was clicked."""


def read_click(number: int, data: Mapping[str, Any]) -> Steered:
    """Read what a browser sent of a click; the service checks model, prompt and tokens."""
    column = data.get("column")
    return Steered(
        number,
        data.get("click"),
        column if isinstance(column, int) else 0,
        data.get("model", ""),
        data.get("prompt", ""),
        data.get("forced", ()),
    )


def growing_lines(header: Mapping[str, Any], streams: Mapping[int, Iterator[GeneratedToken]]) -> Iterator[str]:
    """Yield all lines so far, after the header and after each step.

    Args:
        header: of the message.
        streams: column -> its steps; they take turns.
    """
    lines = to_line(header)
    yield lines
    rounds = zip_longest(*(map(partial(plain_step, column), stream) for column, stream in streams.items()))
    for step in filter(None, chain.from_iterable(rounds)):
        lines += to_line(step)
        yield lines


def plain_step(column: int, token: GeneratedToken) -> list[Any]:
    """Return a step as the page reads it."""
    return [column, token.token, token.token_id, int(token.is_written), plain_candidates(token.candidates)]


def plain_candidates(candidates: Sequence[Candidate]) -> list[list[Any]]:
    """Return candidates as token, id and probability, to four digits.

    >>> plain_candidates([Candidate(" the", 7, 0.123456)])
    [[' the', 7, 0.1235]]
    """
    return [[each.token, each.token_id, float(f"{each.probability:.4g}")] for each in candidates]


def to_line(value: Any) -> str:
    """Return a value as a line of JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
