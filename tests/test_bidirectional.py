"""The layer over the words against torch's own bidirectional networks on packed rows; reversing within lengths."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnn_demo.bidirectional import BidirectionalLayer, reverse_within_lengths
from rnn_demo.cells import CELLS, FusedCell

INPUT_SIZE, HIDDEN_SIZE = 5, 4
LENGTHS = torch.tensor([2, 6, 1, 4])
INPUTS = torch.randn(4, 6, INPUT_SIZE, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
REAL = torch.arange(6) < LENGTHS[:, None]


@pytest.fixture(params=[name for name, kind in CELLS.items() if issubclass(kind, FusedCell)])
def layer(request):
    torch.manual_seed(0)
    return BidirectionalLayer(CELLS[request.param], INPUT_SIZE, HIDDEN_SIZE).double()


def test_equals_torchs_bidirectional_network_on_packed_rows(layer):
    reference = layer.forward_cell.kernel_class(INPUT_SIZE, HIDDEN_SIZE, batch_first=True, bidirectional=True).double()
    with torch.no_grad():
        for cell, suffix in ((layer.forward_cell, ""), (layer.backward_cell, "_reverse")):
            names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
            for name, weight in zip(names, cell.weights, strict=True):
                getattr(reference, name + suffix).copy_(weight)
    packed = pack_padded_sequence(INPUTS, LENGTHS, batch_first=True, enforce_sorted=False)
    expected, _ = pad_packed_sequence(reference(packed)[0], batch_first=True)
    torch.testing.assert_close(layer(INPUTS, LENGTHS)[REAL], expected[REAL], rtol=0, atol=1e-10)


def test_padding_and_batch_order_never_change_an_answer(layer):
    outputs = layer(INPUTS, LENGTHS)
    order = torch.tensor([3, 0, 2, 1])
    again = layer(torch.where(REAL[:, :, None], INPUTS, 9.0)[order], LENGTHS[order])
    torch.testing.assert_close(again[REAL[order]], outputs[order][REAL[order]], rtol=0, atol=1e-12)
    for row, length in enumerate(LENGTHS):
        alone = layer(INPUTS[row : row + 1, :length], LENGTHS[row : row + 1])[0]
        torch.testing.assert_close(alone, outputs[row, :length], rtol=0, atol=1e-12)


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
