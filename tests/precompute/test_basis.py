"""A precomputed basis is that of the states that a trace of the same texts shows."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tiny_models import NAMES, tiny_checkpoint, tiny_model

from rnn_demo.microscope.basis import Basis, fit_basis
from rnn_demo.microscope.trace import trace_hidden_states
from rnn_demo.precompute import basis as precompute
from rnn_demo.precompute.basis import precompute_basis
from rnn_demo.predictor import Predictor
from rnn_demo.tasks import TASKS
from rnn_demo.tokenizer import Tokenizer

TEXTS = ["Ada met Babbage.", "It was fine in London, he said.", "Rome"]
HELD_OUT: Any = SimpleNamespace(texts=lambda task: [*TEXTS, " "])


@pytest.fixture(params=NAMES)
def predictor(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> Predictor:
    checkpoint = tiny_checkpoint(request.param)
    model = tiny_model(request.param, tokenizer.vocab_size)
    return TASKS[checkpoint.task].predictor(request.param, model, tokenizer, checkpoint)


def test_basis_is_that_of_the_traces_of_the_texts(predictor: Predictor) -> None:
    entry = precompute_basis(predictor, HELD_OUT)
    num_tokens = sum(len(predictor.encode(text).tokens) for text in TEXTS)
    assert entry.notes == {"texts": 3, "states": num_tokens}
    quantities = ("h", "c") if predictor.checkpoint.cell == "lstm" else ("h",)
    assert {name.rsplit(".", 1)[0] for name in entry.arrays} == {
        f"{layer}.{quantity}" for layer in (0, 1) for quantity in quantities
    }
    for layer in (0, 1):
        for quantity in quantities:
            states = np.concatenate(
                [trace_hidden_states(predictor, predictor.read(text), layer, quantity).states for text in TEXTS]
            )
            read, wanted = Basis.from_entry(entry, layer, quantity), fit_basis(states)
            assert read is not None
            np.testing.assert_allclose(read.mean, wanted.mean, atol=1e-5)
            np.testing.assert_allclose(read.explained_variance, wanted.explained_variance, atol=1e-4)


def test_texts_are_spread_evenly_and_cut(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precompute, "NUM_TEXTS", 2)
    monkeypatch.setattr(precompute, "MAX_TOKENS", 3)
    entry = precompute_basis(predictor, HELD_OUT)
    wanted = sum(min(3, len(predictor.encode(text).tokens)) for text in (TEXTS[0], TEXTS[2]))
    assert entry.notes == {"texts": 2, "states": wanted}
