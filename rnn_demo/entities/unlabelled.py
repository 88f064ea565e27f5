"""Texts that nobody has tagged, tagged by trained taggers, for another to learn from.

A small tagged corpus names few companies and people; the newspapers that it was drawn from name many more, each of
them many times. Taggers that agree on a line are mostly right about it, and a tagger that learns from such lines meets
those names in more company than its own corpus shows them in.

Sources: Yarowsky 1995, "Unsupervised word sense disambiguation rivaling supervised methods" (learning from one's own
sure answers); Hinton et al. 2015, arXiv:1503.02531 (the mean of several networks as teacher of one).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from rnn_demo.checkpoint import TOKENIZER_NAME, find_checkpoint
from rnn_demo.entities.corpus import TaggedSentences
from rnn_demo.entities.crf import LinearChainCRF
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.pieces import collate, encode_sentences, length_sorted_batches
from rnn_demo.entities.words import split_words
from rnn_demo.errors import DataError
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.corpora import as_texts, clean, read_split

__all__ = ["Committee", "tag_unlabelled"]

MAX_WORDS = 60
"""Longer lines are left out: lists and tables, mostly."""
SURE = 0.5
"""A line is kept where its tags as a whole are likelier than all other ways to tag it together."""


class Committee:
    """Taggers that answer together: a CRF of their mean scores, which is the geometric mean of their distributions.

    Args:
        names: checkpoints, folders or Hub ids.

    Raises:
        CheckpointError: there is no such tagger.
        DataError: their tags are not the same.
    """

    def __init__(self, names: Sequence[str]) -> None:
        folders = [find_checkpoint(name) for name in names]
        self.taggers = [TaggerModel.load(folder) for folder in folders]
        self.tokenizers = [Tokenizer.from_file(folder / TOKENIZER_NAME) for folder in folders]
        self.tags = self.taggers[0].config.tags
        for name, tagger in zip(names, self.taggers, strict=True):
            if tagger.config.tags != self.tags:
                raise DataError(
                    f"the teachers' tags differ: {names[0]} has {', '.join(self.tags)}, "
                    f"{name} has {', '.join(tagger.config.tags)}"
                )
        self.crf = LinearChainCRF(self.tags)
        for name, parameter in self.crf.named_parameters():
            parameter.data = torch.stack([tagger.crf.get_parameter(name).data for tagger in self.taggers]).mean(0)

    @torch.inference_mode()
    def tag(self, sentences: Sequence[Sequence[str]]) -> tuple[list[list[str]], list[float]]:
        """Tag sentences: a tag a word, and a sentence's probability of being tagged so, given its words."""
        tags: list[list[str]] = [[] for _ in sentences]
        chances = [0.0] * len(sentences)
        encoded = [encode_sentences(sentences, tokenizer) for tokenizer in self.tokenizers]
        for rows in length_sorted_batches([len(sentence.token_ids) for sentence in encoded[0]]):
            scores = [
                tagger.score_words(**collate([own[row] for row in rows]))
                for tagger, own in zip(self.taggers, encoded, strict=True)
            ]
            emissions, num_words = torch.stack([score.emissions for score in scores]).mean(0), scores[0].num_words
            paths, best = self.crf.viterbi(emissions, num_words)
            likely = (best - self.crf.log_partition(emissions, num_words)).exp().tolist()
            for row, path, chance in zip(rows, paths.tolist(), likely, strict=True):
                tags[row] = [self.tags[tag] for tag in path[: len(sentences[row])]]
                chances[row] = chance
        return tags, chances


def tag_unlabelled(name: str, teachers: Sequence[str], most: int, data_dir: Path | None, seed: int) -> TaggedSentences:
    """Tag lines of a data set's train split, and keep those that the teachers are sure of.

    Args:
        name: a data set with a text column.
        teachers: checkpoints, folders or Hub ids of taggers with the same tags.
        most: lines to tag at most, whole texts drawn at random until there are so many.
        data_dir: where the folders are; None reads from the Hub.
        seed: chooses the texts.

    Returns:
        The lines that are kept, in order; their parts of speech are "".

    Raises:
        CheckpointError: a teacher cannot be read.
        DataError: the data set cannot be read, the teachers' tags differ, or they are sure of no line.
    """
    committee = Committee(teachers)
    texts = as_texts(read_split(name, "train", data_dir), name)["text"]
    lines: list[list[str]] = []
    for row in np.random.default_rng(seed).permutation(len(texts)).tolist():
        split = [[word.text for word in split_words(line)] for line in clean(texts[row]).splitlines()]
        lines += [words for words in split if 0 < len(words) <= MAX_WORDS]
        if len(lines) >= most:
            break
    tags, chances = committee.tag(lines := lines[:most])
    kept = [row for row, chance in enumerate(chances) if chance > SURE]
    if not kept:
        raise DataError(f"{name}/train has no line that the teachers {', '.join(teachers)} are sure of")
    words = [lines[row] for row in kept]
    return TaggedSentences(f"{name}/train", words, [tags[row] for row in kept], [[""] * len(row) for row in words])
