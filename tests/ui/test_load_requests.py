"""What bench.load sends gets the page's answers, and its problems by name."""

import asyncio
from itertools import islice

import httpx
import pytest

from bench.load.__main__ import EXPECTED_PROBLEM, count_problems
from bench.load.requests import Answer, Request, mixed, send


def ask(url: str, *requests: Request) -> list[Answer]:
    async def send_all() -> list[Answer]:
        async with httpx.AsyncClient(timeout=60) as client:
            return [await send(client, url, request) for request in requests]

    return asyncio.run(send_all())


def test_an_answer_has_its_last_value_and_an_error_its_message(url: str) -> None:
    written, nothing = ask(
        url,
        Request("generate", {"prompt": "A film", "max_new_tokens": 3}),
        Request("score_sentiment", {"text": "..."}),
    )
    assert written.problem == ""
    assert written.value.startswith("A film")
    assert EXPECTED_PROBLEM in nothing.problem
    assert count_problems([written, nothing]) == "none"


def test_every_kind_of_request_is_answered(url: str) -> None:
    assert count_problems(ask(url, *islice(mixed(seed=1), 60))) == "none"


@pytest.mark.parametrize("status", [503, 500])
def test_what_the_server_refuses_is_counted(status: int) -> None:
    async def refuse() -> Answer:
        transport = httpx.MockTransport(lambda request: httpx.Response(status))
        async with httpx.AsyncClient(transport=transport) as client:
            return await send(client, "http://page/", Request("score_sentiment", {"text": "A film"}))

    assert asyncio.run(refuse()).problem == {503: "refused", 500: "HTTPStatusError"}[status]
