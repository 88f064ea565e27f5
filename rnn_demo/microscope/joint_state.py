"""All that a sentiment network carries from one token to the next, as one vector, and the map that moves it.

    s = [h, c of layer 0, h, c of layer 1, ..]              c stands for every state but h, if the cell has any
    s_t = F(s_{t-1}, x_t)                                   layer l reads the new h of layer l - 1

With nothing to read, x = 0: the centre of the embeddings, which start around it, and what Maheswaranathan et al. 2019
take. (The mean embedding would weigh subwords that are hardly ever read like all others.)

The surprise: a memory cell whose forget gate is open counts, c_t = c_{t-1} + i g, and with nothing to read it never
stops. So an LSTM has next to no fixed point in its raw c. But c is seen by the rest of the network as tanh(c) only, and
beyond 5 that is 1 to within 1e-4: c is capped at REST_CAP. A cell that counts outwards then rests at the cap, and one
that counts back from there still moves. h is never capped.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.training.batching import pad_rows

REST_CAP = 5.0


class JointState:
    """The state of all layers of a sentiment classifier as rows of one matrix."""

    def __init__(self, scorer: SentimentScorer) -> None:
        self.model = scorer.model
        self.encoder = scorer.model.encoder
        self.cells = self.encoder.cells
        self.hidden_size: int = self.cells[0].hidden_size
        self.num_parts = len(self.cells[0].state_names)

    def step(self, states: Tensor, x_t: Tensor) -> Tensor:
        """Take one step: F(s, x). (row, state), (row, embed) -> (row, state)."""
        parts = states.split(self.hidden_size, dim=-1)
        moved: list[Tensor] = []
        for i, cell in enumerate(self.cells):
            state, _ = cell.step(x_t, parts[i * self.num_parts : (i + 1) * self.num_parts])
            moved += state
            x_t = state[0]
        return torch.cat(moved, dim=-1)

    def rest(self, states: Tensor) -> Tensor:
        """Take one step with nothing to read: F(s, 0), c capped at REST_CAP."""
        nothing = states.new_zeros(len(states), self.encoder.config.embed_size)
        parts = self.step(states, nothing).split(self.hidden_size, dim=-1)
        capped = [part.clamp(-REST_CAP, REST_CAP) if i % self.num_parts else part for i, part in enumerate(parts)]
        return torch.cat(capped, dim=-1)

    @torch.no_grad()
    def visit(self, texts: Sequence[Sequence[int]]) -> Tensor:
        """Read texts given as token ids, and give the state after each of their tokens: (token, state)."""
        token_ids, lengths = map(torch.from_numpy, pad_rows(texts, pad_id=0))
        vectors = self.encoder.embed(token_ids)
        width = len(self.cells) * self.num_parts * self.hidden_size
        states, kept = vectors.new_zeros(len(texts), width), []
        for t, x_t in enumerate(vectors.unbind(1)):
            states = self.step(states, x_t)
            kept.append(states[t < lengths])
        return torch.cat(kept)

    def shown(self, states: Tensor) -> Tensor:
        """Return h of every layer: (row, layer * hidden)."""
        return torch.cat(states.split(self.hidden_size, dim=-1)[:: self.num_parts], dim=-1)

    def last(self, states: Tensor, quantity: int = 0) -> Tensor:
        """Return a part of the last layer's state, 0 is h: (row, hidden)."""
        return states.split(self.hidden_size, dim=-1)[quantity - self.num_parts]

    @torch.no_grad()
    def logits(self, states: Tensor) -> Tensor:
        """Score fixed points: float32 (row,)."""
        return self.model.fixed_point_logits(self.last(states))
