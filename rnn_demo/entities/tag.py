"""How a tagger answers: text in, entities out, with the place of each in the text as typed."""

from collections.abc import Iterator, Sequence

import torch

from rnn_demo.entities.crf import TagSpan
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.pieces import STYLE, Sentence, encode_words_with_spans, length_sorted_batches
from rnn_demo.entities.scores import SentenceScores, agree, pad_emissions, score_sentences
from rnn_demo.entities.words import Word, number_sentences, split_words
from rnn_demo.reader import Reader, require_list, require_text
from rnn_demo.results import Entity, TaggedText, TaggedToken
from rnn_demo.tokenizer import EncodedText, Token, checked

__all__ = ["EntityTagger", "spans_of"]


class EntityTagger(Reader):
    """A network that marks entities.

    A text is read whole, in one pass, however long: what stands before and after a word may tell what it is, and all
    places of a name together what that is (see `agreement.py`).
    """

    task = "ner"
    model_class = TaggerModel
    model: TaggerModel

    def encode(self, text: str) -> EncodedText:
        """Turn a text into what the network reads: `<news>`, then the pieces of its words.

        A piece's span lies within its word.
        """
        _, pieces = self.split(text)
        return EncodedText(text, (self.start_id,), tuple(token for tokens in pieces for token in tokens))

    def split(self, text: str) -> tuple[tuple[Word, ...], list[list[Token]]]:
        """Give the words of a text and the pieces of each; errors as in `predict`."""
        words = split_words(checked(require_text(text)))
        return words, encode_words_with_spans(words, number_sentences(text, words), self.tokenizer)

    @property
    def start_id(self) -> int:
        """The piece that opens a news text."""
        return self.tokenizer.style_id(STYLE)

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
        sentences = [
            Sentence.of(
                [word.text for word in words],
                [[token.token_id for token in word] for word in pieces],
                self.start_id,
                number_sentences(text, words),
            )
            for text, (words, pieces) in zip(texts, split, strict=True)
        ]
        scores = [agree(self.model, [text])[0] for text in score_sentences(self.model, sentences)]
        results: dict[int, TaggedText] = {}
        for rows in length_sorted_batches([len(text.emissions) for text in scores]):
            found = self._tag(
                [texts[row] for row in rows], [split[row][0] for row in rows], [scores[row] for row in rows]
            )
            results.update(zip(rows, found, strict=True))
        return [results[row] for row in range(len(texts))]

    def _tag(
        self, texts: list[str], words: list[tuple[Word, ...]], scores: list[SentenceScores]
    ) -> Iterator[TaggedText]:
        """Turn the scores of some texts into results."""
        crf = self.model.crf
        emissions, num_words = pad_emissions(scores)
        paths, _ = crf.viterbi(emissions, num_words)
        chosen = paths.clamp(min=0)[:, :, None]  # padding is cut off below
        marginals = crf.marginals(emissions, num_words).gather(2, chosen)[:, :, 0].tolist()
        tags = [[crf.tags[tag] for tag in path[: len(row)]] for path, row in zip(paths.tolist(), words, strict=True)]
        spans = [span for row, row_tags in enumerate(tags) for span in spans_of(row_tags, row)]
        posteriors = crf.span_posteriors(emissions, num_words, spans).clamp(0, 1).tolist() if spans else []
        for row, text in enumerate(texts):
            entities = tuple(
                Entity(span.label, words[row][span.start].start, words[row][span.end - 1].end, confidence)
                for span, confidence in zip(spans, posteriors, strict=True)
                if span.row == row
            )
            tokens = tuple(
                TaggedToken(word.text, word.start, word.end, tag, min(1.0, confidence), pos)
                for word, tag, confidence, pos in zip(
                    words[row],
                    tags[row],
                    marginals[row][: len(words[row])],
                    self.model.parts_of_speech(scores[row].pos_logits),
                    strict=True,
                )
            )
            yield TaggedText(text, entities, tokens)


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
