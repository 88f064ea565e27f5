"""Clamping changes exactly the clamped part, from the last token of the prompt on."""

import math

import numpy as np
import pytest
import torch
from tiny import checkpoint_of, language_model

from rnn_demo.config import EncoderConfig
from rnn_demo.encoder import Encoder
from rnn_demo.errors import InputError, ShapeError
from rnn_demo.language.clamping import Clamp, read_clamped
from rnn_demo.language.write import Writer

DIRECTION = np.array([3.0, 0, -4, 0, 1, 2])  # of any length
UNIT_DIRECTION = torch.tensor(DIRECTION / np.linalg.norm(DIRECTION), dtype=torch.float32)
CLAMPS = [
    Clamp(0, {2: 0.75, 5: -1.0}),
    Clamp(-1, {0: 0.5}),
    Clamp(1, direction=DIRECTION, projection=-0.3),
    Clamp(0, {2: 0.75}, DIRECTION, 0.6),
]


def is_clamped(clamp, h):
    """Whether h (batch, hidden) has the clamped values."""
    units = [torch.equal(h[:, unit], torch.full_like(h[:, unit], value)) for unit, value in clamp.units.items()]
    along = h @ UNIT_DIRECTION - clamp.projection
    return all(units) and (clamp.direction is None or float(along.abs().max()) < 1e-5)


@torch.inference_mode()
@pytest.mark.parametrize("clamp", CLAMPS)
def test_what_is_clamped_is_in_the_carried_state_after_every_step(writer, clamp):
    token_ids, state = torch.tensor([[1, 20, 30, 40], [1, 50, 60, 70]]), None
    for _ in range(5):
        encoded = read_clamped(writer.model.encoder, token_ids, state, clamp)
        state = encoded.final_state
        assert is_clamped(clamp, state[0][clamp.layer])
        assert is_clamped(clamp, encoded.layers[clamp.layer][:, -1])
        assert not is_clamped(clamp, state[0][clamp.layer - 1])
        token_ids = token_ids[:, :1] + 7


@torch.inference_mode()
def test_the_first_step_changes_the_clamped_part_and_what_lies_above_and_nothing_else(writer):
    encoder, token_ids = writer.model.encoder, torch.tensor([[1, 20, 30]])
    unmodified, clamped = encoder(token_ids), read_clamped(encoder, token_ids, None, Clamp(1, {4: 0.9}))
    others = [0, 1, 2, 3, 5]
    torch.testing.assert_close(clamped.final_state[0][0], unmodified.final_state[0][0])  # the layer below
    torch.testing.assert_close(clamped.final_state[0][1][:, others], unmodified.final_state[0][1][:, others])
    for clamped_part, unmodified_part in zip(
        clamped.final_state[1:], unmodified.final_state[1:], strict=True
    ):  # c of an LSTM
        torch.testing.assert_close(clamped_part, unmodified_part)
    below = read_clamped(encoder, token_ids, None, Clamp(0, {4: 0.9}))
    assert not torch.allclose(below.final_state[0][1], unmodified.final_state[0][1])


@torch.inference_mode()
def test_a_clamped_step_is_the_network_by_its_equations(writer):
    """Clamped by hand, with `Cell.step`, over several tokens."""
    encoder, clamp = writer.model.encoder, Clamp(0, {1: 0.4}, DIRECTION, 0.2)
    cells = encoder.cells
    by_hand = [cell.zero_state(1, encoder.embed(torch.tensor([1]))) for cell in cells]
    state = None
    for token_id in (1, 20, 30, 40):
        state = read_clamped(encoder, torch.tensor([[token_id]]), state, clamp).final_state
        x_t = encoder.embed(torch.tensor([token_id]))
        for layer, cell in enumerate(cells):
            (h, *rest), _ = cell.step(x_t, by_hand[layer])
            if layer == 0:
                h[0, 1] = 0.4
                unclamped = UNIT_DIRECTION.clone()
                unclamped[1] = 0
                h = h + (0.2 - h @ UNIT_DIRECTION) / unclamped.square().sum() * unclamped
            by_hand[layer] = (h, *rest)
            x_t = h
        for name, part in enumerate(state):
            torch.testing.assert_close(part, torch.stack([layer[name] for layer in by_hand]), rtol=1e-4, atol=1e-5)


def test_a_step_that_changes_nothing_is_a_step(writer):
    encoder, token_ids = writer.model.encoder, torch.tensor([[5], [6]])
    with torch.inference_mode():
        state = encoder(torch.tensor([[1, 2], [3, 4]])).final_state
        stepped, read = encoder.step(token_ids, state, lambda layer, h: h), encoder(token_ids, state)
    for ours, theirs in zip((*stepped.layers, *stepped.final_state), (*read.layers, *read.final_state), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_direction_moves_h_no_farther_than_it_must():
    h = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    clamped = Clamp(0, direction=DIRECTION, projection=1.5).apply(h)
    across = torch.eye(6) - torch.outer(UNIT_DIRECTION, UNIT_DIRECTION)
    torch.testing.assert_close(clamped @ across, h @ across)
    torch.testing.assert_close(clamped @ UNIT_DIRECTION, torch.full((4,), 1.5))


@pytest.mark.parametrize("clamp", [None, Clamp(), Clamp(0, {})])
def test_with_an_empty_clamp_the_text_is_unmodified(writer, clamp):
    settings = {"max_new_tokens": 40, "seed": 3, "domain": "review"}
    assert writer.generate("It was", **settings, clamp=clamp) == writer.generate("It was", **settings)


def test_a_clamped_text_is_another_and_a_seed_repeats_it(writer):
    settings = {"max_new_tokens": 40, "seed": 3, "clamp": Clamp(-1, {0: 1.0, 1: -1.0})}
    first = writer.generate("It was", **settings)
    assert writer.generate("It was", **settings) == first == writer.generate("It was", **settings)
    assert first != writer.generate("It was", max_new_tokens=40, seed=3)


@torch.inference_mode()
def test_the_first_token_is_drawn_from_a_clamped_state(writer):
    clamp = Clamp(-1, {0: 5.0})
    token, *_ = writer.stream("The city", max_new_tokens=1, temperature=1.0, clamp=clamp)
    outputs = writer.model.encoder(torch.tensor([writer.encode("The city").token_ids])).outputs[0, -1].clone()
    outputs[0] = 5.0
    logits = writer.model.logits(outputs)
    logits[list(writer.tokenizer.suppressed_ids)] = -math.inf
    assert token.probability == pytest.approx(logits.softmax(0)[token.token_id].item(), rel=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Clamp(0, {6: 1.0}), r"unit is 6; it must be a whole number in 0\.\.5"),
        (lambda: Clamp(0, {-1: 1.0}), r"unit is -1"),
        (lambda: Clamp(0, {"1": 1.0}), r"unit is '1'; it must be a whole number"),
        (lambda: Clamp(0, {True: 1.0}), r"unit is True; it must be a whole number"),
        (lambda: Clamp(0, {1: math.nan}), r"the value of unit 1 is nan; it must be a number in -100\.\.100"),
        (lambda: Clamp(0, {1: 10**400}), r"the value of unit 1 is 1000"),
        (lambda: Clamp(0, {1: "high"}), r"the value of unit 1 is 'high'"),
        (lambda: Clamp(2, {1: 1.0}), r"layer is 2; it must be 0\.\.1, or -1 for the last"),
        (lambda: Clamp(0.5, {1: 1.0}), r"layer is 0\.5"),
        (lambda: Clamp(-3), r"layer is -3"),
        (lambda: Clamp(0, direction=DIRECTION, projection=math.inf), r"projection is inf"),
        (lambda: Clamp(0, direction=np.zeros(6)), r"the direction .* is 0 everywhere"),
        (lambda: Clamp(0, direction=np.full(6, np.nan)), r"the direction has numbers that are not finite"),
        (lambda: Clamp(0, direction=np.ones(5)), r"the direction has shape \(5,\); a layer has 6 units"),
        (lambda: Clamp(0, {0: 1, 2: 1}, np.eye(6)[0] + np.eye(6)[2]), r"every unit along the direction is clamped"),
    ],
)
def test_what_cannot_be_clamped_is_refused_before_the_first_token(tokenizer, make, message):
    writer = Writer("tiny", language_model(tokenizer.vocab_size, num_layers=2), tokenizer, checkpoint_of("lm"))
    with pytest.raises(InputError, match=message):
        writer.stream("It was", clamp=make())


def test_a_step_is_one_token():
    encoder = Encoder(EncoderConfig("gru", 10, 4, 4, 1))
    with pytest.raises(ShapeError, match="takes \\(batch, 1\\)"):
        encoder.step(torch.ones(1, 2, dtype=torch.long), None, lambda layer, h: h)
