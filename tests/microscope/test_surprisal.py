"""Surprisal against its definition, token by token, and the numbers for the whole text."""

import math

import pytest
import torch
from tiny import checkpoint_of, language_model

from rnn_demo.cells import CELLS
from rnn_demo.errors import InputError
from rnn_demo.language.cache import CacheOptions
from rnn_demo.language.write import Writer
from rnn_demo.microscope import surprisal as surprisal_module
from rnn_demo.microscope.surprisal import measure_surprisal
from rnn_demo.tokenizer import Tokenizer

TEXT = "It was a good evening, 東京.\nShe walked."


@pytest.fixture(params=CELLS)
def writer(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> Writer:
    """Make a writer with random weights."""
    return Writer("tiny", language_model(tokenizer.vocab_size, request.param, 2), tokenizer, checkpoint_of("lm"))


@torch.inference_mode()
def bits_by_definition(writer: Writer, text: str) -> list[float]:
    encoded = writer.encode(text)
    ids, bits = encoded.token_ids, []
    for place in range(len(encoded.prefix_ids), len(ids)):
        logits, _ = writer.model.predict(torch.tensor([ids[:place]]))
        bits.append(-float(logits[0, -1].double().log_softmax(0)[ids[place]]) / math.log(2))
    return bits


def test_bits_are_those_of_the_definition(writer: Writer) -> None:
    measured = measure_surprisal(writer, writer.read(TEXT))
    expected = bits_by_definition(writer, TEXT)
    assert [token.bits for token in measured.tokens] == pytest.approx(expected, rel=1e-4)
    assert measured.bits_per_char == pytest.approx(sum(expected) / len(TEXT), rel=1e-4)
    assert measured.perplexity == pytest.approx(2 ** (sum(expected) / len(expected)), rel=1e-3)
    assert "".join(TEXT[token.start : token.end] for token in measured.tokens) == TEXT
    assert measured.num_skipped == 0


def test_of_a_long_text_the_last_tokens_are_counted_and_the_others_read(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = measure_surprisal(writer, writer.read(TEXT))
    monkeypatch.setattr(surprisal_module, "MAX_TOKENS", 5)
    last = measure_surprisal(writer, writer.read(TEXT))
    assert last.num_skipped == len(whole.tokens) - 5
    assert [token.bits for token in last.tokens] == pytest.approx([t.bits for t in whole.tokens[-5:]], rel=1e-4)
    chars = whole.tokens[-1].end - whole.tokens[-5].start
    assert last.bits_per_char == pytest.approx(sum(token.bits for token in last.tokens) / chars)


def test_a_text_of_nothing_is_refused(writer: Writer) -> None:
    with pytest.raises(InputError, match="the text is empty"):
        measure_surprisal(writer, writer.read(""))


def test_a_cache_makes_the_same_words_cheaper_when_they_come_again(writer: Writer) -> None:
    reading = writer.read("She walked to London. " * 4)
    alone, cached = measure_surprisal(writer, reading), measure_surprisal(writer, reading, CacheOptions())
    assert cached.tokens[0].bits == pytest.approx(alone.tokens[0].bits)
    assert sum(token.bits for token in cached.tokens[-6:]) < sum(token.bits for token in alone.tokens[-6:])
    assert cached.bits_per_char < alone.bits_per_char
