"""How surprised a language model is by each token of a text.

    surprisal(x_t) = -log2 p(x_t | x_1 .. x_{t-1})                    bits (Shannon 1948)

The bits of all tokens, added up, are what an arithmetic coder would need to send the text with this model (so they can
be divided by its characters, whatever the tokens are). Readers slow down where surprisal is high: Hale 2001, Levy 2008.
"""

import math
from dataclasses import dataclass

import torch

from rnn_demo.checks import require_tokens
from rnn_demo.language.write import Writer
from rnn_demo.predictor import Reading

MAX_TOKENS = 2000
LARGEST_NATS = 700.0
"""Their exponential is still a number; only random weights come near it."""


@dataclass(frozen=True)
class SurprisingToken:
    """A token and how little it was expected."""

    token: str
    start: int
    end: int
    bits: float
    """-log2 of the probability that the model gave it; 0 where it was sure."""


@dataclass(frozen=True)
class Surprisal:
    """What it costs a language model to read a text."""

    tokens: tuple[SurprisingToken, ...]
    bits_per_char: float
    """Over the code points that these tokens stand for."""
    perplexity: float
    """Over these tokens: as uncertain as a fair choice between so many."""
    num_skipped: int
    """Tokens before these, which were read and not counted."""


@torch.inference_mode()
def measure_surprisal(writer: Writer, reading: Reading) -> Surprisal:
    """Measure the surprisal of each token of a text.

    Args:
        writer: a language model.
        reading: its reading of a text; of more than MAX_TOKENS tokens only the last MAX_TOKENS are counted.

    Raises:
        InputError: there is nothing to read.
    """
    encoded = reading.encoded
    require_tokens(encoded.tokens)
    counted = encoded.tokens[-MAX_TOKENS:]
    targets = torch.tensor([token.token_id for token in counted])
    logits = writer.model.logits(reading.layers[-1][0, -len(counted) - 1 : -1])  # logits at t predict t + 1
    nats = -logits.double().log_softmax(-1)[torch.arange(len(targets)), targets]
    tokens = tuple(
        SurprisingToken(token.token, token.start, token.end, bits)
        for token, bits in zip(counted, (nats / math.log(2)).tolist(), strict=True)
    )
    chars = counted[-1].end - counted[0].start
    total = sum(token.bits for token in tokens)
    return Surprisal(
        tokens, total / chars, math.exp(min(float(nats.mean()), LARGEST_NATS)), len(encoded.tokens) - len(tokens)
    )
