"""Token ids in, states out: any cell, stacked, in one direction or both, exact under padding.

It hands back the outputs of every layer, not only the last. Padding needs no packing: a forward direction never sees
what comes after, and the backward one reads each row reversed within its own length, so that it starts at the last
real token. (`PackedSequence` gives the same numbers and leaves the fast kernels.)
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

__all__ = ["Encoded", "Encoder", "Layer", "reverse_within_lengths"]


@dataclass(frozen=True)
class Encoded:
    """What an encoder made of a batch."""

    layers: tuple[Tensor, ...]
    """Float32 (batch, seq, output) a layer; where both directions are read, forward units first."""
    final_state: State
    """(layer * direction, batch, hidden) a state name, after the last COLUMN: real only in rows without padding."""

    @property
    def outputs(self) -> Tensor:
        """The last layer's outputs, float32 (batch, seq, output)."""
        return self.layers[-1]


def reverse_within_lengths(inputs: Tensor, lengths: Tensor | None) -> Tensor:
    """Reverse each row's real part and leave its padding where it is. Twice is no change.

    Args:
        inputs: (batch, seq) or (batch, seq, size).
        lengths: int64 (batch,), 1..seq; None reverses whole rows.
    """
    if lengths is None:
        return inputs.flip(1)
    t = torch.arange(inputs.shape[1], device=inputs.device).expand(inputs.shape[:2])
    source = torch.where(t < lengths[:, None], lengths[:, None] - 1 - t, t)  # (batch, seq)
    return inputs.gather(1, source.view(*source.shape, *[1] * (inputs.dim() - 2)).expand_as(inputs))


class Layer(nn.Module):
    """One layer: a cell that reads forwards and, where asked for, one that reads backwards."""

    def __init__(
        self,
        cell_class: type[Cell],
        input_size: int,
        hidden_size: int,
        bidirectional: bool,
        weight_drop_prob: float = 0.0,
    ) -> None:
        super().__init__()
        self.forward_cell = cell_class(input_size, hidden_size, weight_drop_prob)
        self.backward_cell = cell_class(input_size, hidden_size, weight_drop_prob) if bidirectional else None

    @property
    def directions(self) -> list[Cell]:
        """The forward cell, then the backward one if there is one."""
        return [cell for cell in (self.forward_cell, self.backward_cell) if cell is not None]

    def forward(self, inputs: Tensor, states: list[State | None], lengths: Tensor | None) -> tuple[Tensor, list[State]]:
        """Read (batch, seq, input); give (batch, seq, hidden * directions) and each direction's final state."""
        outputs, state = self.forward_cell(inputs, states[0])
        if self.backward_cell is None:
            return outputs, [state]
        reversed_outputs, backward_state = self.backward_cell(reverse_within_lengths(inputs, lengths), states[1])
        backward_outputs = reverse_within_lengths(reversed_outputs, lengths)
        return torch.cat([outputs, backward_outputs], dim=-1), [state, backward_state]


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
        input_sizes = [config.embed_size] + [config.output_size] * (config.num_layers - 1)
        self.layers = nn.ModuleList(
            Layer(CELLS[config.cell], size, config.hidden_size, config.bidirectional, config.weight_drop_prob)
            for size in input_sizes
        )
        self.dropout = LockedDropout(config.dropout_prob)

    def forward(self, token_ids: Tensor, state: State | None = None, lengths: Tensor | None = None) -> Encoded:
        """Read a batch.

        Args:
            token_ids: int64 (batch, seq).
            state: (layer * direction, batch, hidden) a state name; None is zero.
            lengths: int64 (batch,), 1..seq; real tokens in each row; None means that no row is padded.

        Raises:
            ShapeError: a length is below 1 or above seq, or the state does not fit.
        """
        self._check(token_ids, state, lengths)
        return self.read(self.embed(token_ids), state, lengths)

    def read(self, vectors: Tensor, state: State | None = None, lengths: Tensor | None = None) -> Encoded:
        """Read a batch of vectors as `embed` makes them, float32 (batch, seq, embed); otherwise as `forward`."""
        states = self._split(state)
        inputs = self.dropout(vectors)
        layers, final_states = [], []
        for i, layer in enumerate(self._layers):
            outputs, finals = layer(inputs, [states.pop(0) for _ in layer.directions], lengths)
            layers.append(outputs)
            final_states += finals
            inputs = self.dropout(outputs) if i + 1 < len(self.layers) else outputs
        return Encoded(tuple(layers), tuple(torch.stack(parts) for parts in zip(*final_states, strict=True)))

    def step(self, token_ids: Tensor, state: State | None, change: Callable[[int, Tensor], Tensor]) -> Encoded:
        """Read one token a row, forwards, and change what a layer shows before anything reads it.

        Both the layer above and the next step see the changed h. Dropout is off.

        Args:
            token_ids: int64 (batch, 1).
            state: as in `forward`.
            change: given the number of a layer and its h, float32 (batch, hidden); gives the h to go on with.

        Raises:
            ShapeError: more than one token a row, an encoder that reads backwards too, or a state that does not fit.
        """
        self._check(token_ids, state, None)
        if token_ids.shape[1] != 1 or self.config.bidirectional:
            raise ShapeError(
                f"token_ids has shape {tuple(token_ids.shape)}, bidirectional is {self.config.bidirectional}; a step "
                "takes (batch, 1) and reads forwards only"
            )
        inputs = self.embed(token_ids)
        layers, final_states = [], []
        for i, (layer, before) in enumerate(zip(self._layers, self._split(state), strict=True)):
            _, (h, *others) = layer.forward_cell(inputs, before)
            h = change(i, h)
            inputs = h[:, None]
            layers.append(inputs)
            final_states.append((h, *others))
        return Encoded(tuple(layers), tuple(torch.stack(parts) for parts in zip(*final_states, strict=True)))

    def explain(self, token_ids: Tensor, lengths: Tensor | None = None) -> list[list[dict[str, Tensor]]]:
        """Read a batch by the equations and keep every state and gate; slower than `forward`, same numbers.

        Returns:
            For each layer, for each direction: float32 (batch, seq, hidden) by state or gate name, in the order of
            the text in both directions.
        """
        self._check(token_ids, None, lengths)
        inputs = self.embed(token_ids)
        trace = []
        for layer in self._layers:
            directions = [layer.forward_cell.explain(inputs)]
            if layer.backward_cell is not None:
                parts = layer.backward_cell.explain(reverse_within_lengths(inputs, lengths))
                directions.append({name: reverse_within_lengths(part, lengths) for name, part in parts.items()})
            inputs = torch.cat([parts["h"] for parts in directions], dim=-1)
            trace.append(directions)
        return trace

    def inputs_of_last_layer(self, token_ids: Tensor) -> Tensor:
        """What the last layer reads at each step: int64 (batch, seq) -> float32 (batch, seq, input)."""
        inputs = self.embed(token_ids)
        for layer in self._layers[:-1]:
            inputs, _ = layer(inputs, [None] * len(layer.directions), None)
        return inputs

    def embed(self, token_ids: Tensor) -> Tensor:
        """Look the tokens up and scale them to unit variance (Vaswani et al. 2017, section 3.4).

        A tied softmax wants small embeddings and a recurrent layer large inputs. Without the scale an LSTM hardly
        moves at first: after 150 steps at twice the learning rate it stood at 6.5 nats a token, with it at 6.1.
        """
        vectors: Tensor
        if self.training and self.config.embed_drop_prob:
            weight = drop_rows(self.embedding.weight, self.config.embed_drop_prob)
            vectors = nn.functional.embedding(token_ids, weight)
        else:
            vectors = self.embedding(token_ids)
        return vectors * self.config.embed_size**0.5

    @property
    def _layers(self) -> list[Layer]:
        return cast("list[Layer]", self.layers)  # torch says that a ModuleList holds a Module or a Tensor

    def _split(self, state: State | None) -> list[State | None]:
        if state is None:
            return [None] * (len(self.layers) * (2 if self.config.bidirectional else 1))
        return list(zip(*(part.unbind(0) for part in state), strict=True))

    def _check(self, token_ids: Tensor, state: State | None, lengths: Tensor | None) -> None:
        if token_ids.dim() != 2 or token_ids.shape[1] == 0:
            raise ShapeError(f"token_ids has shape {tuple(token_ids.shape)}; expected (batch, seq), seq of 1 or more")
        if lengths is not None and lengths.shape != token_ids.shape[:1]:
            raise ShapeError(
                f"lengths has shape {tuple(lengths.shape)}; expected one for each of {len(token_ids)} rows"
            )
        if lengths is not None and (lengths.min() < 1 or lengths.max() > token_ids.shape[1]):
            raise ShapeError(f"lengths {lengths.tolist()} must lie in 1..{token_ids.shape[1]}")
        if state is not None:
            names = CELLS[self.config.cell].state_names
            num_cells = self.config.num_layers * (2 if self.config.bidirectional else 1)
            expected = {name: (num_cells, len(token_ids), self.config.hidden_size) for name in names}
            given = [tuple(part.shape) for part in state]
            if given != list(expected.values()):
                raise ShapeError(f"the state has shapes {given}; expected {expected}")
