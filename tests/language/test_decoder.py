"""Packed weights write what the plain network writes, for every cell, alone, in company and clamped."""

import pytest
import torch
from tiny import language_model

from rnn_demo.cells import CELLS
from rnn_demo.int8 import pack_weights, unpack_weights
from rnn_demo.language import write as write_module
from rnn_demo.language.clamping import Clamp
from rnn_demo.language.decoder import NotPackableError, PackedLinear, prepare

STEPS = 30


def stored(model):
    """The network as a checkpoint gives it back: on the grid of its int8 rows."""
    model.load_state_dict(unpack_weights(pack_weights(model.state_dict())))
    return model.eval()


@pytest.fixture(params=sorted(CELLS))
def model(request):
    torch.manual_seed(3)
    return stored(language_model(40, request.param, num_layers=2))


@torch.inference_mode()
def walk(model, token_ids, state, change=None):
    """Logits and states along a text, by both paths."""
    decoder, packed = prepare(model), state
    for token_id in token_ids:
        encoded = model.encoder.step(torch.tensor([[token_id]]), state, change or (lambda _, h: h))
        state = encoded.final_state
        logits, packed = decoder.step([token_id], packed, change)
        yield model.logits(encoded.outputs[:, -1]), logits, state, packed


def start(model, rows=1):
    with torch.inference_mode():
        return model.predict(torch.arange(4, 4 + 5 * rows).reshape(rows, 5) % model.config.vocab_size)[1]


def test_a_packed_product_is_close_for_rows_of_any_size():
    torch.manual_seed(0)
    weight = unpack_weights(pack_weights({"w": torch.randn(48, 32)}))["w"]
    bias, x = torch.randn(48), torch.randn(6, 32) * torch.tensor([[1e-20], [1e-3], [1.0], [30.0], [1e4], [0.0]])
    exact = x.double() @ weight.double().T + bias
    error = (PackedLinear(weight, bias)(x) - exact).abs().amax(1)
    largest = x.abs().amax(1) * weight.abs().sum(1).max()
    assert (error <= largest / (4 * 63 * 63) + 1e-6).all()


def test_weights_between_the_grid_are_refused_and_the_plain_network_writes():
    with pytest.raises(NotPackableError):
        PackedLinear(torch.tensor([[1.0, 0.3333]]), torch.zeros(1))
    torch.manual_seed(0)
    assert prepare(language_model(40)) is None


def test_a_text_goes_on_as_by_the_plain_network(model):
    token_ids = torch.randint(4, model.config.vocab_size, (STEPS,)).tolist()
    for plain, fast, state, packed in walk(model, token_ids, start(model)):
        assert torch.allclose(plain, fast, atol=2e-2)
        assert all(torch.allclose(a, b, atol=1e-2) for a, b in zip(state, packed, strict=True))


def test_so_it_does_clamped(model):
    clamp = Clamp(units={1: 0.9, 2: -0.5})
    for plain, fast, state, packed in walk(
        model, [5, 6, 7], start(model), lambda i, h: clamp.change(model.config.num_layers, i, h)
    ):
        assert torch.allclose(plain, fast, atol=2e-2)
        assert packed[0][-1, 0, 1] == state[0][-1, 0, 1] == pytest.approx(0.9)


def test_a_row_does_not_depend_on_its_company(model):
    decoder, states = prepare(model), start(model, rows=3)
    together, after = decoder.step([4, 5, 6], states)
    for row in range(3):
        alone, own = decoder.step([4 + row], tuple(part[:, row : row + 1].contiguous() for part in states))
        assert torch.allclose(together[row], alone[0], atol=1e-5)
        assert all(torch.allclose(a[:, row], b[:, 0], atol=1e-5) for a, b in zip(after, own, strict=True))


@pytest.mark.shipped
@pytest.mark.parametrize("name", ["lm-lstm", "lm-gru", "lm-rnn", "shakespeare-lstm"])
def test_shipped_models_write_the_same_texts(name, monkeypatch):
    import rnn_demo

    prompts = [f"The {thing} was" for thing in ("house", "king", "film", "market", "sea", "letter", "dog", "war")]
    settings = {"max_new_tokens": 40, "temperature": 0.7, "top_p": 0.9}
    fast = [rnn_demo.load(name).generate(prompt, seed=i, **settings).text for i, prompt in enumerate(prompts)]
    monkeypatch.setattr(write_module, "prepare", lambda model: None)
    plain = [rnn_demo.load(name).generate(prompt, seed=i, **settings).text for i, prompt in enumerate(prompts)]
    assert sum(a == b for a, b in zip(fast, plain, strict=True)) >= 6
