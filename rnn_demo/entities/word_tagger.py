"""A second tagger inside a tagger: it reads whole words where the first reads subwords, and the two pool their scores.

    p(y | X) is proportional to  p_subwords(y | X)^a  p_words(y | X)^b

Of two CRFs over the same tags such a pool is again a CRF: its emissions and its steps are a and b times theirs, added
(logarithmic opinion pools, Smith, Cohn & Osborne 2005; Hinton 2002 calls it a product of experts). It is better than
either as far as they err apart, and these do: one knows sentences from its language models, the other knows names from
its vectors. The second can so learn from new corpora at a tenth of the price, with the first left alone. a and b are
chosen on held-out data and are then part of the weights.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from rnn_demo.bidirectional import BidirectionalLayer
from rnn_demo.cells import CELLS
from rnn_demo.entities.config import TaggerConfig
from rnn_demo.entities.word_reader import WordReader
from rnn_demo.regularisation.locked_dropout import LockedDropout


class Scores(NamedTuple):
    """What a tagger makes of the words of a batch; without meaning past each sentence."""

    emissions: Tensor
    """float32 (batch, words, tags); unnormalised scores for the CRF, nats."""
    pos_logits: Tensor
    """float32 (batch, words, parts of speech)."""


class WordTagger(nn.Module):
    """A recurrent layer over the vectors of whole words, in both directions, and two heads.

    u   = BiRNN(f)                    f by `WordReader`
    P_w = W u_w + b + o_corpus        emissions of the CRF, (tags,)
    """

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__()
        self.reader = WordReader(config)
        self.input_dropout = LockedDropout(config.word_dropout_prob)
        self.words = BidirectionalLayer(CELLS[config.cell], WordReader.size(config), config.tagger_size)
        self.dropout = LockedDropout(config.tagger_dropout_prob)
        self.to_tags = nn.Linear(2 * config.tagger_size, len(config.tags))
        self.to_pos = nn.Linear(2 * config.tagger_size, len(config.pos_tags))
        # the first corpus has no offset: texts are read as if they came from it
        self.offsets = nn.Embedding(len(config.corpora), len(config.tags), padding_idx=0) if config.corpora else None
        if self.offsets is not None:
            nn.init.zeros_(self.offsets.weight)

    def forward(self, features: Tensor, num_words: Tensor, corpus: Tensor | None = None) -> Scores:
        """Score every tag and part of speech at every word.

        Args:
            features: float32 (batch, words, size); as `reader` makes them.
            num_words: int64 (batch,); words in each sentence.
            corpus: int64 (batch,); a place in the config's corpora, where not the first.
        """
        outputs = self.dropout(self.words(self.input_dropout(features), num_words))
        emissions = self.to_tags(outputs).float()
        if corpus is not None and self.offsets is not None:
            emissions = emissions + self.offsets(corpus)[:, None].float()
        return Scores(emissions, self.to_pos(outputs).float())

    @torch.no_grad()
    def scale_(self, weight: float) -> None:
        """Multiply the emissions with a weight."""
        for parameter in self.to_tags.parameters():
            parameter.mul_(weight)
        if self.offsets is not None:
            self.offsets.weight.mul_(weight)
