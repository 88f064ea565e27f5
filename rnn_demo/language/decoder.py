"""One token at a time, fast: the weights packed once for kernels that multiply int8.

A token of one text reads every weight once, so it costs what reading the weights costs: as int8 a quarter of float32.
The matrices of a checkpoint are int8 rows with a scale each already (int8.py), so packing them rounds nothing. The
vectors that they multiply are split in two, each row by itself, so that a text does not depend on its company:

    x = s (a + b / 126)        s = max|x| / 63;  a and b are whole numbers in -63 .. 63

Seven bits each, because kernels of older processors add two products in 16 bits: 2 * 127 * 127 just fits. What is lost
is s / 252 at most, a sixteen-thousandth of the largest number.

Everything else is the cell's own `step`, so any cell that multiplies in `products` gains; for others, and for weights
that int8 cannot hold, there is no decoder, and a text is written with the plain network.
"""

import copy
import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from rnn_demo.cells import Cell, State
from rnn_demo.cells.fused import FusedCell
from rnn_demo.int8 import SCALE_SUFFIX, pack_weights
from rnn_demo.language.model import LanguageModel

LARGEST = 63
"""Of the whole numbers a and b."""
ZERO_POINT = 64
"""What stands for 0 in the kernel's unsigned numbers."""
CLOSE = 1e-3
"""Steps of the int8 grid within which a stored weight comes back."""


class NotPackableError(ValueError):
    """A matrix is not on the grid of its int8 rows, as before it was stored, or a cell has no `products`."""


class PackedLinear:
    """W x + b for a few rows at a time.

    Args:
        weight: float32 (out, in), as `unpack_weights` returns it.
        bias: float32 (out,).

    Raises:
        NotPackableError: int8 rows cannot hold the weights.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        packed = pack_weights({"weight": weight})
        rows, scales = packed["weight"], packed["weight" + SCALE_SUFFIX]
        if not torch.allclose(rows.float(), weight.detach() / scales[:, None], rtol=0, atol=CLOSE):
            raise NotPackableError
        zeros = torch.zeros(len(rows), dtype=torch.int64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch means to replace its quantised tensors; its kernels have no other
            quantised = torch._make_per_channel_quantized_tensor(rows, scales.double(), zeros, 0)
        self._multiply = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32.default
        self._packed = torch.ops.quantized.linear_prepack(quantised, None)
        self._bias = bias.detach()

    def __call__(self, x: Tensor) -> Tensor:
        """Multiply: float32 (rows, in) -> (rows, out)."""
        scale = x.abs().amax(1, keepdim=True).clamp_(min=torch.finfo(torch.float32).tiny) / LARGEST
        scaled = x / scale
        coarse = scaled.round()
        rest = ((scaled - coarse) * (2 * LARGEST)).round_()
        of_coarse, of_rest = self._multiply(torch.cat([coarse, rest]), 1.0, ZERO_POINT, self._packed).chunk(2)
        product: Tensor = torch.addcmul(self._bias, of_coarse.add(of_rest, alpha=1 / (2 * LARGEST)), scale)
        return product


class Decoder:
    """A language model that is prepared to write; see `prepare`.

    Args:
        model: in eval mode.

    Raises:
        NotPackableError: int8 rows cannot hold its weights, or a cell does not multiply in `products`.
    """

    def __init__(self, model: LanguageModel) -> None:
        self._embed = model.encoder.embed
        self._cells = [_with_packed_products(cell) for cell in model.encoder.cells]
        self._project = PackedLinear(model.projection.weight, model.projection.bias)
        self._logits = PackedLinear(model.encoder.embedding.weight, model.bias)

    @torch.inference_mode()
    def step(
        self, token_ids: Sequence[int], state: State, change: Callable[[int, Tensor], Tensor] | None = None
    ) -> tuple[Tensor, State]:
        """Read one token per row.

        Args:
            token_ids: one for each row.
            state: before them, (layer, row, hidden) a state name.
            change: as in `Encoder.step`.

        Returns:
            logits: float32 (row, vocab), of the next token.
            state: after them.
        """
        x_t = self._embed(torch.tensor(token_ids))
        layers = []
        for i, cell in enumerate(self._cells):
            (h, *others), _ = cell.step(x_t, tuple(part[i] for part in state))
            h = h if change is None else change(i, h)
            layers.append((h, *others))
            x_t = h
        return self._logits(self._project(x_t)), tuple(torch.stack(parts) for parts in zip(*layers, strict=True))


def prepare(model: LanguageModel) -> Decoder | None:
    """Pack a network, or return None where the plain one must write: see the top of this file."""
    try:
        return Decoder(model)
    except (NotPackableError, AttributeError, RuntimeError):  # the latter two: this build of torch lacks the kernels
        return None


def _with_packed_products(cell: Cell) -> Cell:
    """Return a cell with the same equations whose `products` multiply packed weights."""
    if not isinstance(cell, FusedCell):
        raise NotPackableError
    w_ih, w_hh, b_ih, b_hh = cell.weights
    from_x, from_h = PackedLinear(w_ih, b_ih), PackedLinear(w_hh, b_hh)
    packed = copy.copy(cell)
    vars(packed)["products"] = lambda x_t, h: (from_x(x_t), from_h(h))  # before the method of its class
    return packed
