"""Language model: one embedding in and out, and a state that can be carried."""

import pytest
import torch
from tiny import language_model

from rnn_demo.cells import CELLS
from rnn_demo.language.config import LanguageModelConfig
from rnn_demo.language.model import LanguageModel

TOKEN_IDS = torch.randint(0, 50, (3, 9), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("cell", CELLS)
def test_input_and_output_share_one_embedding(cell):
    model = language_model(50, cell)
    matrices = [name for name, weight in model.state_dict().items() if 50 in weight.shape and weight.dim() == 2]
    assert matrices == ["encoder.embedding.weight"]
    encoded = model.encoder(TOKEN_IDS)
    h = encoded.outputs[1, 4]
    expected = model.encoder.embedding.weight @ (model.projection.weight @ h + model.projection.bias) + model.bias
    torch.testing.assert_close(model.predict(TOKEN_IDS)[0][1, 4], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_chunks_with_carried_state_are_the_whole_text(cell):
    model = language_model(50, cell, num_layers=2).double()
    whole, final_state = model.predict(TOKEN_IDS)
    first, state = model.predict(TOKEN_IDS[:, :4])
    second, state = model.predict(TOKEN_IDS[:, 4:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole, rtol=0, atol=1e-10)
    for part, expected in zip(state, final_state, strict=True):
        assert part.shape == (2, 3, 6)
        torch.testing.assert_close(part, expected, rtol=0, atol=1e-10)


def test_a_new_model_starts_near_uniform():
    torch.manual_seed(0)
    model = LanguageModel(LanguageModelConfig("lstm", 1000, 64, 64, 2)).eval()
    log_probs = model.predict(torch.randint(0, 1000, (4, 20)))[0].log_softmax(-1)
    assert abs(log_probs.mean().item() + torch.tensor(1000.0).log().item()) < 0.1
