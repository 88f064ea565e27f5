"""What the choices in this repository buy, as ratios taken side by side in one run: `python -m bench.speed`.

Absolute times hold for one machine on one day; the ratios hold better. Each pair is timed in turns, and the best of
several is kept, so that a busy moment hits both or neither.
"""

import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from rnn_demo.cells import CELLS
from rnn_demo.language.config import LanguageModelConfig
from rnn_demo.language.loss import linear_cross_entropy
from rnn_demo.language.model import UNCOUNTED, LanguageModel

VOCAB_SIZE, EMBED_SIZE, HIDDEN_SIZE, NUM_LAYERS = 8000, 256, 512, 2  # of the shipped language models
TURNS = 3
Pair = tuple[str, Callable[[], object], str, Callable[[], object]]


def make_model(cell: str) -> LanguageModel:
    """An untrained language model of the shipped size."""
    torch.manual_seed(0)
    return LanguageModel(
        LanguageModelConfig(
            cell=cell, vocab_size=VOCAB_SIZE, embed_size=EMBED_SIZE, hidden_size=HIDDEN_SIZE, num_layers=NUM_LAYERS
        )
    )


def best_seconds(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Time two calls in turns; the shortest of each, after one turn that does not count."""
    best = [float("inf"), float("inf")]
    for turn in range(TURNS + 1):
        for i, call in enumerate((first, second)):
            start = time.perf_counter()
            call()
            best[i] = min(best[i], time.perf_counter() - start) if turn else best[i]
    return best[0], best[1]


def writing(cell: str) -> Pair:
    """One more token after 100: the state carried, against the whole prefix read again."""
    model, token_ids = make_model(cell).eval(), torch.randint(0, VOCAB_SIZE, (1, 101))
    with torch.inference_mode():
        _, state = model.predict(token_ids[:, :-1])
    carried = torch.inference_mode()(lambda: model.predict(token_ids[:, -1:], state))
    again = torch.inference_mode()(lambda: model.predict(token_ids))
    return f"{cell}: one token after 100, prefix read again", again, "state carried", carried


def reading(cell: str) -> Pair:
    """A sentence of 64 tokens: torch's kernel, against the equations of `explain`."""
    encoder, token_ids = make_model(cell).eval().encoder, torch.randint(0, VOCAB_SIZE, (1, 64))
    equations = torch.inference_mode()(lambda: encoder.forward_with_gates(token_ids))
    kernel = torch.inference_mode()(lambda: encoder(token_ids))
    return f"{cell}: 64 tokens by the equations", equations, "by the kernel", kernel


def training(cell: str) -> Pair:
    """A training step of 64 x 70 tokens: fp32, against bf16 autocast."""
    model, token_ids = make_model(cell), torch.randint(0, VOCAB_SIZE, (64, 71))

    def step(bf16: bool) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss, _ = model(token_ids[:, :-1], token_ids[:, 1:])
        loss.backward()

    return f"{cell}: training step in fp32", lambda: step(False), "in bf16", lambda: step(True)


def vocabulary() -> Pair:
    """Softmax and loss of 4,480 tokens under bf16: whole logits, against block by block."""
    model = make_model("lstm")
    outputs = torch.randn(4480, EMBED_SIZE, dtype=torch.bfloat16, requires_grad=True)
    targets = torch.randint(0, VOCAB_SIZE, (4480,))
    weight = model.encoder.embedding.weight

    def whole() -> None:
        logits = nn.functional.linear(outputs, weight.bfloat16(), model.bias.bfloat16()).float()
        nn.functional.cross_entropy(logits, targets, ignore_index=UNCOUNTED).backward()

    def blocks() -> None:
        linear_cross_entropy(outputs, weight, model.bias, targets, UNCOUNTED).backward()

    return "softmax over 8,000 subwords, whole", whole, "block by block", blocks


def main() -> None:
    """Time every pair and write bench/speed.md."""
    pairs = [make(cell) for make in (writing, reading, training) for cell in CELLS] + [vocabulary()]
    lines = [
        "# Speed",
        "",
        f"`python -m bench.speed`: {VOCAB_SIZE:,} subwords, embeddings of {EMBED_SIZE}, "
        f"{NUM_LAYERS} x {HIDDEN_SIZE} units, "
        f"{torch.get_num_threads()} CPU threads, torch {torch.__version__}. Best of {TURNS}, in turns.",
        "",
        "| this | ms | against | ms | times as fast |",
        "|---|---|---|---|---|",
    ]
    for slow_name, slow, fast_name, fast in pairs:
        slow_s, fast_s = best_seconds(slow, fast)
        lines.append(f"| {slow_name} | {slow_s * 1e3:.1f} | {fast_name} | {fast_s * 1e3:.1f} | {slow_s / fast_s:.1f} |")
        print(lines[-1], flush=True)
    (Path(__file__).parent / "speed.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
