"""Encoder against torch's own stacked networks; padding, batch order and carried state never change an answer."""

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnn_demo.cells import CELLS, FusedCell
from rnn_demo.config import EncoderConfig
from rnn_demo.encoder import Encoder
from rnn_demo.errors import InputError, ShapeError

VOCAB_SIZE, EMBED_SIZE, HIDDEN_SIZE = 11, 5, 4
EMBED_SCALE = EMBED_SIZE**0.5
LENGTHS = torch.tensor([2, 6, 1, 4])
TOKEN_IDS = torch.randint(0, VOCAB_SIZE, (4, 6), generator=torch.Generator().manual_seed(3))
FUSED = [name for name, kind in CELLS.items() if issubclass(kind, FusedCell)]
REAL = torch.arange(6) < LENGTHS[:, None]


@pytest.fixture(params=[(cell, num_layers) for cell in FUSED for num_layers in (1, 2, 3)], ids=str)
def encoder(request):
    return make_encoder(*request.param)


def make_encoder(cell="lstm", num_layers=2, dropout_prob=0.0):
    torch.manual_seed(0)
    return Encoder(EncoderConfig(cell, VOCAB_SIZE, EMBED_SIZE, HIDDEN_SIZE, num_layers, dropout_prob)).double().eval()


def torch_reference(encoder):
    config = encoder.config
    reference = CELLS[config.cell].kernel_class(EMBED_SIZE, HIDDEN_SIZE, config.num_layers, batch_first=True).double()
    with torch.no_grad():
        for i, cell in enumerate(encoder.cells):
            names = (f"weight_ih_l{i}", f"weight_hh_l{i}", f"bias_ih_l{i}", f"bias_hh_l{i}")
            for name, weight in zip(names, cell.weights, strict=True):
                getattr(reference, name).copy_(weight)
    return reference


def test_equals_torchs_stacked_network_on_packed_rows(encoder):
    inputs = encoder.embedding(TOKEN_IDS) * EMBED_SCALE
    packed = pack_padded_sequence(inputs, LENGTHS, batch_first=True, enforce_sorted=False)
    expected, _ = pad_packed_sequence(torch_reference(encoder)(packed)[0], batch_first=True)
    encoded = encoder(TOKEN_IDS)
    torch.testing.assert_close(encoded.outputs[REAL], expected[REAL], rtol=0, atol=1e-10)
    assert len(encoded.layers) == encoder.config.num_layers
    assert all(layer.shape == (4, 6, HIDDEN_SIZE) for layer in encoded.layers)


def test_final_state_is_laid_out_as_torchs(encoder):
    _, expected = torch_reference(encoder)(encoder.embedding(TOKEN_IDS) * EMBED_SCALE)
    final_state = encoder(TOKEN_IDS).final_state
    expected = expected if isinstance(expected, tuple) else (expected,)
    for part, torchs in zip(final_state, expected, strict=True):
        torch.testing.assert_close(part, torchs, rtol=0, atol=1e-10)


def test_explained_states_are_the_states_of_forward(encoder):
    cell_class = CELLS[encoder.config.cell]
    for layer, parts in zip(encoder(TOKEN_IDS).layers, encoder.forward_with_gates(TOKEN_IDS), strict=True):
        torch.testing.assert_close(parts["h"], layer, rtol=0, atol=1e-10)
        assert set(parts) == {*cell_class.state_names, *cell_class.gate_names}


def test_padding_and_batch_order_never_change_an_answer(encoder):
    outputs = encoder(TOKEN_IDS).outputs
    other_padding = torch.where(REAL, TOKEN_IDS, (TOKEN_IDS + 1) % VOCAB_SIZE)
    order = torch.tensor([3, 0, 2, 1])
    again = encoder(other_padding[order]).outputs
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


def test_unknown_cell_is_refused_by_name():
    with pytest.raises(InputError, match=r"unknown cell 'lstmm'; choose one of rnn, gru, lstm \(did you mean 'lstm'"):
        Encoder(EncoderConfig("lstmm", VOCAB_SIZE, EMBED_SIZE, HIDDEN_SIZE, 1))


@pytest.mark.parametrize(
    ("token_ids", "message"),
    [
        (TOKEN_IDS[0], r"token_ids has shape \(6,\); expected \(batch, seq\)"),
        (TOKEN_IDS[:, :0], r"token_ids has shape \(4, 0\).*seq of 1 or more"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(token_ids, message):
    encoder = make_encoder()
    with pytest.raises(ShapeError, match=message):
        encoder(token_ids)
    with pytest.raises(ShapeError, match=message):
        encoder.forward_with_gates(token_ids)


@pytest.mark.parametrize(
    "shapes", [[(2, 3, 4)] * 2, [(2, 4, 4)], [(1, 4, 4)] * 2, [(2, 4, 5)] * 2, [(2, 4, 4)] * 3, []]
)
def test_a_state_of_another_network_is_refused(shapes):
    state = tuple(torch.zeros(shape, dtype=torch.float64) for shape in shapes)
    with pytest.raises(ShapeError, match=r"the state has shapes .*expected \{'h': \(2, 4, 4\), 'c': \(2, 4, 4\)\}"):
        make_encoder()(TOKEN_IDS, state)
