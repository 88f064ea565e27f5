"""Sentiment model: pooled over all steps, exact under padding, and the running score is that of the prefix."""

from dataclasses import replace
from math import log

import pytest
import torch
from tiny import sentiment_model

from rnn_demo.cells import CELLS
from rnn_demo.errors import ShapeError
from rnn_demo.sentiment.calibration import draw_in

TOKEN_IDS = torch.randint(0, 40, (4, 9), generator=torch.Generator().manual_seed(0))
LENGTHS = torch.tensor([9, 1, 4, 6])


@pytest.fixture(params=CELLS)
def model(request):
    """Make a tiny model in float64, once a cell."""
    return sentiment_model(40, request.param, num_layers=2).double()


def test_pooling_is_mean_maximum_and_last_of_the_real_steps_divided_by_a_temperature_for_the_length(model):
    outputs = model.encoder(TOKEN_IDS).outputs
    for row, length in enumerate(LENGTHS.tolist()):
        real = outputs[row, :length]
        pooled = torch.cat([real.mean(0), real.max(0).values, real[-1]])
        expected = model.classifier.weight[0] @ pooled + model.classifier.bias[0]
        expected /= {9: 1.2, 1: 0.8, 4: 0.8 + 0.4 * log(4 / 3) / log(8 / 3), 6: 0.8 + 0.4 * log(6 / 3) / log(8 / 3)}[
            length
        ]
        torch.testing.assert_close(model(TOKEN_IDS, LENGTHS)[row], expected.float(), rtol=1e-5, atol=1e-6)


def test_the_middle_is_widened_by_a_width_for_the_length(model):
    plain = model(TOKEN_IDS, LENGTHS)
    model.config = replace(model.config, neutral_widths=((2, 1.0), (8, 0.0)))
    drawn_in = model(TOKEN_IDS, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        width = {9: 0.0, 1: 1.0, 4: 0.5, 6: log(8 / 6) / log(4)}[length]
        expected = draw_in(plain[row].double().numpy(force=True), width)
        assert drawn_in[row].item() == pytest.approx(float(expected), abs=1e-5)


def test_running_score_after_a_token_is_the_score_of_that_prefix(model):
    running = model.running_logits(model.encoder(TOKEN_IDS).outputs)
    assert running.shape == TOKEN_IDS.shape
    for t in range(TOKEN_IDS.shape[1]):
        prefix = model(TOKEN_IDS[:, : t + 1], torch.full((4,), t + 1))
        torch.testing.assert_close(running[:, t], prefix, rtol=0, atol=1e-6)


def test_padding_and_batch_order_never_change_an_answer(model):
    logits = model(TOKEN_IDS, LENGTHS)
    padding = torch.arange(9) >= LENGTHS[:, None]
    order = torch.tensor([2, 0, 3, 1])
    again = model(torch.where(padding, 39 - TOKEN_IDS, TOKEN_IDS)[order], LENGTHS[order])
    torch.testing.assert_close(again, logits[order], rtol=0, atol=1e-6)
    wider = torch.nn.functional.pad(TOKEN_IDS, (0, 5), value=7)
    torch.testing.assert_close(model(wider, LENGTHS), logits, rtol=0, atol=1e-6)


def test_gradients_of_padding_are_zero(model):
    embedded = []
    model.encoder.embedding.register_forward_hook(lambda module, args, output: embedded.append(output))
    logits = model(TOKEN_IDS, LENGTHS)
    (gradient,) = torch.autograd.grad(logits.sum(), embedded)
    padding = torch.arange(9) >= LENGTHS[:, None]
    assert (gradient[padding] == 0).all()
    assert (gradient[~padding].abs().sum(-1) > 0).all()


@pytest.mark.parametrize("lengths", [[0, 1, 2, 3], [10, 1, 2, 3], [1, 2]])
def test_lengths_that_do_not_fit_are_refused(model, lengths):
    with pytest.raises(ShapeError, match=r"must be 4, one for each row, and lie in 1..9"):
        model(TOKEN_IDS, torch.tensor(lengths))
