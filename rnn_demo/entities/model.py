"""The tagger: a recurrent network that reads the pieces of a sentence in both directions, and a CRF over its words.

Source: Lample et al. 2016, arXiv:1603.01360, with the pieces of the shared tokenizer instead of words and letters.
"""

import torch
from torch import Tensor, nn

from rnn_demo.checkpoint import CheckpointModel
from rnn_demo.config import TaggerConfig
from rnn_demo.encoder import Encoder
from rnn_demo.entities.crf import LinearChainCRF

__all__ = ["TaggerModel"]


class TaggerModel(CheckpointModel):
    """An encoder, one vector a word, a linear map to tags, and a linear-chain CRF.

    h_w = [forward h at the LAST piece of word w ; backward h at its FIRST piece]
    P_w = W h_w + b                                                 emissions, (tags,)

    At those two places each direction has just read the whole word, however many pieces it has. (At the first piece
    alone, as is usual for transformers, the forward direction would not know how the word ends.)
    """

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.to_tags = nn.Linear(config.output_size, len(config.tags))
        self.crf = LinearChainCRF(config.tags)

    def forward(self, token_ids: Tensor, piece_counts: Tensor, tags: Tensor) -> Tensor:
        """Give log p(tags | words) of each sentence: all of a training step, so that it can be spread over processes.

        Args:
            token_ids: int64 (batch, seq).
            piece_counts: int64 (batch, words); pieces in each word, 0 past each sentence.
            tags: int64 (batch, words); tag ids, anything past each sentence.

        Returns:
            float32 (batch,); nats.
        """
        emissions, num_words = self.emissions(token_ids, piece_counts)
        return self.crf.log_likelihood(emissions, tags, num_words)

    def emissions(self, token_ids: Tensor, piece_counts: Tensor) -> tuple[Tensor, Tensor]:
        """Score every tag at every word.

        Args:
            token_ids: int64 (batch, seq).
            piece_counts: int64 (batch, words); pieces in each word, 0 past each sentence.

        Returns:
            emissions: float32 (batch, words, tags); unnormalised scores, nats; without meaning past each sentence.
            num_words: int64 (batch,); what the CRF takes as lengths.
        """
        outputs = self.encoder(token_ids, lengths=piece_counts.sum(1)).outputs
        vectors = word_vectors(outputs, piece_counts, self.config.hidden_size)
        return self.to_tags(self.encoder.dropout(vectors)).float(), (piece_counts > 0).sum(1)


def word_vectors(outputs: Tensor, piece_counts: Tensor, hidden_size: int) -> Tensor:
    """Pick one vector a word: forward units at its last piece, backward units, if there are any, at its first.

    Args:
        outputs: (batch, seq, hidden * directions), forward units first.
        piece_counts: int64 (batch, words); 0 past each sentence.
        hidden_size: units in one direction.

    Returns:
        (batch, words, hidden * directions).
    """
    last_pieces = piece_counts.cumsum(1) - 1  # (batch, words)
    first_pieces = last_pieces - (piece_counts - 1).clamp(min=0)
    directions = zip(torch.split(outputs, hidden_size, dim=2), (last_pieces, first_pieces), strict=False)
    return torch.cat(
        [units.gather(1, places[:, :, None].expand(-1, -1, hidden_size)) for units, places in directions], dim=2
    )
