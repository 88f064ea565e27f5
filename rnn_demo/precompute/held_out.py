"""The texts that studies are made on: none belongs to a test set, and no classifier or tagger learned from one.

Language models have read the reviews and the treebank's sentences as text, without how positive they are.

novels       the validation novels, in passages
reviews      every tenth IMDB train review and 1,000 treebank sentences, with how positive they are
sentences    CoNLL-2003's validation sentences, with entity tags and parts of speech
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rnn_demo.config import SentimentRecipe
from rnn_demo.entities.corpus import TaggedSentences, read_tagged_sentences
from rnn_demo.language.train import excerpts
from rnn_demo.sentiment.reviews import LabelledText, read_reviews
from rnn_demo.training.corpora import as_texts, clean, read_split

PASSAGE_CHARS = 600


@dataclass(frozen=True)
class HeldOut:
    """Held-out texts, read when they are asked for.

    Every property raises DataError where its data set is missing.
    """

    data_dir: Path | None
    """Where the folders are; None reads from the Hub."""

    @cached_property
    def novels(self) -> list[str]:
        """Passages of some PASSAGE_CHARS characters, in order."""
        rows = as_texts(read_split("english_novels", "validation", self.data_dir), "english_novels")
        return [passage for text in rows["text"] for passage in excerpts(clean(text), PASSAGE_CHARS)]

    @cached_property
    def reviews(self) -> list[LabelledText]:
        """Long reviews, then single sentences."""
        _, held_out = read_reviews(SentimentRecipe(data_dir=self.data_dir))
        return [row for rows in held_out.values() for row in rows]

    @cached_property
    def sentences(self) -> TaggedSentences:
        """A row a sentence."""
        return read_tagged_sentences("conll2003", "validation", self.data_dir)
