"""The states or gates of one layer after each token of a text, for any predictor."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch

from rnn_demo.cells import CELLS, Quantity
from rnn_demo.checks import require_layer, require_tokens
from rnn_demo.errors import unknown_name
from rnn_demo.predictor import Predictor, Reading
from rnn_demo.words import Word, words_of


@dataclass(frozen=True)
class Subword:
    """A token and where it stands in the text, as `words_of` takes it."""

    token: str
    start: int
    end: int


@dataclass(frozen=True)
class HiddenTrace:
    """One quantity of one layer after each token of a text."""

    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    """(start, end) of each token in the text, code points."""
    states: np.ndarray
    """float32 (token, unit); h, another state or a gate. For a tagger, of its forward encoder."""
    layer: int
    """From 0, the layer nearest to the input."""

    def cut(self, part: slice) -> Self:
        """Return the trace of a slice of the tokens."""
        return replace(self, tokens=self.tokens[part], spans=self.spans[part], states=self.states[part])

    def words(self) -> tuple[Word, ...]:
        """Return the words that the tokens make up."""
        return words_of([Subword(token, *span) for token, span in zip(self.tokens, self.spans, strict=True)])

    def by_word(self) -> Self:
        """Return the trace after each word: its state is that after its last token."""
        words = self.words()
        return replace(
            self,
            tokens=tuple(word.text for word in words),
            spans=tuple((word.start, word.end) for word in words),
            states=self.states[[word.last for word in words]],
        )


def quantities_of(predictor: Predictor) -> dict[str, Quantity]:
    """Return the quantities of a predictor's cells: the states, h first, then the gates."""
    return CELLS[predictor.model.encoder.config.cell].quantities


@torch.inference_mode()
def trace_hidden_states(predictor: Predictor, reading: Reading, layer: int = -1, quantity: str = "h") -> HiddenTrace:
    """Return the states or gates of one layer, one row per token, without the prefix.

    Args:
        predictor: a loaded checkpoint.
        reading: its reading of a text of one token or more.
        layer: 0 is nearest to the input; negative numbers count from the end.
        quantity: a name in `quantities_of`. For quantities other than h the text is read again.

    Raises:
        InputError: there is no such layer or quantity, or the text has no tokens.
    """
    layer = require_layer(layer, predictor.model.encoder.config.num_layers)
    if quantity not in quantities_of(predictor):
        raise unknown_name("quantity", quantity, quantities_of(predictor))
    encoded = reading.encoded
    require_tokens(encoded.tokens)
    if quantity == "h":
        values = reading.layers[layer]
    else:
        values = predictor.model.encoder.forward_with_gates(torch.tensor([encoded.token_ids]))[layer][quantity]
    states = values[0, len(encoded.prefix_ids) :].numpy()  # (token, unit)
    return HiddenTrace(tuple(token.token for token in encoded.tokens), encoded.spans, states, layer)
