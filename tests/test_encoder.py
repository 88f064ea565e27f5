"""Encoder against torch's own stacked networks; padding, batch order and carried state never change an answer."""

from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnn_demo.cells import CELLS
from rnn_demo.config import EncoderConfig
from rnn_demo.encoder import Encoder, reverse_within_lengths
from rnn_demo.errors import InputError, ShapeError

VOCAB_SIZE, EMBED_SIZE, HIDDEN_SIZE = 11, 5, 4
EMBED_SCALE = EMBED_SIZE**0.5
TORCH_CLASSES = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
LENGTHS = torch.tensor([2, 6, 1, 4])
TOKEN_IDS = torch.randint(0, VOCAB_SIZE, (4, 6), generator=torch.Generator().manual_seed(3))
REAL = torch.arange(6) < LENGTHS[:, None]
EVERY_PAIR = list(product(CELLS, (1, 2, 3), (False, True)))


def make_encoder(cell="lstm", num_layers=2, bidirectional=False, dropout_prob=0.0):
    torch.manual_seed(0)
    config = EncoderConfig(cell, VOCAB_SIZE, EMBED_SIZE, HIDDEN_SIZE, num_layers, bidirectional, dropout_prob)
    return Encoder(config).double().eval()


def torch_twin(encoder):
    config = encoder.config
    twin = TORCH_CLASSES[config.cell](
        EMBED_SIZE, HIDDEN_SIZE, config.num_layers, batch_first=True, bidirectional=config.bidirectional
    ).double()
    with torch.no_grad():
        for i, layer in enumerate(encoder.layers):
            for cell, suffix in zip(layer.directions, ("", "_reverse"), strict=False):
                names = (f"weight_ih_l{i}", f"weight_hh_l{i}", f"bias_ih_l{i}", f"bias_hh_l{i}")
                for name, weight in zip(names, cell.weights, strict=True):
                    getattr(twin, name + suffix).copy_(weight)
    return twin


@pytest.mark.parametrize(("cell", "num_layers", "bidirectional"), EVERY_PAIR)
def test_equals_torchs_stacked_network_on_packed_rows(cell, num_layers, bidirectional):
    encoder = make_encoder(cell, num_layers, bidirectional)
    inputs = encoder.embedding(TOKEN_IDS) * EMBED_SCALE
    packed = pack_padded_sequence(inputs, LENGTHS, batch_first=True, enforce_sorted=False)
    expected, _ = pad_packed_sequence(torch_twin(encoder)(packed)[0], batch_first=True)
    encoded = encoder(TOKEN_IDS, lengths=LENGTHS)
    torch.testing.assert_close(encoded.outputs[REAL], expected[REAL], rtol=0, atol=1e-10)
    assert len(encoded.layers) == num_layers
    assert all(layer.shape == (4, 6, encoder.config.output_size) for layer in encoded.layers)


@pytest.mark.parametrize(("cell", "num_layers", "bidirectional"), EVERY_PAIR)
def test_final_state_is_laid_out_as_torchs(cell, num_layers, bidirectional):
    encoder = make_encoder(cell, num_layers, bidirectional)
    _, expected = torch_twin(encoder)(encoder.embedding(TOKEN_IDS) * EMBED_SCALE)
    final_state = encoder(TOKEN_IDS).final_state
    expected = expected if isinstance(expected, tuple) else (expected,)
    for part, torchs in zip(final_state, expected, strict=True):
        torch.testing.assert_close(part, torchs, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("cell", "num_layers", "bidirectional"), EVERY_PAIR)
def test_explained_states_are_the_states_of_forward(cell, num_layers, bidirectional):
    encoder = make_encoder(cell, num_layers, bidirectional)
    encoded = encoder(TOKEN_IDS, lengths=LENGTHS)
    trace = encoder.explain(TOKEN_IDS, LENGTHS)
    for layer, directions in zip(encoded.layers, trace, strict=True):
        assert len(directions) == (2 if bidirectional else 1)
        both = torch.cat([parts["h"] for parts in directions], dim=-1)
        torch.testing.assert_close(both[REAL], layer[REAL], rtol=0, atol=1e-10)
        expected_names = {*CELLS[cell].state_names, *CELLS[cell].gate_names}
        assert all(set(parts) == expected_names for parts in directions)


@pytest.mark.parametrize(("cell", "num_layers", "bidirectional"), EVERY_PAIR)
def test_padding_and_batch_order_never_change_an_answer(cell, num_layers, bidirectional):
    encoder = make_encoder(cell, num_layers, bidirectional)
    outputs = encoder(TOKEN_IDS, lengths=LENGTHS).outputs
    other_padding = torch.where(REAL, TOKEN_IDS, (TOKEN_IDS + 1) % VOCAB_SIZE)
    order = torch.tensor([3, 0, 2, 1])
    again = encoder(other_padding[order], lengths=LENGTHS[order]).outputs
    torch.testing.assert_close(again[REAL[order]], outputs[order][REAL[order]], rtol=0, atol=1e-12)
    for row, length in enumerate(LENGTHS):
        alone = encoder(TOKEN_IDS[row : row + 1, :length]).outputs[0]
        torch.testing.assert_close(alone, outputs[row, :length], rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_chunks_with_carried_state_are_the_whole_text(cell):
    encoder = make_encoder(cell, num_layers=3)
    whole = encoder(TOKEN_IDS)
    first = encoder(TOKEN_IDS[:, :1])
    second = encoder(TOKEN_IDS[:, 1:], first.final_state)
    torch.testing.assert_close(second.outputs, whole.outputs[:, 1:], rtol=0, atol=1e-12)
    for part, expected in zip(second.final_state, whole.final_state, strict=True):
        torch.testing.assert_close(part, expected, rtol=0, atol=1e-12)


def test_dropout_acts_in_training_alone_and_never_on_what_is_handed_back_last():
    encoder = make_encoder(dropout_prob=0.5)
    calm = encoder(TOKEN_IDS).outputs
    torch.testing.assert_close(encoder(TOKEN_IDS).outputs, calm)
    encoder.train()
    assert not torch.allclose(encoder(TOKEN_IDS).outputs, calm)
    assert not (encoder(TOKEN_IDS).outputs == 0).any()


@given(st.data())
def test_reversing_twice_is_no_change_and_padding_stays(data):
    seq_len = data.draw(st.integers(1, 6))
    lengths = torch.tensor(data.draw(st.lists(st.integers(1, seq_len), min_size=1, max_size=4)))
    inputs = torch.arange(len(lengths) * seq_len * 2.0).reshape(len(lengths), seq_len, 2)
    reversed_inputs = reverse_within_lengths(inputs, lengths)
    for row, length in enumerate(lengths.tolist()):
        assert torch.equal(reversed_inputs[row, :length], inputs[row, :length].flip(0))
        assert torch.equal(reversed_inputs[row, length:], inputs[row, length:])
    assert torch.equal(reverse_within_lengths(reversed_inputs, lengths), inputs)


def test_reversing_without_lengths_reverses_whole_rows():
    inputs = torch.arange(6.0).reshape(1, 3, 2)
    assert torch.equal(reverse_within_lengths(inputs, None), inputs.flip(1))


def test_unknown_cell_is_refused_by_name():
    with pytest.raises(InputError, match=r"unknown cell 'lstmm'; choose one of rnn, gru, lstm \(did you mean 'lstm'"):
        Encoder(EncoderConfig("lstmm", VOCAB_SIZE, EMBED_SIZE, HIDDEN_SIZE, 1))


@pytest.mark.parametrize(
    ("token_ids", "lengths", "message"),
    [
        (TOKEN_IDS[0], None, r"token_ids has shape \(6,\); expected \(batch, seq\)"),
        (TOKEN_IDS[:, :0], None, r"token_ids has shape \(4, 0\).*seq of 1 or more"),
        (TOKEN_IDS, torch.tensor([0, 1, 2, 3]), r"lengths \[0, 1, 2, 3\] must lie in 1..6"),
        (TOKEN_IDS, torch.tensor([7, 1, 2, 3]), r"lengths \[7, 1, 2, 3\] must lie in 1..6"),
        (TOKEN_IDS, torch.tensor([1, 2]), r"lengths has shape \(2,\); expected one for each of 4 rows"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(token_ids, lengths, message):
    encoder = make_encoder()
    with pytest.raises(ShapeError, match=message):
        encoder(token_ids, lengths=lengths)
    with pytest.raises(ShapeError, match=message):
        encoder.explain(token_ids, lengths)


@pytest.mark.parametrize(
    "shapes", [[(2, 3, 4)] * 2, [(2, 4, 4)], [(1, 4, 4)] * 2, [(2, 4, 5)] * 2, [(2, 4, 4)] * 3, []]
)
def test_a_state_of_another_network_is_refused(shapes):
    state = tuple(torch.zeros(shape, dtype=torch.float64) for shape in shapes)
    with pytest.raises(ShapeError, match=r"the state has shapes .*expected \{'h': \(2, 4, 4\), 'c': \(2, 4, 4\)\}"):
        make_encoder()(TOKEN_IDS, state)
