"""The study of a basis reads what the microscope reads: the same states, from the same texts."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tiny_models import NAMES, tiny_checkpoint, tiny_model

from rnn_demo.microscope.basis import fit_basis, read_basis
from rnn_demo.microscope.trace import trace_hidden_states
from rnn_demo.precompute import basis as study
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
    section = precompute_basis(predictor, HELD_OUT)
    num_tokens = sum(len(predictor.encode(text).tokens) for text in TEXTS)
    assert section.notes == {"texts": 3, "states": num_tokens}
    parts = ("h", "c") if predictor.checkpoint.cell == "lstm" else ("h",)
    assert {name.rsplit(".", 1)[0] for name in section.arrays} == {
        f"{layer}.{part}" for layer in (0, 1) for part in parts
    }
    for layer in (0, 1):
        for part in parts:
            states = np.concatenate(
                [trace_hidden_states(predictor, predictor.read(text), layer, part).states for text in TEXTS]
            )
            found, wanted = read_basis(section, layer, part), fit_basis(states)
            assert found is not None
            np.testing.assert_allclose(found.mean, wanted.mean, atol=1e-5)
            np.testing.assert_allclose(found.explained_variance, wanted.explained_variance, atol=1e-4)


def test_texts_are_spread_evenly_and_cut(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "NUM_TEXTS", 2)
    monkeypatch.setattr(study, "MAX_TOKENS", 3)
    section = precompute_basis(predictor, HELD_OUT)
    wanted = sum(min(3, len(predictor.encode(text).tokens)) for text in (TEXTS[0], TEXTS[2]))
    assert section.notes == {"texts": 2, "states": wanted}
