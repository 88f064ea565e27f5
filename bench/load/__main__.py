"""How the page bears many visitors, on loopback: `python -m bench.load`; writes bench/load.md.

The visitors share the machine with the page: part of what the processors do is theirs.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Annotated

import httpx
import numpy as np
import torch
import tyro
from gradio_client import Client
from gradio_client.exceptions import AppError
from gradio_client.utils import QueueError

from bench.load.requests import NEW_TOKENS, Answer, Request, in_turn, mixed, send, texts
from bench.load.server import Server, start_server
from rnn_demo.checkpoint import CHECKPOINTS_DIR, TOKENIZER_NAME
from rnn_demo.tokenizer import Tokenizer

REPORT = Path(__file__).parent.parent / "load.md"
EXPECTED_PROBLEM = "nothing in it that the network can read"
WRITTEN_TOKENS = 120
"""By each of many writers."""


def visit(url: str, seed: int, seconds: float) -> list[Answer]:
    """Ask in turn with gradio's own client for some seconds."""
    start = time.monotonic()
    deadline = start + seconds
    try:
        client = Client(url, verbose=False)
    except (httpx.HTTPError, ValueError) as error:
        return [Answer(time.monotonic() - start, f"no connection: {type(error).__name__}")]
    answers: list[Answer] = []
    for request in in_turn(seed):
        start = time.monotonic()
        if start > deadline:
            break
        try:
            client.predict(**request.values, api_name=f"/{request.endpoint}")
            problem = ""
        except (AppError, QueueError, httpx.HTTPError, ValueError) as error:
            problem = type(error).__name__
        answers.append(Answer(time.monotonic() - start, problem))
    return answers


def visit_together(server: Server, visitors: int, seconds: float) -> str:
    """Let visitors come at once; return a row of the table."""
    before = server.memory_mib()
    with ThreadPoolExecutor(visitors) as threads:
        jobs = [threads.submit(visit, server.url, seed, seconds) for seed in range(visitors)]
        answers = [answer for job in jobs for answer in job.result()]
    good = [answer.seconds for answer in answers if not answer.problem]
    median, late, latest = np.percentile(good or [np.nan], (50, 95, 100))
    return (
        f"| {visitors} | {len(good):,} | {len(good) / seconds:.1f} | {median:.2f} | {late:.2f} | {latest:.2f} | "
        f"{count_problems(answers)} | {before:.0f} -> {server.memory_mib():.0f} |"
    )


def count_problems(answers: list[Answer]) -> str:
    """Say how often each problem came, leaving out texts with nothing to read."""
    problems = Counter(each.problem for each in answers if each.problem and EXPECTED_PROBLEM not in each.problem)
    return ", ".join(f"{number} x {problem}" for problem, number in problems.items()) or "none"


async def soak(server: Server, count: int, lanes: int) -> list[str]:
    """Send many requests of all kinds, some at a time; return rows: answers, problems and memory after each fifth."""
    requests = mixed(seed=900)
    rows = [f"| 0 | | | {server.memory_mib():.0f} |"]
    async with httpx.AsyncClient(timeout=300, limits=httpx.Limits(max_connections=lanes)) as client:
        for part in range(1, 6):
            start = time.monotonic()
            answers = await send_all(client, server.url, islice(requests, count // 5), lanes)
            rate = len(answers) / (time.monotonic() - start)
            rows.append(
                f"| {part * count // 5:,} | {rate:.1f} | {count_problems(answers)} | {server.memory_mib():.0f} |"
            )
            print(rows[-1], flush=True)
    return rows


async def send_all(client: httpx.AsyncClient, url: str, requests: Iterator[Request], lanes: int) -> list[Answer]:
    """Send requests, `lanes` at a time."""
    answers: list[Answer] = []

    async def work() -> None:
        for request in requests:
            answers.append(await send(client, url, request))

    await asyncio.gather(*(work() for _ in range(lanes)))
    return answers


async def write_together(server: Server, writers: int, tokenizer: Tokenizer) -> str:
    """Let writers stream at once; return a row: tokens a second of each, from request to last token."""
    prompts = list(islice(texts(seed=700 + writers), writers))
    async with httpx.AsyncClient(timeout=300, limits=httpx.Limits(max_connections=writers)) as client:
        requests = [Request("generate", {"prompt": each, "max_new_tokens": WRITTEN_TOKENS}) for each in prompts]
        answers = await asyncio.gather(*(send(client, server.url, request) for request in requests))
    good = [(prompt, answer) for prompt, answer in zip(prompts, answers, strict=True) if not answer.problem]
    written = [len(tokenizer.encode(answer.value.removeprefix(prompt))) for prompt, answer in good]
    rates = [
        count / answer.seconds
        for count, (_, answer) in zip(written, good, strict=True)
        if count > WRITTEN_TOKENS // 2  # a text that the model ends at once says nothing of speed
    ]
    together = sum(written) / max(answer.seconds for answer in answers)
    slowest, median = np.percentile(rates or [np.nan], (0, 50))
    return f"| {writers} | {together:.0f} | {median:.0f} | {slowest:.0f} | {count_problems(answers)} |"


def main(
    seconds: Annotated[float, tyro.conf.arg(help="of each number of visitors")] = 60,
    visitors: Annotated[tuple[int, ...], tyro.conf.arg(help="at once")] = (1, 10, 50, 100),
    writers: Annotated[tuple[int, ...], tyro.conf.arg(help="streams at once")] = (1, 10, 50),
    requests: Annotated[int, tyro.conf.arg(help="of the soak")] = 10_000,
    lanes: Annotated[int, tyro.conf.arg(help="requests at a time in the soak")] = 20,
) -> None:
    """Measure, and write bench/load.md."""
    tokenizer = Tokenizer.from_file(CHECKPOINTS_DIR / "lm-lstm" / TOKENIZER_NAME)
    with start_server() as server:
        started = server.memory_mib()
        visits = [visit_together(server, number, seconds) for number in visitors]
        print(*visits, sep="\n", flush=True)
        writing = [asyncio.run(write_together(server, number, tokenizer)) for number in writers]
        print(*writing, sep="\n", flush=True)
        soaked = asyncio.run(soak(server, requests, lanes))
    REPORT.write_text(
        "\n".join(
            [
                "# Load",
                "",
                "`python -m bench.load`: the page and its visitors on one machine, "
                f"{torch.get_num_threads()} CPU threads, torch {torch.__version__}. The page takes {started:.0f} MiB "
                "once it has started.",
                "",
                "## Visitors",
                "",
                f"Each scores a sentence, tags it and writes {NEW_TOKENS} tokens, in turn, with gradio_client, for "
                f"{seconds:.0f} s. Times are of one answer.",
                "",
                "| visitors | answers | answers/s | median s | 95 % s | longest s | problems | memory MiB |",
                "|---|---|---|---|---|---|---|---|",
                *visits,
                "",
                "## Writers",
                "",
                f"Each streams {WRITTEN_TOKENS} tokens, all at once; from the request to the last token. Texts that "
                "the model ended before half of them do not count in the rate of each.",
                "",
                "| writers | tokens/s together | median tokens/s of each | slowest | problems |",
                "|---|---|---|---|---|",
                *writing,
                "",
                "## Soak",
                "",
                f"{requests:,} requests of all kinds, {lanes} at a time; errors of ours for texts with nothing to read "
                "do not count as problems.",
                "",
                "| requests | per second | problems | memory MiB |",
                "|---|---|---|---|",
                *soaked,
                "",
            ]
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    tyro.cli(main)
