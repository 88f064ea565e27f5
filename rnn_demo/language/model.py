"""The language model: P(next token | all tokens so far).

Input and output share one embedding (Press & Wolf 2017, arXiv:1608.05859; Inan et al. 2017). Where a layer is wider
than the embedding, a linear map brings its output back to the embedding's size first.
"""

import torch
from torch import Tensor, nn

from rnn_demo.cells import State
from rnn_demo.checkpoint import CheckpointModel
from rnn_demo.encoder import Encoder
from rnn_demo.language.config import LanguageModelConfig
from rnn_demo.language.loss import linear_cross_entropy

UNCOUNTED = -100
"""The target of a prefix or of padding (torch's ignore_index)."""


class LanguageModel(CheckpointModel):
    """An encoder and a softmax tied to its embedding.

    logits_t = E (P h_t + b_P) + b, with E the embedding (vocab, embed) and P the projection (embed, hidden)
    """

    config: LanguageModelConfig

    def __init__(self, config: LanguageModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.projection = nn.Linear(config.hidden_size, config.embed_size)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))

    def forward(self, token_ids: Tensor, targets: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the loss of a training step; all of it here, so that the step can be spread over processes.

        Args:
            token_ids: int64 (batch, seq).
            targets: int64 (batch, seq); the token after each token, or UNCOUNTED.
            state: (layer, batch, hidden) a state name; None is zero.

        Returns:
            loss: float32 (), nats per counted token.
            final_state: to carry on from; shapes as `state`.
        """
        encoded = self.encoder(token_ids, state)
        projected = self.projection(self.encoder.dropout(encoded.outputs)).flatten(0, 1)
        weight = self.encoder.embedding.weight
        loss = linear_cross_entropy(projected, weight, self.bias, targets.flatten(), ignore_index=UNCOUNTED)
        return loss, encoded.final_state

    def predict(self, token_ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the logits of the token after each token.

        Args:
            token_ids: int64 (batch, seq).
            state: (layer, batch, hidden) a state name; None is zero.

        Returns:
            logits: float32 (batch, seq, vocab), of the NEXT token.
            final_state: to carry on from; shapes as `state`.
        """
        encoded = self.encoder(token_ids, state)
        return self.logits(encoded.outputs), encoded.final_state

    def logits(self, outputs: Tensor) -> Tensor:
        """Return the logits of the vocabulary: float32 (..., hidden) -> (..., vocab)."""
        return nn.functional.linear(self.projection(outputs), self.encoder.embedding.weight, self.bias)
