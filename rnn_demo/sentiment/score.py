"""How the sentiment classifier answers: a text in, P(positive) after each token and at the end out."""

from collections.abc import Callable

import torch
from torch import Tensor

from rnn_demo.checks import require_list, require_readable, require_text
from rnn_demo.predictor import ForwardPredictor, Reading
from rnn_demo.results import ScoredToken, SentimentScore
from rnn_demo.sentiment.emoji import encode_naming_emoji, name_emoji
from rnn_demo.sentiment.model import SentimentModel
from rnn_demo.tokenizer import EncodedText

NEGATIVE_BELOW = 0.4
POSITIVE_ABOVE = 0.6


def label_of(score: float) -> str:
    """Return the label of a score, by the treebank's own bins; the two outer ones on each side are joined.

    >>> label_of(0.39), label_of(0.4), label_of(0.6), label_of(0.61)
    ('negative', 'neutral', 'neutral', 'positive')
    """
    return "negative" if score < NEGATIVE_BELOW else "positive" if score > POSITIVE_ABOVE else "neutral"


class SentimentScorer(ForwardPredictor):
    """A sentiment classifier that answers."""

    task = "sentiment"
    model_class = SentimentModel
    model: SentimentModel

    def encode(self, text: str) -> EncodedText:
        """Return what the network reads: `<review>`, then the text.

        Raises:
            InputError: not a string, or no letter, no digit and no emoji that the network knows by its name.
        """
        typed = require_text("text", text)
        named = self.model.config.emoji_names
        require_readable("text", name_emoji(typed).text if named else typed)
        tokens = encode_naming_emoji(typed, self.tokenizer) if named else self.tokenizer.encode_with_spans(typed)
        return EncodedText(typed, (self.tokenizer.domain_id("review"),), tokens)

    def final_readout(self, token_ids: list[int]) -> tuple[list[int], Callable[[Tensor], Tensor]]:
        """Return all tokens, and the part of the logit that is read off the last h alone."""
        return token_ids, lambda h: self.model.final_logit(h)[0]

    def predict(self, texts: list[str]) -> list[SentimentScore]:
        """Score texts.

        Args:
            texts: one text or more; each is read by itself, to its end.

        Returns:
            One result for each text, in order.

        Raises:
            InputError: not a list, or a text that cannot be read (see `encode`).
        """
        require_list(texts)
        return [self.score(self.read(text)) for text in texts]

    @torch.inference_mode()
    def score_before(self) -> float:
        """Return P(positive) before the first token of any text, after `<review>` alone."""
        token_ids = torch.tensor([[self.tokenizer.domain_id("review")]])
        return float(torch.sigmoid(self.model.running_logits(self.model.encoder(token_ids).outputs)))

    @torch.inference_mode()
    def score(self, reading: Reading) -> SentimentScore:
        """Score a text that this scorer has read."""
        encoded = reading.encoded
        logits = self.model.running_logits(reading.layers[-1])[0]
        scores = torch.sigmoid(logits)[len(encoded.prefix_ids) :].tolist()
        tokens = tuple(
            ScoredToken(token.token, token.start, token.end, score)
            for token, score in zip(encoded.tokens, scores, strict=True)
        )
        return SentimentScore(scores[-1], label_of(scores[-1]), tokens)
