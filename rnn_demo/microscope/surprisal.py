"""The surprisal of each token of a text under a language model.

    surprisal(x_t) = -log2 p(x_t | x_1 .. x_{t-1})                    bits (Shannon 1948)

The sum over all tokens is the length of the text's arithmetic code under the model, so bits per character can be
compared across tokenizers. Human readers slow down where surprisal is high: Hale 2001, Levy 2008.
"""

import math
from dataclasses import dataclass

import torch

from rnn_demo.checks import require_tokens
from rnn_demo.language.cache import CacheOptions, add_cache
from rnn_demo.language.write import Writer
from rnn_demo.predictor import Reading

MAX_TOKENS = 2000
LARGEST_NATS = 700.0
"""The exponential of more would overflow; only random weights come near it."""


@dataclass(frozen=True)
class SurprisingToken:
    """A token and its surprisal."""

    token: str
    start: int
    end: int
    bits: float
    """-log2 of the token's probability."""


@dataclass(frozen=True)
class Surprisal:
    """The surprisal of a text."""

    tokens: tuple[SurprisingToken, ...]
    bits_per_char: float
    """Over the code points of these tokens."""
    perplexity: float
    """Per token: 2 to the power of the mean surprisal."""
    num_skipped: int
    """Earlier tokens, which are read but not counted."""


@torch.inference_mode()
def measure_surprisal(writer: Writer, reading: Reading, cache: CacheOptions | None = None) -> Surprisal:
    """Return the surprisal of each token of a text.

    Args:
        writer: a language model.
        reading: its reading of a text; only the last MAX_TOKENS tokens are counted.
        cache: makes what the text has already said likelier; None for the model alone.

    Raises:
        InputError: the text has no tokens.
    """
    encoded = reading.encoded
    require_tokens(encoded.tokens)
    counted = encoded.tokens[-MAX_TOKENS:]
    targets = torch.tensor([token.token_id for token in counted])
    logits = writer.model.logits(reading.layers[-1][0, -len(counted) - 1 : -1])  # logits at t predict t + 1
    nats = -logits.double().log_softmax(-1)[torch.arange(len(targets)), targets]
    if cache is not None:
        outputs = reading.layers[-1][0, -len(encoded.tokens) - 1 : -1].double()  # h before each token
        all_targets = torch.tensor([token.token_id for token in encoded.tokens])
        nats = -add_cache(-nats, outputs, all_targets, cache)
    tokens = tuple(
        SurprisingToken(token.token, token.start, token.end, bits)
        for token, bits in zip(counted, (nats / math.log(2)).tolist(), strict=True)
    )
    chars = counted[-1].end - counted[0].start
    total = sum(token.bits for token in tokens)
    return Surprisal(
        tokens, total / chars, math.exp(min(float(nats.mean()), LARGEST_NATS)), len(encoded.tokens) - len(tokens)
    )
