"""Measuring a classifier against numbers worked out by hand."""

import json

import numpy as np
import pytest
import torch
from tiny import FILM_LABELS, FILM_TEXTS, write_split

from rnn_demo.errors import DataError
from rnn_demo.sentiment import evaluate as evaluate_module
from rnn_demo.sentiment.evaluate import evaluate, review_ids, score_rows
from rnn_demo.sentiment.model import SentimentModel
from rnn_demo.sentiment.score import SentimentScorer


def fix_scores(monkeypatch, scores):
    monkeypatch.setattr(evaluate_module, "score_rows", lambda model, rows: np.array(scores))


def test_two_classes_are_cut_at_one_half(folder, tmp_path, monkeypatch):
    write_split(tmp_path, "mine", "test", text=["a", "b", "c", "d"], label=[1, 0, 0, 1])
    fix_scores(monkeypatch, [0.5, 0.4, 0.9, 0.95])
    metrics = evaluate(folder, "mine", "test", tmp_path, "asis")
    # bins of 1/15: 0.5 -> (7/15, 8/15]; 0.6 -> (8/15, 9/15]; 0.9 and 0.95 -> (13/15, 14/15] and (14/15, 1]
    gaps = [abs(1 - 0.5), abs(1 - 0.6), abs(0 - 0.9), abs(1 - 0.95)]
    assert list(metrics.pop("reliability")) == ["0.47-0.53", "0.53-0.60", "0.87-0.93", "0.93-1.00"]
    assert metrics == {"accuracy": 0.75, "ece": pytest.approx(sum(gaps) / 4), "examples": 4}
    assert json.loads(json.dumps(metrics)) == metrics


def test_five_classes_are_negative_neutral_positive(folder, tmp_path, monkeypatch):
    write_split(tmp_path, "mine", "test", sentence=list("abcdef"), label=[0, 1, 2, 2, 3, 4])
    fix_scores(monkeypatch, [0.1, 0.4, 0.6, 0.39, 0.61, 0.2])
    assert evaluate(folder, "mine", "test", tmp_path, "asis") == {"accuracy": pytest.approx(3 / 6), "examples": 6}


def test_scores_are_those_of_the_reader_whatever_the_batch(folder, tmp_path, monkeypatch):
    texts = [*FILM_TEXTS, "x", "good " * 40, FILM_TEXTS[0]]
    scorer = SentimentScorer.load(folder)
    expected = [result.score for result in scorer.predict(texts)]
    for rows in (1, 2, 64):
        monkeypatch.setattr(evaluate_module, "ROWS", rows)
        with torch.inference_mode():
            scores = score_rows(scorer.model, review_ids(texts, scorer.tokenizer))
        assert scores.tolist() == pytest.approx(expected, abs=1e-6)


def test_a_checkpoint_is_measured_in_each_case(folder, tmp_path):
    write_split(tmp_path, "mine", "test", text=FILM_TEXTS, label=FILM_LABELS)
    scorer = SentimentScorer.load(folder)
    for case, rewrite in (("asis", str), ("upper", str.upper), ("lower", str.lower)):
        scores = [result.score for result in scorer.predict([rewrite(text) for text in FILM_TEXTS])]
        right = sum((score >= 0.5) == (label == 1) for score, label in zip(scores, FILM_LABELS, strict=True))
        assert evaluate(folder, "mine", "test", tmp_path, case)["accuracy"] == right / 4


def test_long_reviews_keep_their_end(tokenizer):
    whole, cut = review_ids(["good " * 30], tokenizer)[0], review_ids(["good " * 30], tokenizer, max_tokens=5)[0]
    assert cut == [whole[0], *whole[-5:]]
    assert whole[0] == tokenizer.domain_id("review")
    assert review_ids([""], tokenizer, max_tokens=5) == [[tokenizer.domain_id("review")]]


def test_rows_without_a_label_cannot_be_scored(folder, tmp_path):
    write_split(tmp_path, "sst2", "test", sentence=["a", "b"], label=[-1, -1])
    with pytest.raises(DataError, match="sst2/test: row 0 has label -1"):
        evaluate(folder, "sst2", "test", tmp_path, "asis")


def test_loaded_models_answer_without_dropout(folder):
    assert not SentimentModel.load(folder).training
