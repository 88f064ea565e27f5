"""The joint state of all layers of a sentiment network as one vector, and its state transition F.

    s = [h, c of layer 0, h, c of layer 1, ..]              c stands for all states except h
    s_t = F(s_{t-1}, x_t)                                   layer l reads the new h of layer l - 1

A zero-input step uses x = 0, as in Maheswaranathan et al. 2019: the centre of the embeddings, which are initialised
around it. The mean embedding would give rare subwords the same weight as common ones.

An LSTM has almost no fixed points in its raw c: a cell with an open forget gate counts, c_t = c_{t-1} + i g, and under
zero input it never stops. The network only reads tanh(c), which beyond 5 is 1 to within 1e-4, so zero-input steps cap c
at C_CAP. A cell that counts outwards stays at the cap; one that counts inwards still moves. h is never capped.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.training.batching import pad_rows

C_CAP = 5.0


class JointState:
    """Joint states of a sentiment classifier as rows of a matrix."""

    def __init__(self, scorer: SentimentScorer) -> None:
        self.model = scorer.model
        self.encoder = scorer.model.encoder
        self.cells = self.encoder.cells
        self.hidden_size: int = self.cells[0].hidden_size
        self.num_parts = len(self.cells[0].state_names)

    def step(self, states: Tensor, x_t: Tensor) -> Tensor:
        """Return F(s, x): (row, state), (row, embed) -> (row, state)."""
        parts = states.split(self.hidden_size, dim=-1)
        after: list[Tensor] = []
        for i, cell in enumerate(self.cells):
            state, _ = cell.step(x_t, parts[i * self.num_parts : (i + 1) * self.num_parts])
            after += state
            x_t = state[0]
        return torch.cat(after, dim=-1)

    def zero_input_step(self, states: Tensor) -> Tensor:
        """Return F(s, 0) with c capped at C_CAP."""
        x_t = states.new_zeros(len(states), self.encoder.config.embed_size)
        parts = self.step(states, x_t).split(self.hidden_size, dim=-1)
        capped = [part.clamp(-C_CAP, C_CAP) if i % self.num_parts else part for i, part in enumerate(parts)]
        return torch.cat(capped, dim=-1)

    @torch.no_grad()
    def on_trajectory_states(self, texts: Sequence[Sequence[int]]) -> Tensor:
        """Return the state after each token of some texts, which are token ids: (token, state)."""
        token_ids, lengths = map(torch.from_numpy, pad_rows(texts, pad_id=0))
        vectors = self.encoder.embed(token_ids)
        width = len(self.cells) * self.num_parts * self.hidden_size
        states, kept = vectors.new_zeros(len(texts), width), []
        for t, x_t in enumerate(vectors.unbind(1)):
            states = self.step(states, x_t)
            kept.append(states[t < lengths])
        return torch.cat(kept)

    def hidden(self, states: Tensor) -> Tensor:
        """Return h of all layers: (row, layer * hidden)."""
        return torch.cat(states.split(self.hidden_size, dim=-1)[:: self.num_parts], dim=-1)

    def last(self, states: Tensor, quantity: int = 0) -> Tensor:
        """Return one quantity of the last layer's state, 0 for h: (row, hidden)."""
        return states.split(self.hidden_size, dim=-1)[quantity - self.num_parts]

    @torch.no_grad()
    def logits(self, states: Tensor) -> Tensor:
        """Return the logit at each fixed point: float32 (row,)."""
        return self.model.fixed_point_logits(self.last(states))
