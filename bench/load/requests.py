"""What visitors ask: short texts, each one new, so that no answer is remembered from before."""

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from rnn_demo.sentiment.patterns import make_sentences

NEW_TOKENS = 40


@dataclass(frozen=True)
class Request:
    """An endpoint and its values by name."""

    endpoint: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """How a request went."""

    seconds: float
    problem: str
    """Empty where there was an answer; "refused" where the queue was full."""
    value: Any = None


def texts(seed: int) -> Iterator[str]:
    """Yield sentences without end, each with a number, so that no two are alike."""
    for i, sentence in enumerate(make_sentences(2000, seed) * 1000):
        yield f"{sentence.text} No. {seed * 100_000 + i}."


def in_turn(seed: int) -> Iterator[Request]:
    """Score, tag and write NEW_TOKENS, again and again."""
    for text in texts(seed):
        yield Request("score_sentiment", {"text": text})
        yield Request("tag_entities", {"text": text})
        yield Request("generate", {"prompt": text, "max_new_tokens": NEW_TOKENS})


MIX: list[tuple[int, Callable[[str], Request]]] = [
    (30, lambda text: Request("score_sentiment", {"text": text})),
    (25, lambda text: Request("tag_entities", {"text": text})),
    (15, lambda text: Request("next_tokens", {"prompt": text})),
    (8, lambda text: Request("surprisal", {"text": text})),
    (5, lambda text: Request("trace_hidden_states", {"text": text})),
    (4, lambda text: Request("cell_steps", {"text": text})),
    (8, lambda text: Request("generate", {"prompt": text, "max_new_tokens": 10})),
    (2, lambda text: Request("attribute", {"text": text})),
    (1, lambda text: Request("score_sentiment", {"text": text * 60})),
    (2, lambda _: Request("score_sentiment", {"text": "..."})),
]
"""Of a soak: weights, and what is asked of a text. The last one is an error of ours, as many visitors make it."""


def mixed(seed: int) -> Iterator[Request]:
    """Ask all kinds of things."""
    draw = random.Random(seed)
    weights = [weight for weight, _ in MIX]
    for text in texts(seed):
        [(_, make)] = draw.choices(MIX, weights)
        yield make(text)


async def send(client: httpx.AsyncClient, url: str, request: Request) -> Answer:
    """Send a request as a script would, over plain HTTP, and wait for its last value."""
    start = time.monotonic()
    try:
        posted = await client.post(f"{url}gradio_api/call/v2/{request.endpoint}", json=request.values)
        if posted.status_code == 503:
            return Answer(time.monotonic() - start, "refused")
        posted.raise_for_status()
        stream = f"{url}gradio_api/call/{request.endpoint}/{posted.json()['event_id']}"
        text = (await client.get(stream)).text
    except httpx.HTTPError as error:
        return Answer(time.monotonic() - start, type(error).__name__)
    *_, (event, data) = parse_events(text)
    seconds = time.monotonic() - start
    if event == "error":
        return Answer(seconds, (json.loads(data) or {}).get("error") or "error without a message")
    return Answer(seconds, "", json.loads(data)[0])


def parse_events(text: str) -> list[tuple[str, str]]:
    r"""Split what gradio streams into events and their data.

    >>> parse_events('event: heartbeat\ndata: null\n\nevent: complete\ndata: [1]\n\n')
    [('complete', '[1]')]
    """
    events = [part.split("\ndata: ", 1) for part in text.strip().split("\n\n")]
    pairs = [(event.removeprefix("event: "), data) for event, data in events]
    return [pair for pair in pairs if pair[0] != "heartbeat"]
