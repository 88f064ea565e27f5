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
from rnn_demo.checkpoint import CHECKPOINTS_DIR
from rnn_demo.int8 import pack_weights, unpack_weights
from rnn_demo.language.config import LanguageModelConfig
from rnn_demo.language.decoder import Decoder
from rnn_demo.language.loss import linear_cross_entropy
from rnn_demo.language.model import UNCOUNTED, LanguageModel
from rnn_demo.language.write import Writer

VOCAB_SIZE, EMBED_SIZE, HIDDEN_SIZE, NUM_LAYERS = 8000, 256, 512, 2  # of the shipped language models
TURNS = 3
STEPS = 50
"""Tokens in a turn, where one takes less than a clock can tell."""
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


def decoding(cell: str) -> Pair:
    """One more token: the plain network, against its packed weights."""
    model = make_model(cell)
    model.load_state_dict(unpack_weights(pack_weights(model.state_dict())))
    decoder, token_ids = Decoder(model.eval()), torch.randint(0, VOCAB_SIZE, (1, 101))
    with torch.inference_mode():
        _, state = model.predict(token_ids[:, :-1])
    token_id = int(token_ids[0, -1])
    plain = torch.inference_mode()(lambda: [model.predict(token_ids[:, -1:], state) for _ in range(STEPS)])
    packed = torch.inference_mode()(lambda: [decoder.step([token_id], state) for _ in range(STEPS)])
    return f"{cell}: {STEPS} tokens by the plain network", plain, "by packed weights", packed


def writing_text() -> Pair:
    """A text of lm-lstm as the page writes it, sampling included: the plain network, against its packed weights."""
    fast, plain = (Writer.load(CHECKPOINTS_DIR / "lm-lstm") for _ in range(2))
    vars(plain)["_decoder"] = None

    def write(writer: Writer) -> object:
        prompt = "Once upon a time there was"
        return writer.generate(prompt, max_new_tokens=STEPS, temperature=0.7, top_p=0.9, seed=1, domain="novel")

    return (
        f"lm-lstm writes {STEPS} tokens by the plain network",
        lambda: write(plain),
        "by packed weights",
        lambda: write(fast),
    )


def reading_together() -> Pair:
    """Eight sentences of 32 tokens: one by one, against one batch."""
    model, token_ids = make_model("lstm").eval(), torch.randint(0, VOCAB_SIZE, (8, 32))
    alone = torch.inference_mode()(lambda: [model.encoder(row[None]) for row in token_ids])
    together = torch.inference_mode()(lambda: model.encoder(token_ids))
    return "lstm: 8 sentences of 32 tokens, each alone", alone, "in one pass", together


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
    pairs = [make(cell) for make in (writing, decoding, reading, training) for cell in CELLS]
    pairs += [writing_text(), reading_together(), vocabulary()]
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
