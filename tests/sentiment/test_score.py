"""Scoring: each text on its own, a running score that ends in the score, and spans in the text as typed."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import checkpoint_of, sentiment_model

from rnn_demo.errors import InputError
from rnn_demo.sentiment.score import SentimentScorer, label_of


@pytest.fixture(scope="session")
def one_scorer(tokenizer):
    """Make a predictor of one tiny LSTM."""
    return SentimentScorer("tiny", sentiment_model(tokenizer.vocab_size), tokenizer, checkpoint_of("sentiment"))


def test_the_verdict_is_the_models_and_the_last_running_score(scorer):
    text = "a fine film, not bad — 東"
    (result,) = scorer.predict([text])
    token_ids = torch.tensor([scorer.encode(text).token_ids])
    with torch.inference_mode():
        logit = scorer.model(token_ids, torch.tensor([token_ids.shape[1]]))
    assert result.score == pytest.approx(torch.sigmoid(logit).item(), abs=1e-6)
    assert result.score == result.tokens[-1].score
    assert result.label == label_of(result.score)
    assert all(token.token == text[token.start : token.end] for token in result.tokens)
    assert "".join(token.token for token in result.tokens) == text


def test_the_score_before_is_that_of_a_text_with_nothing_in_it_yet(scorer):
    start = torch.tensor([scorer.encode("good").prefix_ids])
    with torch.inference_mode():
        logit = scorer.model(start, torch.tensor([1]))
    assert scorer.score_before() == pytest.approx(torch.sigmoid(logit).item(), abs=1e-6)


def test_each_text_is_scored_on_its_own_and_in_order(scorer):
    texts = ["good", "bad , bad , bad , long and bad film .", "good"]
    together = scorer.predict(texts)
    assert together == [scorer.predict([text])[0] for text in texts]
    assert together[0] == together[2]
    assert scorer.predict([]) == []


@given(
    text=st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(lambda text: any(map(str.isalnum, text)))
)
def test_any_text_gets_a_score(one_scorer, text):
    (result,) = one_scorer.predict([text])
    assert 0 <= result.score <= 1
    assert len(result.tokens) == len(one_scorer.encode(text).tokens)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("good", "predict takes a list of texts"),
        ([""], "the text is empty; give at least one word"),
        ([" \n\t"], "the text is empty"),
        ([None], "the text is None; give a string"),
        (["\u200b"], "nothing in it that the network can read"),
        ([".", "?!"], "nothing in it that the network can read"),
        (["\0"], "nothing in it that the network can read"),
        (["👍🏽"], "nothing in it that the network can read"),
        (["a\udc00"], "half of a surrogate pair at character 1"),
    ],
)
def test_what_cannot_be_read_is_refused(one_scorer, texts, message):
    with pytest.raises(InputError, match=message):
        one_scorer.predict(texts)


def test_labels_are_the_treebanks_bins():
    assert [label_of(score) for score in (0, 0.3999, 0.4, 0.5, 0.6, 0.6001, 1)] == (
        ["negative"] * 2 + ["neutral"] * 3 + ["positive"] * 2
    )
