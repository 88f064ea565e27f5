"""Attributions add up to what they share out, and leaving out is leaving out."""

import pytest
import torch
from tiny import checkpoint_of, sentiment_model

from rnn_demo.cells import CELLS
from rnn_demo.errors import InputError
from rnn_demo.microscope import attribution as attribution_module
from rnn_demo.microscope.attribution import attribute, leave_one_out
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
    found = attribute(scorer, TEXT)
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
    assert found.gap == pytest.approx(total - found.difference, abs=1e-5)


def test_many_small_batches_give_the_same(scorer: SentimentScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    shares, falls = attribute(scorer, TEXT).tokens, leave_one_out(scorer, TEXT)
    monkeypatch.setattr(attribution_module, "BATCH_TOKENS", 30)
    again = attribute(scorer, TEXT).tokens
    assert [token.attribution for token in again] == pytest.approx([t.attribution for t in shares], abs=1e-4)
    assert leave_one_out(scorer, TEXT) == pytest.approx(falls, abs=1e-5)


def test_leaving_out_a_token_is_reading_the_text_without_it(scorer: SentimentScorer) -> None:
    ids = scorer.encode(TEXT).token_ids
    falls = leave_one_out(scorer, TEXT)
    assert len(falls) == len(ids) - 1

    def logit(token_ids: list[int]) -> float:
        with torch.no_grad():
            return float(scorer.model(torch.tensor([token_ids]), torch.tensor([len(token_ids)])))

    for place in (1, 3, len(ids) - 1):
        assert falls[place - 1] == pytest.approx(logit(ids) - logit(ids[:place] + ids[place + 1 :]), abs=1e-5)
    assert leave_one_out(scorer, "a") == pytest.approx([logit(scorer.encode("a").token_ids)], abs=1e-5)


def test_of_a_long_text_the_end_is_explained(scorer: SentimentScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribution_module, "MAX_TOKENS", 5)
    monkeypatch.setattr(attribution_module, "MAX_OCCLUDED", 3)
    found = attribute(scorer, TEXT)
    end = TEXT[found.tokens[0].start :]
    assert len(found.tokens) == 5
    assert "".join(TEXT[token.start : token.end] for token in found.tokens) == end
    assert len(leave_one_out(scorer, TEXT)) == 3


def test_what_cannot_be_explained_is_refused(scorer: SentimentScorer) -> None:
    with pytest.raises(InputError, match="the text is empty"):
        attribute(scorer, " ")
