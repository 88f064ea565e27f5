"""The held-out texts for precomputed analyses: no test sets, and no classifier or tagger was trained on them.

Language models were trained on the reviews and the treebank sentences as text, without their labels.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rnn_demo.entities.corpus import TaggedSentences, read_tagged_sentences
from rnn_demo.sentiment.reviews import LabelledText, held_out_reviews
from rnn_demo.tasks import find_task


@dataclass(frozen=True)
class HeldOut:
    """Held-out texts, read on first use.

    Every property raises DataError if its data set is missing.
    """

    data_dir: Path | None
    """The folder with one folder per data set; None reads from the Hub."""

    def texts(self, task: str) -> list[str]:
        """Return the texts of a task, as a visitor would type them; InputError if there is no such task."""
        return find_task(task).functions().held_out_texts(self.data_dir)

    @cached_property
    def novels(self) -> list[str]:
        """Passages of the validation novels, in order."""
        return self.texts("lm")

    @cached_property
    def reviews(self) -> list[LabelledText]:
        """Every tenth IMDB training review and 1,000 treebank sentences, with their labels."""
        return held_out_reviews(self.data_dir)

    @cached_property
    def sentences(self) -> TaggedSentences:
        """The CoNLL-2003 validation sentences, with entity tags and parts of speech."""
        return read_tagged_sentences("conll2003", "validation", self.data_dir)
