"""The numbers of the steps are those that a cell computes token by token, for every model, layer and unit."""

from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import NAMES, tiny_checkpoint, tiny_model
from torch import Tensor

from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import CHECKPOINTS_DIR, shipped_checkpoints
from rnn_demo.errors import InputError
from rnn_demo.microscope.cell_steps import MAX_TOKENS, CellSteps, longest_memory, trace_cell_steps
from rnn_demo.predictor import Predictor
from rnn_demo.tasks import TASKS
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.ui.cell.data import plain_steps

TEXT = "Ada walked in London"
SHIPPED = [name for name in shipped_checkpoints() if not name.endswith("backward")]


@pytest.fixture(params=NAMES)
def predictor(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> Predictor:
    checkpoint = tiny_checkpoint(request.param)
    model = tiny_model(request.param, tokenizer.vocab_size)
    return TASKS[checkpoint.task].predictor(request.param, model, tokenizer, checkpoint)


def step_by_step(predictor: Predictor, layer: int) -> list[dict[str, Tensor]]:
    """Take the steps one at a time: the numbers before and after each token, all units, by name."""
    encoder, encoded = predictor.model.encoder, predictor.encode(TEXT)
    states = [cell.zero_state(1, encoder.embedding.weight) for cell in encoder.cells]
    steps = []
    for token_id in encoded.token_ids:
        x_t = encoder.embed(torch.tensor([token_id]))
        for i, cell in enumerate(encoder.cells):
            before, (states[i], gates) = states[i], cell.step(x_t, states[i])
            if i == layer:
                names = cell.state_names
                old = {f"{name} before": part[0] for name, part in zip(names, before, strict=True)}
                new = {name: part[0] for name, part in zip(names, states[i], strict=True)}
                steps.append({"x": x_t[0], **old, **new, **{name: part[0] for name, part in gates.items()}})
            x_t = states[i][0]
    return steps[len(encoded.prefix_ids) :]


def assert_same_to_the_digits_shown(steps: CellSteps, expected: list[dict[str, Tensor]], slack: float) -> None:
    """Compare what the browser is sent with the cell's own numbers; float32 adds in another order, hence the slack."""
    message = plain_steps(steps)
    for name in ("x", *CELLS[steps.cell].quantities):
        digits, kept = message["digits"][name], steps.entries if name == "x" else steps.units
        for sent, own in zip(message["values"][name], expected, strict=True):
            own_units = own[name].detach().numpy()[list(kept)]
            np.testing.assert_allclose(np.array(sent) / 10**digits, own_units, atol=0.5 / 10**digits + slack)
    for name in CELLS[steps.cell].state_names:
        own_units = expected[0][f"{name} before"].detach().numpy()[list(steps.units)]
        np.testing.assert_allclose(np.array(message["before"][name]) / 100, own_units, atol=0.005 + slack)


@pytest.mark.parametrize("layer", [0, 1])
def test_every_number_is_the_cells_own(predictor: Predictor, layer: int) -> None:
    steps = trace_cell_steps(predictor, predictor.encode(TEXT), layer)
    assert (steps.layer, len(steps.units), len(steps.tokens)) == (layer, 12, len(predictor.encode(TEXT).tokens))
    assert_same_to_the_digits_shown(steps, step_by_step(predictor, layer), slack=1e-4)


@pytest.mark.shipped
@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_of_a_shipped_model_is_the_cells_own(name: str) -> None:
    task = TASKS[name.split("-")[0] if name.split("-")[0] in TASKS else "lm"]
    predictor: Any = task.predictor.load(CHECKPOINTS_DIR / name)
    for layer in range(predictor.model.encoder.config.num_layers):
        steps = trace_cell_steps(predictor, predictor.encode(TEXT), layer)
        assert_same_to_the_digits_shown(steps, step_by_step(predictor, layer), slack=1e-4)


def test_terms_add_up_to_what_the_gates_and_states_are(predictor: Predictor) -> None:
    steps = trace_cell_steps(predictor, predictor.encode(TEXT))
    values, state = steps.values, CELLS[steps.cell].state_names[-1]
    before = np.vstack([steps.before[state], values[state][:-1]])
    for name in [name.removesuffix("_sum") for name in values if name.endswith("_sum")]:
        squash = np.tanh if name in ("candidate", "h") else lambda argument: 1 / (1 + np.exp(-argument))
        np.testing.assert_allclose(squash(values[f"{name}_sum"]), values[name], atol=1e-4)
        if "used" not in values or name != "candidate":
            np.testing.assert_allclose(values[f"{name}_x"] + values[f"{name}_h"], values[f"{name}_sum"], atol=1e-4)
    if "kept" in values:
        keep = values["forget" if "forget" in values else "update"]
        np.testing.assert_allclose(keep * before, values["kept"], atol=1e-4)
        np.testing.assert_allclose(values["kept"] + values["added"], values[state], atol=1e-4)
    if "used" in values:
        np.testing.assert_allclose(values["candidate_x"] + values["used"], values["candidate_sum"], atol=1e-4)


def test_units_can_be_chosen(predictor: Predictor) -> None:
    encoded = predictor.encode(TEXT)
    steps = trace_cell_steps(predictor, encoded, units=[7, 2, 7])
    assert steps.units == (7, 2)
    every = trace_cell_steps(predictor, encoded, units=list(range(12)))
    np.testing.assert_array_equal(steps.values["h"], every.values["h"][:, [7, 2]])
    for units in ([], [12], [-1], [0.5], "12", list(range(65))):
        with pytest.raises(InputError):
            trace_cell_steps(predictor, encoded, units=units)  # type: ignore[arg-type]


def test_a_long_text_is_cut(predictor: Predictor) -> None:
    encoded = predictor.encode("Ada " * 250)
    steps = trace_cell_steps(predictor, encoded)
    assert (len(steps.tokens), len(steps.values["h"])) == (MAX_TOKENS, MAX_TOKENS)
    assert steps.num_skipped == len(encoded.tokens) - MAX_TOKENS > 0


def test_the_unit_with_the_longest_memory_keeps_and_changes() -> None:
    forget = np.array([[0.9, 0.1, 1.0], [0.9, 0.9, 1.0], [0.9, 0.1, 0.0], [0.9, 0.1, 1.0]])
    values = {"forget": forget, "update": forget}
    steps = CellSteps("lstm", 0, 3, (), (), 0, (5, 6, 7), (), np.zeros((4, 0)), {}, values)
    assert longest_memory(steps) == 2
    assert longest_memory(CellSteps("rnn", 0, 3, (), (), 0, (5, 6, 7), (), np.zeros((4, 0)), {}, values)) == 0
