"""Clipping shortens a step and does not turn it; the predictor that all share stays as it is."""

import pytest
import torch
from tiny import checkpoint_of, language_model
from torch import nn

from rnn_demo.cells import CELLS
from rnn_demo.errors import InputError
from rnn_demo.language.write import Writer
from rnn_demo.microscope import clipping as clipping_module
from rnn_demo.microscope.clipping import clip, take_clipped_step
from rnn_demo.tokenizer import Tokenizer

TEXT = "It was a good evening, and she walked."


@pytest.fixture(params=CELLS)
def writer(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> Writer:
    """Make a language model of two layers in float64."""
    model = language_model(tokenizer.vocab_size, request.param, 2).double()
    return Writer("tiny", model, tokenizer, checkpoint_of("lm", request.param))


@pytest.mark.parametrize("limit", [0.01, 1.0, 1000.0])
def test_clip_is_torchs_own_and_keeps_the_direction(limit: float) -> None:
    torch.manual_seed(0)
    gradient = {"a": torch.randn(3, 4, dtype=torch.float64), "b": torch.randn(5, dtype=torch.float64)}
    weights = [nn.Parameter(torch.zeros_like(part)) for part in gradient.values()]
    for weight, part in zip(weights, gradient.values(), strict=True):
        weight.grad = part.clone()
    norm = float(nn.utils.clip_grad_norm_(weights, limit))
    clipped = clip(gradient, limit)
    before, after = (torch.cat([part.flatten() for part in parts.values()]) for parts in (gradient, clipped))
    assert float(after.norm()) == pytest.approx(min(norm, limit))
    assert float(torch.cosine_similarity(before, after, dim=0)) == pytest.approx(1)
    for weight, part in zip(weights, clipped.values(), strict=True):
        torch.testing.assert_close(weight.grad, part, rtol=1e-4, atol=0)


def test_both_steps_are_those_of_torchs_sgd(writer: Writer) -> None:
    before = {name: weight.clone() for name, weight in writer.model.state_dict().items()}
    found = take_clipped_step(writer, writer.encode(TEXT), clip_norm=0.5, step_size=0.3)
    ids = torch.tensor([writer.encode(TEXT).token_ids])
    losses = []
    for limit in (0.5, float("inf")):
        model = type(writer.model)(writer.model.config).eval().double()
        model.load_state_dict(before)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
        model(ids[:, :-1], ids[:, 1:])[0].backward()
        norm = float(nn.utils.clip_grad_norm_(model.parameters(), limit))
        optimizer.step()
        losses.append(float(model(ids[:, :-1], ids[:, 1:])[0].detach()))
    assert found.norm == pytest.approx(norm)
    assert found.clipped_norm == pytest.approx(0.5)
    assert found.norm > 0.5
    assert (found.loss_clipped, found.loss_unclipped) == pytest.approx(tuple(losses), rel=1e-4)
    assert found.loss == pytest.approx(float(writer.model(ids[:, :-1], ids[:, 1:])[0].detach()))
    assert all(torch.equal(weight, before[name]) for name, weight in writer.model.state_dict().items())
    assert all(weight.grad is None for weight in writer.model.parameters())


def test_the_way_runs_from_the_loss_before_to_both_ends(writer: Writer) -> None:
    found = take_clipped_step(writer, writer.encode(TEXT), clip_norm=0.5, step_size=2)
    assert list(found.lengths) == sorted(found.lengths)
    assert (found.lengths[0], found.lengths[-1]) == (0, pytest.approx(2 * found.norm))
    assert found.clipped_length == pytest.approx(1.0)
    assert found.losses[0] == pytest.approx(found.loss)
    assert found.losses[found.lengths.index(found.clipped_length)] == found.loss_clipped
    assert found.losses[-1] == found.loss_unclipped


def test_the_parts_add_up_to_the_whole(writer: Writer) -> None:
    found = take_clipped_step(writer, writer.encode(TEXT), clip_norm=0.5)
    assert [group.name for group in found.groups] == ["embedding", "layer 0", "layer 1", "projection"]
    for name in ("norm", "clipped_norm"):
        total = sum(getattr(group, name) ** 2 for group in found.groups) ** 0.5
        assert total == pytest.approx(getattr(found, name))


def test_a_short_gradient_is_left_alone(writer: Writer) -> None:
    found = take_clipped_step(writer, writer.encode(TEXT), clip_norm=1000, step_size=0.1)
    assert found.clipped_norm == found.norm
    assert found.loss_clipped == found.loss_unclipped


def test_of_a_long_text_the_end_is_learned(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipping_module, "MAX_TOKENS", 3)
    encoded = writer.encode(TEXT)
    ids = torch.tensor([[*encoded.prefix_ids, *encoded.token_ids[-3:]]])
    assert take_clipped_step(writer, writer.encode(TEXT)).loss == pytest.approx(
        float(writer.model(ids[:, :-1], ids[:, 1:])[0].detach())
    )


def test_what_cannot_be_learned_is_refused(writer: Writer) -> None:
    with pytest.raises(InputError, match="the text is empty"):
        take_clipped_step(writer, writer.encode(""))
    with pytest.raises(InputError, match="clip_norm is 0; it must be above 0, and at most 1000"):
        take_clipped_step(writer, writer.encode(TEXT), clip_norm=0)
    with pytest.raises(InputError, match="step_size is -1"):
        take_clipped_step(writer, writer.encode(TEXT), step_size=-1)
