"""The tagger: a pretrained backbone that reads the subwords in both directions, and a BiLSTM-CRF over the words.

Sources: Peters et al. 2018, arXiv:1802.05365, and Akbik et al. 2018 (a forward and a backward language model below);
Lample et al. 2016, arXiv:1603.01360 (the BiLSTM-CRF above). The cell is named by the config: any of CELLS will do.
"""

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from rnn_demo.bidirectional import BidirectionalLayer, reverse_within_lengths
from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import CheckpointModel
from rnn_demo.encoder import Encoder
from rnn_demo.entities.config import TaggerConfig
from rnn_demo.entities.consistency import Occurrences, smooth_emissions
from rnn_demo.entities.crf import LinearChainCRF
from rnn_demo.entities.word_tagger import WordTagger
from rnn_demo.regularisation.locked_dropout import LockedDropout

ALONE_WEIGHT = 0.5
"""Of a sentence by itself, beside the same in a text: most texts that people type are one sentence."""


class WordScores(NamedTuple):
    """What the network makes of the words of a batch; without meaning past each sentence."""

    emissions: Tensor
    """float32 (batch, words, tags); unnormalised scores for the CRF, nats."""
    pos_logits: Tensor
    """float32 (batch, words, parts of speech)."""
    num_words: Tensor
    """int64 (batch,); what the CRF takes as lengths."""


class TaggerModel(CheckpointModel):
    """Two language models' encoders, one vector a word, a recurrent layer over the words in both directions, two heads.

    v_w = [forward h at the LAST subword of word w ; backward h at its FIRST subword], of every layer of both encoders
    u   = BiRNN(W_v v)
    P_w = W u_w + b                   emissions of the CRF, (tags,)
    p(pos_w) = softmax(W' u_w + b')   parts of speech, (parts of speech,)

    At those two places each direction has just read the whole word, however many subwords it has. The two encoders have
    an embedding each, as they were trained apart. Where the config gives the characters a network, the scores of a
    `WordTagger`, which reads whole words, are added to P_w and, weighted, to the logits of the parts of speech.
    """

    more_weights: ClassVar[dict[str, str]] = {
        "backward.safetensors": "backward_encoder.",
        "vectors.safetensors": "word_tagger.reader.vectors.",
        "words.safetensors": "word_tagger.",
    }
    config: TaggerConfig

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.backward_encoder = Encoder(config)
        self.word_map = nn.Linear(2 * config.num_layers * config.hidden_size, 2 * config.tagger_size)
        self.words = BidirectionalLayer(CELLS[config.cell], 2 * config.tagger_size, config.tagger_size)
        self.dropout = LockedDropout(config.tagger_dropout_prob)
        self.to_tags = nn.Linear(2 * config.tagger_size, len(config.tags))
        self.to_pos = nn.Linear(2 * config.tagger_size, len(config.pos_tags))
        self.word_tagger = WordTagger(config) if config.char_size else None
        self.crf = LinearChainCRF(config.tags)

    def forward(
        self,
        token_ids: Tensor,
        subword_counts: Tensor,
        tags: Tensor,
        pos_tags: Tensor,
        of_name: Tensor | None = None,
        of_sentence: Tensor | None = None,
        corpus: Tensor | None = None,
        **spelling: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Return log p(tags | words) and log p(parts of speech | words): all of a training step.

        Args:
            token_ids: int64 (batch, 1 + seq); the first column is the subword that opens a document.
            subword_counts: int64 (batch, words); subwords in each word, 0 past each sentence.
            tags: int64 (batch, words); tag ids, anything past each sentence.
            pos_tags: int64 (batch, words); part-of-speech ids, PAD_TAG_ID where there is none.
            of_name: where the sentences are one text, which of its words are the same name; see `Occurrences`. Then the
                result is the mean of log p(tags | words) with smoothed emissions and, half as heavy, without.
            of_sentence: and which of them are so within a sentence.
            corpus: int64 (batch,); the place in the config's corpora of the one that a sentence is of.
            spelling: of the words, as `collate_spelling` makes it, where whole words are read.

        Returns:
            float32 (batch,) each; nats.
        """
        scores = self.score_words(token_ids, subword_counts, corpus, **spelling)
        pos_nats = nn.functional.cross_entropy(scores.pos_logits.transpose(1, 2), pos_tags, reduction="none")
        tag_nats = self.crf.log_likelihood(scores.emissions, tags, scores.num_words)
        if of_name is not None and of_sentence is not None:
            settled, is_word, places = scores.emissions.clone(), subword_counts > 0, Occurrences(of_name, of_sentence)
            settled[is_word] = smooth_emissions(scores.emissions[is_word], places, self.config.alpha)
            together = self.crf.log_likelihood(settled, tags, scores.num_words)
            tag_nats = (together + ALONE_WEIGHT * tag_nats) / (1 + ALONE_WEIGHT)
        return tag_nats, -pos_nats.sum(1)

    def score_words(
        self, token_ids: Tensor, subword_counts: Tensor, corpus: Tensor | None = None, **spelling: Tensor
    ) -> WordScores:
        """Score every tag and part of speech at every word; arguments as in `forward`."""
        features = None if self.word_tagger is None else self.word_tagger.reader(**spelling)
        if self.word_tagger is not None and features is not None and self.config.reads == "words":
            num_words = (subword_counts > 0).sum(1)
            emissions, pos_logits = self.word_tagger(features, num_words, corpus)
            return WordScores(emissions, pos_logits, num_words)
        vectors = self.encoder.embed(token_ids), self.backward_encoder.embed(token_ids)
        return self.score_vectors(*vectors, subword_counts, features)

    def score_vectors(
        self,
        forward_vectors: Tensor,
        backward_vectors: Tensor,
        subword_counts: Tensor,
        features: Tensor | None = None,
    ) -> WordScores:
        """Score words whose subwords are given as vectors; otherwise as `score_words`.

        Args:
            forward_vectors: float32 (batch, 1 + seq, embed); as `encoder.embed` makes them.
            backward_vectors: as `backward_encoder.embed` makes them, in the order of the text.
            subword_counts: int64 (batch, words); subwords in each word, 0 past each sentence.
            features: float32 (batch, words, size); of whole words, as the word tagger's reader makes them.
        """
        lengths = subword_counts.sum(1)
        last_pieces = subword_counts.cumsum(1) - 1  # (batch, words)
        first_pieces = last_pieces - (subword_counts - 1).clamp(min=0)
        turned = reverse_within_lengths(backward_vectors[:, 1:], lengths)
        forward = self.encoder.read(forward_vectors).layers
        backward = self.backward_encoder.read(torch.cat([backward_vectors[:, :1], turned], 1)).layers
        vectors = [at_subwords(layer[:, 1:], last_pieces) for layer in forward]
        vectors += [at_subwords(reverse_within_lengths(layer[:, 1:], lengths), first_pieces) for layer in backward]
        num_words = (subword_counts > 0).sum(1)
        inputs = self.word_map(self.dropout(torch.cat(vectors, 2)))
        outputs = self.dropout(self.words(self.dropout(inputs), num_words))
        emissions, pos_logits = self.to_tags(outputs).float(), self.to_pos(outputs).float()
        if self.word_tagger is not None and features is not None and self.config.reads == "all":
            of_words = self.word_tagger(features, num_words)
            a, b = self.config.pos_weights
            emissions, pos_logits = emissions + of_words.emissions, a * pos_logits + b * of_words.pos_logits
        return WordScores(emissions, pos_logits, num_words)

    def parts_of_speech(self, pos_logits: Tensor) -> list[str]:
        """The likeliest part of speech of each word, of float (words, parts of speech)."""
        return [self.config.pos_tags[best] for best in pos_logits.argmax(1).tolist()]


def at_subwords(outputs: Tensor, places: Tensor) -> Tensor:
    """Pick the outputs at some subwords.

    Args:
        outputs: (batch, seq, hidden).
        places: int64 (batch, words); 0..seq - 1, or below 0 past each sentence.

    Returns:
        (batch, words, hidden).
    """
    return outputs.gather(1, places.clamp(min=0)[:, :, None].expand(-1, -1, outputs.shape[2]))
