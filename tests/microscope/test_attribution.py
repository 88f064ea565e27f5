"""Attributions add up to what they share out, and leaving out is leaving out."""

import pytest
import torch
from tiny import checkpoint_of, sentiment_model

from rnn_demo.cells import CELLS
from rnn_demo.errors import InputError
from rnn_demo.microscope import attribution as attribution_module
from rnn_demo.microscope.attribution import AttributedToken, attribute, leave_one_out
from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.tokenizer import Tokenizer

TEXT = "a fine film, good and great."


@pytest.fixture(params=CELLS)
def scorer(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> SentimentScorer:
    """Make a scorer with random weights, small enough to be smooth."""
    model = sentiment_model(tokenizer.vocab_size, request.param, 2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(0.5)
    return SentimentScorer("tiny", model, tokenizer, checkpoint_of("sentiment", request.param))


def test_shares_add_up_to_the_difference(scorer: SentimentScorer) -> None:
    found = attribute(scorer, scorer.encode(TEXT))
    encoded = scorer.encode(TEXT)
    assert "".join(TEXT[token.start : token.end] for token in found.tokens) == TEXT
    with torch.no_grad():
        vectors = scorer.model.encoder.embed(torch.tensor([encoded.token_ids]))
        baseline = vectors.clone()
        baseline[:, 1:] = 0
        difference = float(scorer.model.score_vectors(vectors) - scorer.model.score_vectors(baseline))
    assert found.difference == pytest.approx(difference, abs=1e-5)
    total = sum(token.attribution for token in found.tokens)
    assert total == pytest.approx(found.difference, rel=0.05, abs=0.01)
    assert found.completeness_error == pytest.approx(total - found.difference, abs=1e-5)


def values_of(tokens: tuple[AttributedToken, ...]) -> list[float]:
    return [token.attribution for token in tokens]


def test_many_small_batches_give_the_same(scorer: SentimentScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = scorer.encode(TEXT)
    shares, drops = values_of(attribute(scorer, encoded).tokens), values_of(leave_one_out(scorer, encoded))
    monkeypatch.setattr(attribution_module, "BATCH_TOKENS", 30)
    assert values_of(attribute(scorer, encoded).tokens) == pytest.approx(shares, abs=1e-4)
    assert values_of(leave_one_out(scorer, encoded)) == pytest.approx(drops, abs=1e-5)


def test_leaving_out_a_token_is_reading_the_text_without_it(scorer: SentimentScorer) -> None:
    ids = scorer.encode(TEXT).token_ids
    drops = leave_one_out(scorer, scorer.encode(TEXT))
    assert len(drops) == len(ids) - 1

    def logit(token_ids: list[int]) -> float:
        with torch.no_grad():
            return float(scorer.model(torch.tensor([token_ids]), torch.tensor([len(token_ids)])))

    for place in (1, 3, len(ids) - 1):
        assert drops[place - 1].attribution == pytest.approx(
            logit(ids) - logit(ids[:place] + ids[place + 1 :]), abs=1e-5
        )
    word = scorer.encode("a")
    assert values_of(leave_one_out(scorer, word)) == pytest.approx([logit(word.token_ids)], abs=1e-5)


def test_of_a_long_text_the_end_is_explained(scorer: SentimentScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribution_module, "MAX_TOKENS", 5)
    monkeypatch.setattr(attribution_module, "MAX_OCCLUDED", 3)
    found = attribute(scorer, scorer.encode(TEXT))
    end = TEXT[found.tokens[0].start :]
    assert len(found.tokens) == 5
    assert "".join(TEXT[token.start : token.end] for token in found.tokens) == end
    assert len(leave_one_out(scorer, scorer.encode(TEXT))) == 3


def test_what_cannot_be_explained_is_refused(scorer: SentimentScorer) -> None:
    with pytest.raises(InputError, match="the text is empty"):
        attribute(scorer, scorer.encode(" "))
