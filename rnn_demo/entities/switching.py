"""Names are switched for others: what stands around a name, and what kind of word it is, must tell what it is.

    Blackburn Rovers beat Arsenal. For Blackburn ...   ->   Real Betis beat Benfica. For Blackburn ...

A name becomes another of the same data with the same label, as many words, and in capitals or not as it is, so the tags
stay as they are. It is the same one at all its places in a text, and where the last word of a longer name stands alone
(a surname), it is switched with it: the places of a name are learned from together (see `agreement.py`).

Source: Dai & Adel 2020, arXiv:2010.11683 (mention replacement, there for small data sets).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rnn_demo.entities.corpus import TaggedSentences
from rnn_demo.entities.crf import TagSpan, spans_of

__all__ = ["SwitchedNames"]


class Kind(NamedTuple):
    """What two names have in common that may stand for each other."""

    label: str
    num_words: int
    in_capitals: bool


class SwitchedNames:
    """The words of some sentences, in which names may become others.

    Args:
        sentences: words and tags; where the names come from, too, each as likely as any other of its kind.
        prob: chance that a name is switched, all through a text.
    """

    def __init__(self, sentences: TaggedSentences, prob: float) -> None:
        self.words, self.prob = sentences.words, prob
        self.spans = [spans_of(tags, row) for row, tags in enumerate(sentences.tags)]
        names: dict[Kind, dict[tuple[str, ...], None]] = {}
        for span in (span for spans in self.spans for span in spans):
            names.setdefault(self._kind(span), {})[self._words(span)] = None
        self.names = {kind: list(of_kind) for kind, of_kind in names.items()}

    def draw(self, rows: Sequence[int], rng: np.random.Generator) -> list[list[str]]:
        """Draw the names of a text, and give the words of its sentences with them."""
        drawn = {row: list(self.words[row]) for row in rows}
        new_names: dict[tuple[str, ...], tuple[str, ...]] = {}
        spans = [span for row in rows for span in self.spans[row]] if self.prob else []
        for span in sorted(spans, key=lambda span: span.start - span.end):  # the longest first: they have surnames
            name = (span.label, *(word.lower() for word in self._words(span)))
            if name not in new_names:
                of_kind = self.names[self._kind(span)]
                switch = rng.random() < self.prob
                new_names[name] = of_kind[int(rng.integers(len(of_kind)))] if switch else ()
                new_names.setdefault((span.label, name[-1]), new_names[name][-1:])
            if new_name := new_names[name]:
                capitals = self._kind(span).in_capitals
                drawn[span.row][span.start : span.end] = map(str.upper, new_name) if capitals else new_name
        return [drawn[row] for row in rows]

    def _words(self, span: TagSpan) -> tuple[str, ...]:
        return tuple(self.words[span.row][span.start : span.end])

    def _kind(self, span: TagSpan) -> Kind:
        return Kind(span.label, span.end - span.start, " ".join(self._words(span)).isupper())
