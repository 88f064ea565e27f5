"""Token ids in, states out: a stack of any cell, in one direction, exact under padding.

Padding follows a text, so the network never reads it before the text ends and rows need no packing. (`PackedSequence`
gives the same numbers but leaves the fast kernels.) To read backwards, reverse each row within its own length
(`bidirectional.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from rnn_demo.cells import CELLS, Cell, State
from rnn_demo.config import EncoderConfig
from rnn_demo.errors import ShapeError, unknown_name
from rnn_demo.regularisation.embedding_dropout import drop_rows
from rnn_demo.regularisation.locked_dropout import LockedDropout


@dataclass(frozen=True)
class Encoded:
    """The hidden states of a batch."""

    layers: tuple[Tensor, ...]
    """float32 (batch, seq, hidden) for each layer."""
    final_state: State
    """(layer, batch, hidden) for each state name, after the last COLUMN: valid only for rows without padding."""

    @property
    def outputs(self) -> Tensor:
        """The last layer's outputs, float32 (batch, seq, hidden)."""
        return self.layers[-1]


def encoders_of(model: nn.Module) -> list["Encoder"]:
    """Return the encoders of a network: one, or one per direction."""
    return [module for module in model.modules() if isinstance(module, Encoder)]


class Encoder(nn.Module):
    """An embedding and a stack of recurrent layers.

    Raises:
        InputError: the cell is not in CELLS.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        if config.cell not in CELLS:
            raise unknown_name("cell", config.cell, CELLS)
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.embed_size)
        nn.init.normal_(self.embedding.weight, std=config.embed_size**-0.5)  # a tied softmax starts near uniform
        cell_class = CELLS[config.cell]
        input_sizes = [config.embed_size] + [config.hidden_size] * (config.num_layers - 1)
        self.layers = nn.ModuleList(  # weights are stored under these names: layers.0.forward_cell
            nn.ModuleDict({"forward_cell": cell_class(size, config.hidden_size, config.weight_drop_prob)})
            for size in input_sizes
        )
        self.dropout = LockedDropout(config.dropout_prob)

    @property
    def cells(self) -> list[Cell]:
        """The cell of each layer, from the embedding up."""
        return [layer["forward_cell"] for layer in cast("list[dict[str, Cell]]", self.layers)]

    def forward(self, token_ids: Tensor, state: State | None = None) -> Encoded:
        """Read a batch.

        Args:
            token_ids: int64 (batch, seq); padding follows the text.
            state: (layer, batch, hidden) for each state name; None is zero.

        Raises:
            ShapeError: there are no tokens, or the state does not fit.
        """
        self._check(token_ids, state)
        return self.read(self.embed(token_ids), state)

    def read(self, vectors: Tensor, state: State | None = None) -> Encoded:
        """Read a batch of vectors from `embed`, float32 (batch, seq, embed); otherwise as `forward`."""
        inputs = self.dropout(vectors)
        layers, final_states = [], []
        for i, (cell, before) in enumerate(zip(self.cells, self._split(state), strict=True)):
            outputs, after = cell(inputs, before)
            layers.append(outputs)
            final_states.append(after)
            inputs = self.dropout(outputs) if i + 1 < len(self.layers) else outputs
        return Encoded(tuple(layers), tuple(torch.stack(parts) for parts in zip(*final_states, strict=True)))

    def step(self, token_ids: Tensor, state: State | None, change: Callable[[int, Tensor], Tensor]) -> Encoded:
        """Read one token per row and change the h of each layer before anything reads it.

        Both the layer above and the next step read the changed h. Dropout is off.

        Args:
            token_ids: int64 (batch, 1).
            state: as in `forward`.
            change: takes a layer number and its h, float32 (batch, hidden); returns the h to use instead.

        Raises:
            ShapeError: a row has more than one token, or the state does not fit.
        """
        self._check(token_ids, state)
        if token_ids.shape[1] != 1:
            raise ShapeError(f"token_ids has shape {tuple(token_ids.shape)}; a step takes (batch, 1)")
        inputs = self.embed(token_ids)
        layers, final_states = [], []
        for i, (cell, before) in enumerate(zip(self.cells, self._split(state), strict=True)):
            _, (h, *others) = cell(inputs, before)
            h = change(i, h)
            inputs = h[:, None]
            layers.append(inputs)
            final_states.append((h, *others))
        return Encoded(tuple(layers), tuple(torch.stack(parts) for parts in zip(*final_states, strict=True)))

    def forward_with_gates(self, token_ids: Tensor) -> list[dict[str, Tensor]]:
        """Read a batch by the equations and return every state and gate: slower than `forward`, the same numbers.

        Returns:
            For each layer: float32 (batch, seq, hidden) by the name of the state or gate.
        """
        self._check(token_ids, None)
        inputs = self.embed(token_ids)
        trace = []
        for cell in self.cells:
            trace.append(cell.forward_with_gates(inputs))
            inputs = trace[-1]["h"]
        return trace

    def inputs_of_last_layer(self, token_ids: Tensor) -> Tensor:
        """Return what the last layer reads at each step: int64 (batch, seq) -> float32 (batch, seq, input)."""
        inputs = self.embed(token_ids)
        for cell in self.cells[:-1]:
            inputs, _ = cell(inputs, None)
        return inputs

    def embed(self, token_ids: Tensor) -> Tensor:
        """Look the tokens up and scale them to unit variance (Vaswani et al. 2017, section 3.4).

        A tied softmax wants small embeddings and a recurrent layer large inputs: without the scale an LSTM hardly moves
        at first (docs/experiments.md).
        """
        vectors: Tensor
        if self.training and self.config.embed_drop_prob:
            weight = drop_rows(self.embedding.weight, self.config.embed_drop_prob)
            vectors = nn.functional.embedding(token_ids, weight)
        else:
            vectors = self.embedding(token_ids)
        return vectors * self.config.embed_size**0.5

    def _split(self, state: State | None) -> list[State | None]:
        if state is None:
            return [None] * len(self.layers)
        return list(zip(*(part.unbind(0) for part in state), strict=True))

    def _check(self, token_ids: Tensor, state: State | None) -> None:
        if token_ids.dim() != 2 or token_ids.shape[1] == 0:
            raise ShapeError(f"token_ids has shape {tuple(token_ids.shape)}; expected (batch, seq), seq of 1 or more")
        if state is not None:
            names = CELLS[self.config.cell].state_names
            expected = {name: (len(self.layers), len(token_ids), self.config.hidden_size) for name in names}
            shapes = [tuple(part.shape) for part in state]
            if shapes != list(expected.values()):
                raise ShapeError(f"the state has shapes {shapes}; expected {expected}")
