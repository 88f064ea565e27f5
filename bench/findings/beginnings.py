"""What the first tokens of a text cost, from a zero state and from the state that other texts have left."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bench.findings.report import Material, Section, table
from rnn_demo.cells import State
from rnn_demo.language.write import Writer

BEGINNING, FIRST = 80, 20
"""Tokens that are measured, and the first part of them."""


def section(material: Material) -> Section:
    """Measure every language model."""
    before, measured = material.chunks[::2], material.chunks[1::2]
    rows = []
    for name, writer in material.predictors(Writer).items():
        costs = [mean_nats(writer, measured, state) for state in (None, state_after(writer, before))]
        parts = (slice(0, FIRST), slice(FIRST, BEGINNING))
        rows.append([name, *(f"{float(cost[part].mean()):.2f}" for part in parts for cost in costs)])
    header = ["model", "tokens 1 to 20, zero state", "carried state", "tokens 21 to 80, zero state", "carried state"]
    return Section(
        [table(header, rows)],
        f"Nats per token, the mean over {len(measured)} held-out passages; a carried state is the one that "
        f"{len(before)} other passages have left. A network that always carried its state over while training can come "
        "to rely on that ([experiments](experiments.md)), so training now and then starts a stream from zero (Melis et "
        "al. 2018, arXiv:1707.05589).",
    )


@torch.inference_mode()
def state_after(writer: Writer, texts: Sequence[str]) -> State | None:
    """Read texts one after the other, and return the state that they leave."""
    state = None
    for text in texts:
        state = writer.model.predict(torch.tensor([writer.encode(text).token_ids]), state)[1]
    return state


@torch.inference_mode()
def mean_nats(writer: Writer, texts: Sequence[str], state: State | None) -> Tensor:
    """Return what each of the first BEGINNING tokens costs, the mean over texts: float32 (token,), nats."""
    return nn.utils.rnn.pad_sequence([nats_of(writer, text, state) for text in texts]).mean(1)


def nats_of(writer: Writer, text: str, state: State | None) -> Tensor:
    """Return what each of the first BEGINNING tokens of a text costs: float32 (token,), nats."""
    encoded = writer.encode(text)
    first = len(encoded.prefix_ids)
    token_ids = torch.tensor([encoded.token_ids[: first + BEGINNING]])
    logits, _ = writer.model.predict(token_ids[:, :-1], state)
    return nn.functional.cross_entropy(logits[0, first - 1 :], token_ids[0, first:], reduction="none")
