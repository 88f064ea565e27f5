"""Every cell through one contract: its equations, torch's kernel, and any way of cutting a sequence agree."""

import pytest
import torch

from rnn_demo.cells import CELLS, FusedCell

INPUT_SIZE, HIDDEN_SIZE, BATCH, SEQ_LEN = 5, 4, 3, 7
FUSED = [name for name, kind in CELLS.items() if issubclass(kind, FusedCell)]


@pytest.fixture(params=CELLS)
def cell(request):
    """Make a cell in float64 whose weights are large enough to saturate some gates."""
    torch.manual_seed(0)
    cell = CELLS[request.param](INPUT_SIZE, HIDDEN_SIZE).double()
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter)
    return cell


@pytest.fixture
def inputs():
    """Draw inputs: float64 (batch, seq, input)."""
    return torch.randn(BATCH, SEQ_LEN, INPUT_SIZE, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def random_state(cell):
    generator = torch.Generator().manual_seed(2)
    return tuple(
        torch.randn(BATCH, HIDDEN_SIZE, dtype=torch.float64, generator=generator).tanh() for _ in cell.state_names
    )


def assert_same(first, second, atol=1e-10):
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=atol)


@pytest.mark.parametrize("given_state", [False, True])
def test_equations_give_what_the_kernel_gives_in_float64(cell, inputs, given_state):
    state = random_state(cell) if given_state else None
    outputs, final_state = cell(inputs, state)
    trace = cell.forward_with_gates(inputs, state)
    assert set(trace) == {*cell.state_names, *cell.gate_names}
    assert all(part.shape == (BATCH, SEQ_LEN, HIDDEN_SIZE) for part in trace.values())
    assert_same([trace["h"]], [outputs])
    assert_same([trace[name][:, -1] for name in cell.state_names], final_state)


def test_equations_give_what_the_kernel_gives_in_float32(cell, inputs):
    cell = cell.float()
    outputs, final_state = cell(inputs.float())
    trace = cell.forward_with_gates(inputs.float())
    assert_same([trace["h"]], [outputs], atol=1e-5)
    assert_same([trace[name][:, -1] for name in cell.state_names], final_state, atol=1e-5)


def test_step_by_step_is_the_whole_sequence(cell, inputs):
    outputs, final_state = cell(inputs)
    state = cell.zero_state(BATCH, inputs)
    for t in range(SEQ_LEN):
        state, gates = cell.step(inputs[:, t], state)
        assert tuple(gates) == cell.gate_names
        assert_same([state[0]], [outputs[:, t]])
    assert_same(state, final_state)


@pytest.mark.parametrize("cuts", [(1, 2, 3), (3,), (6,)])
def test_chunks_with_carried_state_are_the_whole_sequence(cell, inputs, cuts):
    whole, final_state = cell(inputs)
    state, parts = None, []
    for chunk in inputs.tensor_split(cuts, dim=1):
        outputs, state = cell(chunk, state)
        parts.append(outputs)
    assert_same([torch.cat(parts, dim=1)], [whole])
    assert_same(state, final_state)


def test_gradients_are_those_of_finite_differences(cell, inputs):
    def through_equations(x_t, *state):
        state, gates = cell.step(x_t, state)
        return *state, *gates.values()

    def through_kernel(inputs, *state):
        outputs, final_state = cell(inputs, state)
        return outputs, *final_state

    state = tuple(part[:2].requires_grad_() for part in random_state(cell))
    x_t = inputs[:2, 0].clone().requires_grad_()
    assert torch.autograd.gradcheck(through_equations, (x_t, *state))
    assert torch.autograd.gradcheck(through_kernel, (inputs[:2, :3].clone().requires_grad_(), *state))


def test_weight_gradients_of_equations_and_kernel_agree(cell, inputs):
    def gradients(outputs):
        return torch.autograd.grad((outputs * inputs.sum(-1, keepdim=True)).sum(), list(cell.parameters()))

    assert_same(gradients(cell(inputs)[0]), gradients(cell.forward_with_gates(inputs)["h"]))


def test_every_state_and_gate_has_words_and_keeps_to_its_range(cell, inputs):
    assert tuple(cell.quantities) == (*cell.state_names, *cell.gate_names)
    trace = cell.forward_with_gates(10 * inputs, random_state(cell))
    for name, quantity in cell.quantities.items():
        assert (trace[name].min() >= 0) == quantity.is_gate
        assert not quantity.bounded or trace[name].abs().max() <= 1


@pytest.mark.parametrize("name", FUSED)
def test_a_new_cell_keeps_the_length_of_a_gradient_gate_by_gate(name):
    w_ih, w_hh, _, _ = CELLS[name](INPUT_SIZE, HIDDEN_SIZE).weights
    for rows in w_hh.split(HIDDEN_SIZE):
        torch.testing.assert_close(rows @ rows.T, torch.eye(HIDDEN_SIZE))
    assert w_ih.abs().max() <= (6 / (INPUT_SIZE + HIDDEN_SIZE)) ** 0.5


def test_lstm_starts_by_remembering():
    cell = CELLS["lstm"](INPUT_SIZE, HIDDEN_SIZE)
    _, _, b_ih, b_hh = cell.weights
    _, forget, _, _ = (b_ih + b_hh).chunk(4)
    assert forget.tolist() == [1.0] * HIDDEN_SIZE


def test_gates_do_what_their_words_say():
    torch.manual_seed(0)
    x, h, c = torch.randn(1, INPUT_SIZE), torch.randn(1, HIDDEN_SIZE).tanh(), torch.randn(1, HIDDEN_SIZE)
    (h_t, c_t), lstm = CELLS["lstm"](INPUT_SIZE, HIDDEN_SIZE).step(x, (h, c))
    (renewed,), gru = CELLS["gru"](INPUT_SIZE, HIDDEN_SIZE).step(x, (h,))
    torch.testing.assert_close(c_t, lstm["forget"] * c + lstm["input"] * lstm["candidate"])
    torch.testing.assert_close(h_t, lstm["output"] * c_t.tanh())
    torch.testing.assert_close(renewed, gru["update"] * h + (1 - gru["update"]) * gru["candidate"])
    assert (CELLS["lstm"].quantities["forget"].at_one, CELLS["gru"].quantities["update"].at_one) == ("keep", "keep")


def test_gru_update_gate_of_one_keeps_the_old_state():
    cell = CELLS["gru"](INPUT_SIZE, HIDDEN_SIZE)
    with torch.no_grad():
        cell.kernel.bias_ih_l0[HIDDEN_SIZE : 2 * HIDDEN_SIZE] = 100.0
    h = torch.rand(1, HIDDEN_SIZE)
    (h_t,), gates = cell.step(torch.rand(1, INPUT_SIZE), (h,))
    assert gates["update"].tolist() == [[1.0] * HIDDEN_SIZE]
    torch.testing.assert_close(h_t, h)
