"""The sentiment classifier: P(positive) from everything that was read, not only from the last state.

Mean, maximum and last state are pooled together (Howard & Ruder 2018, arXiv:1801.06146, "concat pooling"). Pooling
over the steps so far, instead of all steps, gives the score after each token: the score of that prefix, exactly.
"""

import torch
from torch import Tensor, nn

from rnn_demo.checkpoint import CheckpointModel
from rnn_demo.encoder import Encoder
from rnn_demo.errors import ShapeError
from rnn_demo.sentiment.config import SentimentConfig
from rnn_demo.training.calibration import temperature_at


class SentimentModel(CheckpointModel):
    """An encoder that reads forwards, concat pooling, and one sigmoid.

    pooled_t = [mean(h_1..h_t), max(h_1..h_t), h_t]
    P(positive | x_1..x_t) = sigmoid(z_t - v_t tanh(z_t / v_t)), z_t = (w . pooled_t + b) / T_t

    T_t and v_t: calibration.py; while it is trained T_t is 1, and the middle is not widened: sigmoid(z_t).
    """

    def __init__(self, config: SentimentConfig) -> None:
        super().__init__()
        self.config: SentimentConfig = config
        self.encoder = Encoder(config)
        self.dropout = nn.Dropout(config.dropout_prob)
        self.classifier = nn.Linear(3 * config.hidden_size, 1)

    def forward(self, token_ids: Tensor, lengths: Tensor, perturbation: Tensor | None = None) -> Tensor:
        """Return the logits of texts.

        Args:
            token_ids: int64 (batch, seq).
            lengths: int64 (batch,), 1..seq.
            perturbation: float32 (batch, seq, embed); added to the vectors of the tokens (see adversarial.py).

        Returns:
            float32 (batch,); logits of P(positive).
        """
        if perturbation is None:
            return self.logits(self.encoder(token_ids).outputs, lengths)
        return self.logits(self.encoder.read(self.encoder.embed(token_ids) + perturbation).outputs, lengths)

    def logits(self, outputs: Tensor, lengths: Tensor) -> Tensor:
        """Return the logits, float32 (batch,), of the last layer's outputs (batch, seq, hidden), pooled over each text.

        Raises:
            ShapeError: there is not one length in 1..seq for each row.
        """
        if lengths.shape != outputs.shape[:1] or lengths.min() < 1 or lengths.max() > outputs.shape[1]:
            raise ShapeError(
                f"lengths {lengths.tolist()} must be {len(outputs)}, one for each row, and lie in 1..{outputs.shape[1]}"
            )
        real = (torch.arange(outputs.shape[1], device=outputs.device) < lengths[:, None])[:, :, None]
        mean = outputs.masked_fill(~real, 0).sum(1) / lengths[:, None]
        maximum = outputs.masked_fill(~real, -torch.inf).amax(1)
        last = outputs[torch.arange(len(outputs), device=outputs.device), lengths - 1]
        return self._classify(torch.cat([mean, maximum, last], dim=-1), lengths)

    def running_logits(self, outputs: Tensor) -> Tensor:
        """Score every prefix of each text from the last layer's outputs: (batch, seq, hidden) -> (batch, seq)."""
        count = torch.arange(1, outputs.shape[1] + 1, device=outputs.device)
        mean = outputs.cumsum(1) / count[:, None]
        maximum = outputs.cummax(1).values
        return self._classify(torch.cat([mean, maximum, outputs], dim=-1), count)

    def score_vectors(self, vectors: Tensor) -> Tensor:
        """Score whole texts given as vectors, all of one length: float32 (batch, seq, embed) -> (batch,)."""
        lengths = torch.full((len(vectors),), vectors.shape[1])
        return self.logits(self.encoder.read(vectors).outputs, lengths)

    def final_logit(self, h: Tensor) -> Tensor:
        """Return the part of the logit that is read off the final h, without mean, maximum and bias.

        Args:
            h: (batch, hidden); of the last layer.

        Returns:
            (batch,).
        """
        return h @ self.classifier.weight[0, -h.shape[1] :]

    @property
    def fixed_point_readout(self) -> Tensor:
        """The gradient of the logit in h at a fixed point, where h is its own mean and maximum: (hidden,)."""
        return self.classifier.weight[0].detach().view(3, -1).sum(0)

    def fixed_point_logits(self, h: Tensor) -> Tensor:
        """Score endless texts at whose end h stands still: (batch, hidden) -> float32 (batch,)."""
        return self._classify(h.repeat(1, 3), torch.tensor(torch.inf, device=h.device))

    def _classify(self, pooled: Tensor, lengths: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.dropout(pooled))[..., 0]
        log_odds = logits.float() / temperature_at(lengths, self.config.temperatures)
        if not self.config.neutral_widths:
            return log_odds
        width = temperature_at(lengths, self.config.neutral_widths)
        return log_odds - width * torch.tanh(log_odds / width.clamp(min=1e-6))
