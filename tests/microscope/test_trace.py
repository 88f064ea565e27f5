"""A trace is what the encoder gives, one row a token of the text, for every kind of predictor."""

import numpy as np
import pytest
import torch
from tiny_models import NAMES, tiny_checkpoint, tiny_model

from rnn_demo.errors import InputError
from rnn_demo.microscope.trace import quantities_of, trace_hidden_states
from rnn_demo.predictor import Predictor
from rnn_demo.tasks import TASKS
from rnn_demo.tokenizer import Tokenizer

TEXT = "Ada walked in London.\nIt was 👩‍👧 fine"


@pytest.fixture(params=NAMES)
def predictor(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> Predictor:
    checkpoint = tiny_checkpoint(request.param)
    model = tiny_model(request.param, tokenizer.vocab_size)
    return TASKS[checkpoint.task].predictor(request.param, model, tokenizer, checkpoint)


def test_trace_has_one_row_a_token_and_leaves_the_start_pieces_out(predictor: Predictor) -> None:
    trace, encoded = trace_hidden_states(predictor, predictor.read(TEXT)), predictor.encode(TEXT)
    with torch.no_grad():
        outputs = predictor.model.encoder(torch.tensor([encoded.token_ids])).outputs[0]
    assert trace.tokens == tuple(token.token for token in encoded.tokens)
    assert trace.states.shape == (len(encoded.tokens), predictor.model.encoder.config.hidden_size)
    assert [TEXT[start:end] for start, end in trace.cut(slice(2, 4)).spans] == list(trace.tokens[2:4])
    assert trace.states.dtype == np.float32
    np.testing.assert_array_equal(trace.states, outputs[len(encoded.prefix_ids) :].numpy())


def test_trace_counts_layers_from_either_end(predictor: Predictor) -> None:
    first, last = (
        trace_hidden_states(predictor, predictor.read(TEXT), layer=0),
        trace_hidden_states(predictor, predictor.read(TEXT), layer=1),
    )
    assert (first.layer, last.layer) == (0, 1)
    assert not np.array_equal(first.states, last.states)
    for layer, same in ((-2, first), (-1, last)):
        again = trace_hidden_states(predictor, predictor.read(TEXT), layer=layer)
        assert again.layer == same.layer
        np.testing.assert_array_equal(again.states, same.states)


def test_every_part_is_what_the_equations_give(predictor: Predictor) -> None:
    text = TEXT[:12]  # what the last bit of a float32 differs by grows from token to token in a random RNN
    encoded = predictor.encode(text)
    with torch.no_grad():
        explained = predictor.model.encoder.forward_with_gates(torch.tensor([encoded.token_ids]))[1]
    assert list(quantities_of(predictor)) == list(explained)
    assert len(encoded.tokens) > 3
    for quantity in quantities_of(predictor):
        expected = explained[quantity][0, len(encoded.prefix_ids) :].numpy()
        np.testing.assert_allclose(
            trace_hidden_states(predictor, predictor.read(text), 1, quantity).states, expected, atol=1e-5
        )
    with pytest.raises(InputError, match="unknown quantity 'gate'"):
        trace_hidden_states(predictor, predictor.read(TEXT), 1, "gate")


@pytest.mark.parametrize("layer", [2, -3, 0.5, None])
def test_trace_refuses_a_layer_that_is_not_there(predictor: Predictor, layer: object) -> None:
    with pytest.raises(InputError, match=r"must be 0..1, or -1 for the last"):
        trace_hidden_states(predictor, predictor.read(TEXT), layer=layer)  # type: ignore[arg-type]


def test_trace_refuses_an_empty_text(predictor: Predictor) -> None:
    with pytest.raises(InputError, match="the text is empty"):
        trace_hidden_states(predictor, predictor.read(""))
