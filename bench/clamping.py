"""How clamping changes what a language model writes: `python -m bench.clamping`.

For each setting, many texts are written from one prompt with the sentiment direction or the best single unit clamped,
and a sentiment classifier scores them (Radford et al. 2017, arXiv:1704.01444, show six such texts and measure none).
The perplexity of a text under the unmodified model is the cost of clamping.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import tyro

from bench.intervals import interval, ratio_of
from rnn_demo.checkpoint import CHECKPOINTS_DIR
from rnn_demo.errors import CheckpointError
from rnn_demo.language.clamping import Clamp, read_clamped
from rnn_demo.language.evaluate import count_losses
from rnn_demo.language.write import Writer
from rnn_demo.microscope.sentiment_direction import SentimentDirection
from rnn_demo.precomputed import Entry, read_precomputed
from rnn_demo.sentiment.evaluate import review_ids, score_rows
from rnn_demo.sentiment.score import SentimentScorer

PROMPT, DOMAIN = "The movie was", "review"
SAMPLES, LENGTH, TEMPERATURE, SEED = 100, 60, 0.8, 0
DEVIATIONS = (-12, -8, -4, 0, 4, 8, 12)


@dataclass(frozen=True)
class ClampedTexts:
    """The texts of one setting, measured."""

    setting: str
    layer: int | None
    """None for the unmodified model."""
    samples: int
    score: float
    """Mean P(positive) of prompt and text."""
    low: float
    high: float
    """Bootstrap 95 % interval of the score, over the texts."""
    perplexity: float
    """Of what was written after the prompt, under the unmodified model."""
    example: str
    """The first text, prompt included."""


def settings_of(entry: Entry, layer: int) -> dict[str, Clamp]:
    """Return the settings of one layer: the sentiment direction, then the best unit at its extremes and its limits."""
    direction = SentimentDirection.from_entry(entry, layer)
    settings = {
        f"direction at {deviations:+} sd": Clamp(layer, {}, direction.vector, direction.at(deviations))
        for deviations in DEVIATIONS
    }
    limit = math.copysign(1, direction.unit_positive - direction.unit_negative)
    for value in (-limit, direction.unit_negative, direction.unit_positive, limit):
        settings[f"unit {direction.unit} at {value:+.2f}"] = Clamp(layer, {direction.unit: value})
    return settings


@torch.inference_mode()
def write_many(writer: Writer, clamp: Clamp | None, samples: int, length: int) -> list[list[int]]:
    """Write many texts side by side, at one temperature and without top-k or top-p; token ids without the prompt."""
    generator = torch.Generator().manual_seed(SEED)
    token_ids = torch.tensor([writer.encode(PROMPT, DOMAIN).token_ids]).expand(samples, -1)
    state, columns = None, []
    for _ in range(length):
        encoded = read_clamped(writer.model.encoder, token_ids, state, clamp)
        state = encoded.final_state
        logits = writer.model.logits(encoded.outputs[:, -1])
        logits[:, list(writer.tokenizer.suppressed_ids)] = -torch.inf
        token_ids = torch.multinomial((logits / TEMPERATURE).softmax(-1), 1, generator=generator)
        columns.append(token_ids)
    eos_id = writer.tokenizer.eos_id
    rows = torch.cat(columns, dim=1).tolist()
    return [row[: row.index(eos_id)] if eos_id in row else row for row in rows]


@torch.inference_mode()
def measure(
    writer: Writer,
    scorer: SentimentScorer,
    entry: Entry,
    layers: Sequence[int] | None = None,
    *,
    samples: int = SAMPLES,
    length: int = LENGTH,
    on_row: Callable[[ClampedTexts], None] = lambda row: None,
) -> list[ClampedTexts]:
    """Write texts for each setting, and score them.

    Args:
        writer: the language model.
        scorer: scores the texts.
        entry: the writer's precomputed `sentiment_direction`.
        layers: to clamp in; None is each.
        samples: texts per setting.
        length: tokens per text, at most.
        on_row: called with each row as soon as it is measured.

    Returns:
        The unmodified texts, then each setting of each layer.
    """
    chosen = range(writer.model.config.num_layers) if layers is None else layers
    clamps = [(layer, name, clamp) for layer in chosen for name, clamp in settings_of(entry, layer).items()]
    settings: list[tuple[int | None, str, Clamp | None]] = [(None, "unmodified", None), *clamps]
    rows = []
    for layer, name, clamp in settings:
        rows.append(judge(writer, scorer, write_many(writer, clamp, samples, length), name, layer))
        on_row(rows[-1])
    return rows


def judge(
    writer: Writer, scorer: SentimentScorer, rows: list[list[int]], setting: str, layer: int | None
) -> ClampedTexts:
    """Score texts, and measure their perplexity under the unmodified model."""
    texts = [PROMPT + writer.tokenizer.decode(row) for row in rows]
    scores = score_rows(scorer.model, review_ids(texts, scorer.tokenizer))
    score, low, high = interval(np.stack([scores, np.ones(len(scores))], 1), ratio_of)
    prompt = writer.encode(PROMPT, DOMAIN).token_ids
    nats, tokens = count_losses(writer.model, [prompt + row for row in rows])
    prompt_nats, prompt_tokens = count_losses(writer.model, [prompt])
    written = max(1, tokens - len(rows) * prompt_tokens)
    perplexity = math.exp((nats - len(rows) * prompt_nats) / written)
    return ClampedTexts(setting, layer, len(rows), score, low, high, perplexity, texts[0])


def main(checkpoints_dir: Path = CHECKPOINTS_DIR, model: str = "lm-lstm", judge: str = "sentiment-lstm") -> None:
    """Measure and print a table.

    Args:
        checkpoints_dir: holds one folder per checkpoint.
        model: the language model, with its precomputed analyses.
        judge: the sentiment model.
    """
    entry = read_precomputed(checkpoints_dir / model).get("sentiment_direction")
    if entry is None:
        raise CheckpointError(
            f"{checkpoints_dir / model} has no sentiment direction: run `python train.py precompute` on it"
        )
    print(f"{SAMPLES} texts of {LENGTH} tokens per setting after {PROMPT!r}, temperature {TEMPERATURE}.\n")
    print("| layer | clamped | P(positive) | 95 % interval | perplexity | one text |\n|---|---|---|---|---|---|")
    writer, scorer = Writer.load(checkpoints_dir / model), SentimentScorer.load(checkpoints_dir / judge)
    measure(writer, scorer, entry, on_row=print_row)


def print_row(row: ClampedTexts) -> None:
    """Print a line of the table."""
    layer = "" if row.layer is None else row.layer
    between, example = f"{row.low:.2f} to {row.high:.2f}", " ".join(row.example.split())
    print(f"| {layer} | {row.setting} | {row.score:.2f} | {between} | {row.perplexity:.1f} | {example} |", flush=True)


if __name__ == "__main__":
    tyro.cli(main)
