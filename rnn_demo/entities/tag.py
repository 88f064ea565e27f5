"""How a tagger answers: text in, entities out, each with its span in the text as typed."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

import torch
from torch import Tensor

from rnn_demo.checks import require_list, require_text
from rnn_demo.entities.clamping import Correction, clamp_emissions, clamp_text, sure_emissions
from rnn_demo.entities.crf import TagSpan
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.scores import SentenceScores, pad_to_decide, score_sentences, smooth
from rnn_demo.entities.subwords import DOMAIN, Sentence, as_read, encode_words_with_spans
from rnn_demo.entities.words import Word, split_sentences
from rnn_demo.predictor import Predictor
from rnn_demo.results import Entity, TaggedText, TaggedToken
from rnn_demo.tokenizer import EncodedText, Token
from rnn_demo.training.batching import map_by_length


class ScoredWords(NamedTuple):
    """A typed sentence with its scores."""

    words: list[Word]
    scores: SentenceScores
    allowed: Tensor | None = None
    """bool (words, tags); which tags the words may have. None = all."""


class EntityTagger(Predictor):
    """A network that tags entities.

    Each sentence is read by itself, as its neighbours do not help (see docs/experiments.md). The occurrences of a name
    in all sentences of a text are smoothed together (see `consistency.py`).
    """

    task = "ner"
    model_class = TaggerModel
    model: TaggerModel

    def encode(self, text: str) -> EncodedText:
        """Return what the network reads: `<news>`, then the subwords of each word, whose spans lie within the word."""
        tokens = (token for _, subwords in self.split(text) for word in subwords for token in word)
        return EncodedText(text, (self.start_id,), tuple(tokens))

    def split(self, text: str) -> list[tuple[list[Word], list[list[Token]]]]:
        """Return the words of each sentence of a text, and the subwords of each word; errors as in `predict`."""
        sentences = split_sentences(require_text("text", text))
        return [(words, encode_words_with_spans(words, self.tokenizer)) for words in sentences]

    @property
    def start_id(self) -> int:
        """The control symbol of news."""
        return self.tokenizer.domain_id(DOMAIN)

    @torch.inference_mode()
    def predict(self, texts: Sequence[str]) -> list[TaggedText]:
        """Tag the entities of texts.

        Args:
            texts: one word or more each.

        Returns:
            One result for each text, in order. A text without a letter or a digit has no entities.

        Raises:
            InputError: not a list, or a text is empty or no string.
        """
        require_list(texts)
        split = [self.split(text) for text in texts]
        sentences = list(chain.from_iterable(split))
        scores = iter(score_sentences(self.model, [self._as_read(*sentence) for sentence in sentences]))
        smoothed = (sentence for text in split for sentence in smooth(self.model, list(islice(scores, len(text)))))
        scored = [ScoredWords(words, sentence) for (words, _), sentence in zip(sentences, smoothed, strict=True)]
        tagged = iter(map_by_length(scored, lambda sentence: len(sentence.words), self._tag))
        return [join(text, list(islice(tagged, len(parts)))) for text, parts in zip(texts, split, strict=True)]

    @torch.inference_mode()
    def correct(self, text: str, corrections: Sequence[Correction]) -> TaggedText:
        """Tag a text in which somebody has said what some words are; what is not said may change too.

        Args:
            text: one word or more.
            corrections: see `clamping.py`.

        Raises:
            InputError: as `predict`, or a label that is none of the tagger's.
        """
        split = self.split(text)
        clamps = clamp_text(self.model.crf, [words for words, _ in split], corrections)
        scores = score_sentences(self.model, [self._as_read(*sentence) for sentence in split])
        pairs = zip(scores, clamps, strict=True)
        smoothed = smooth(self.model, [s._replace(emissions=sure_emissions(s.emissions, clamp)) for s, clamp in pairs])
        scored = map(ScoredWords, (words for words, _ in split), smoothed, clamps)
        return join(text, map_by_length(list(scored), lambda sentence: len(sentence.words), self._tag))

    def _as_read(self, words: Sequence[Word], subwords: Sequence[Sequence[Token]]) -> Sentence:
        """Return a typed sentence as the network reads it."""
        token_ids = [[token.token_id for token in word] for word in subwords]
        return Sentence.of(as_read([word.text for word in words]), token_ids, self.start_id)

    def _tag(self, batch: Sequence[ScoredWords]) -> Iterator[tuple[list[Entity], list[TaggedToken]]]:
        """Yield the entities and the tagged words of each sentence of a batch."""
        crf = self.model.crf
        emissions, num_words = pad_to_decide(self.model, [sentence.scores for sentence in batch])
        for row, (words, _, allowed) in enumerate(batch):
            if allowed is not None:
                emissions[row, : len(words)] = clamp_emissions(emissions[row, : len(words)], allowed)
        paths, _ = crf.viterbi(emissions, num_words)
        chosen = paths.clamp(min=0)[:, :, None]  # padding is cut off below
        marginals = crf.marginals(emissions, num_words).gather(2, chosen)[:, :, 0].clamp(max=1).tolist()
        tags = [[crf.tags[tag] for tag in path[:n]] for path, n in zip(paths.tolist(), num_words.tolist(), strict=True)]
        spans = [span for row, row_tags in enumerate(tags) for span in spans_of(row_tags, row)]
        posteriors = crf.span_posteriors(emissions, num_words, spans).clamp(0, 1).tolist() if spans else []
        for row, (words, scores, _) in enumerate(batch):
            entities = [
                Entity(span.label, words[span.start].start, words[span.end - 1].end, confidence)
                for span, confidence in zip(spans, posteriors, strict=True)
                if span.row == row
            ]
            confidences, pos_tags = marginals[row][: len(words)], self.model.parts_of_speech(scores.pos_logits)
            tokens = [
                TaggedToken(word.text, word.start, word.end, tag, confidence, pos)
                for word, tag, confidence, pos in zip(words, tags[row], confidences, pos_tags, strict=True)
            ]
            yield entities, tokens


def join(text: str, sentences: Sequence[tuple[list[Entity], list[TaggedToken]]]) -> TaggedText:
    """Return the result of a text, from the entities and words of its sentences."""
    entities, tokens = (tuple(chain.from_iterable(column)) for column in zip(*sentences, strict=True))
    return TaggedText(text, entities, tokens)


def spans_of(tags: Sequence[str], row: int = 0) -> list[TagSpan]:
    """Return the entities of a path of the CRF, which is always valid IOB2.

    >>> spans_of(["B-PER", "I-PER", "O", "B-LOC"])
    [TagSpan(row=0, start=0, end=2, label='PER'), TagSpan(row=0, start=3, end=4, label='LOC')]
    """
    spans = []
    for start, tag in enumerate(tags):
        if tag.startswith("B-"):
            end = start + 1
            while end < len(tags) and tags[end].startswith("I-"):
                end += 1
            spans.append(TagSpan(row, start, end, tag[2:]))
    return spans
