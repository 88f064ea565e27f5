"""How a tagger answers: text in, entities out, with the place of each in the text as typed."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice

import torch

from rnn_demo.checks import require_list, require_text
from rnn_demo.entities.crf import TagSpan
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.scores import SentenceScores, agree, pad_to_decide, score_sentences
from rnn_demo.entities.subwords import DOMAIN, Sentence, as_read, encode_words_with_spans
from rnn_demo.entities.words import Word, split_sentences
from rnn_demo.predictor import Predictor
from rnn_demo.results import Entity, TaggedText, TaggedToken
from rnn_demo.tokenizer import EncodedText, Token
from rnn_demo.training.batching import by_length


class EntityTagger(Predictor):
    """A network that marks entities.

    A text is read sentence by sentence, for neighbours do not help (see `variants.py`); what a name is, its places in
    all of them settle together (see `agreement.py`).
    """

    task = "ner"
    model_class = TaggerModel
    model: TaggerModel

    def encode(self, text: str) -> EncodedText:
        """Turn a text into what the network reads: `<news>`, then the subwords of its words.

        A subword's span lies within its word.
        """
        tokens = (token for _, subwords in self.split(text) for word in subwords for token in word)
        return EncodedText(text, (self.start_id,), tuple(tokens))

    def split(self, text: str) -> list[tuple[list[Word], list[list[Token]]]]:
        """Return the words of each sentence of a text, and the subwords of each word; errors as in `predict`."""
        sentences = split_sentences(require_text("text", text))
        return [(words, encode_words_with_spans(words, self.tokenizer)) for words in sentences]

    @property
    def start_id(self) -> int:
        """The subword that opens a news text."""
        return self.tokenizer.domain_id(DOMAIN)

    @torch.inference_mode()
    def predict(self, texts: Sequence[str]) -> list[TaggedText]:
        """Mark the entities of texts.

        Args:
            texts: one word or more each.

        Returns:
            A result a text, in the same order.

        Raises:
            InputError: not a list, or a text is empty or is no text.
        """
        require_list(texts)
        split = [self.split(text) for text in texts]
        sentences = list(chain.from_iterable(split))
        scores = iter(score_sentences(self.model, [self._as_read(*sentence) for sentence in sentences]))
        agreed = [scored for text in split for scored in agree(self.model, list(islice(scores, len(text))))]
        tagged: dict[int, tuple[list[Entity], list[TaggedToken]]] = {}
        for rows in by_length([len(words) for words, _ in sentences]):
            found = self._tag([sentences[row][0] for row in rows], [agreed[row] for row in rows])
            tagged.update(zip(rows, found, strict=True))
        in_order = iter([tagged[row] for row in range(len(sentences))])
        return [join(text, list(islice(in_order, len(parts)))) for text, parts in zip(texts, split, strict=True)]

    def _as_read(self, words: Sequence[Word], subwords: Sequence[Sequence[Token]]) -> Sentence:
        """Return a sentence as the network reads it."""
        token_ids = [[token.token_id for token in word] for word in subwords]
        return Sentence.of(as_read([word.text for word in words]), token_ids, self.start_id)

    def _tag(
        self, words: Sequence[Sequence[Word]], scores: Sequence[SentenceScores]
    ) -> Iterator[tuple[list[Entity], list[TaggedToken]]]:
        """Find the entities and the tags of some sentences."""
        crf = self.model.crf
        emissions, num_words = pad_to_decide(self.model, scores)
        paths, _ = crf.viterbi(emissions, num_words)
        chosen = paths.clamp(min=0)[:, :, None]  # padding is cut off below
        marginals = crf.marginals(emissions, num_words).gather(2, chosen)[:, :, 0].clamp(max=1).tolist()
        tags = [[crf.tags[tag] for tag in path[: len(row)]] for path, row in zip(paths.tolist(), words, strict=True)]
        spans = [span for row, row_tags in enumerate(tags) for span in spans_of(row_tags, row)]
        posteriors = crf.span_posteriors(emissions, num_words, spans).clamp(0, 1).tolist() if spans else []
        for row, row_words in enumerate(words):
            entities = [
                Entity(span.label, row_words[span.start].start, row_words[span.end - 1].end, confidence)
                for span, confidence in zip(spans, posteriors, strict=True)
                if span.row == row
            ]
            confidences, pos_tags = marginals[row][: len(row_words)], self.model.parts_of_speech(scores[row].pos_logits)
            tokens = [
                TaggedToken(word.text, word.start, word.end, tag, confidence, pos)
                for word, tag, confidence, pos in zip(row_words, tags[row], confidences, pos_tags, strict=True)
            ]
            yield entities, tokens


def join(text: str, sentences: Sequence[tuple[list[Entity], list[TaggedToken]]]) -> TaggedText:
    """Put what was found in the sentences of a text together."""
    entities, tokens = (tuple(chain.from_iterable(column)) for column in zip(*sentences, strict=True))
    return TaggedText(text, entities, tokens)


def spans_of(tags: Sequence[str], row: int = 0) -> list[TagSpan]:
    """Read the entities off a path of the CRF, which always is sound IOB2.

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
