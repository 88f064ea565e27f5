"""What the reports in bench/ compute by themselves: intervals, baselines, and the effect of clamping."""

import math
from subprocess import CalledProcessError

import numpy as np
import pytest
import torch
from tiny import checkpoint_of, language_model, sentiment_model, write_split

from bench import opinions
from bench.baselines import vader_is_positive, vader_scores
from bench.clamping import DEVIATIONS, DOMAIN, PROMPT, measure, settings_of, write_many
from bench.entities import everyday_rows, read_everyday
from bench.evaluate import read_rows
from bench.five_gram import five_gram_losses, subword_lines
from bench.intervals import f1_of, interval, percent, ratio_of
from rnn_demo.errors import InputError
from rnn_demo.language.clamping import Clamp
from rnn_demo.language.write import Writer
from rnn_demo.microscope.sentiment_direction import LayerStates, find_sentiment_direction, to_entry
from rnn_demo.sentiment.score import SentimentScorer, label_of


def test_an_interval_holds_the_binomial_one():
    right = np.arange(1000) < 800
    value, low, high = interval(np.stack([right, np.ones(1000)], 1), ratio_of)
    assert value == pytest.approx(0.8)
    assert low == pytest.approx(0.8 - 1.96 * (0.8 * 0.2 / 1000) ** 0.5, abs=0.005)
    assert high == pytest.approx(0.8 + 1.96 * (0.8 * 0.2 / 1000) ** 0.5, abs=0.005)


def test_f1_is_that_of_the_summed_counts():
    counts = np.array([(1.0, 2.0, 1.0), (1.0, 1.0, 4.0)])
    assert f1_of(counts.sum(0)) == pytest.approx(2 * (2 / 3) * (2 / 5) / (2 / 3 + 2 / 5))
    assert percent(np.ones((5, 2)), ratio_of) == "100.00 (100.00 to 100.00)"


def test_what_is_not_measured_again_stays_in_the_report():
    head = "| | measured | from |\n|---|---|---|\n"
    report = (
        f"# Title\n\n## a/b\n\n{head}| lm-gru | 1.7 | `x` |\n| *paper* | 1 | y |\n\n## c\n\n{head}| lm-rnn | 2 | z |\n"
    )
    assert read_rows(report, "a/b") == {"lm-gru": "| lm-gru | 1.7 | `x` |"}
    assert read_rows(report, "c") == {"lm-rnn": "| lm-rnn | 2 | z |"}
    assert read_rows(report, "d") == read_rows("", "c") == {}


def test_the_word_list_tells_good_films_from_bad_ones():
    assert vader_is_positive(["a wonderful film", "an awful film"]).tolist() == [True, False]


def write_programs(folder, lmplz, query):
    for name, script in (("lmplz", lmplz), ("query", query)):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)


def test_a_line_of_text_is_a_line_of_pieces(tokenizer):
    lines = subword_lines(["good film\n\nbad", "a"], tokenizer).splitlines()
    assert [tokenizer.decode([int(piece) for piece in line.split()]).strip() for line in lines] == [
        "good film",
        "",
        "bad",
        "a",
    ]


def test_what_the_five_gram_program_answers_is_read_in_nats(tokenizer, tmp_path):
    answer = "while read -r line; do echo 'word=3 1 -2.5 Total: -2 OOV: 0'; echo 'Total: -2 OOV: 0'; done"
    write_programs(tmp_path, "cat > /dev/null", answer)
    losses = five_gram_losses(["good"], ["good film\nbad", ""], tokenizer, tmp_path)
    assert losses[:, 0] == pytest.approx([2 * math.log(10)] * 3)
    lines = subword_lines(["good film\nbad", ""], tokenizer).splitlines()
    assert losses[:, 1].tolist() == [len(line.split()) + 1 for line in lines]
    write_programs(tmp_path, "exit 3", answer)
    with pytest.raises(CalledProcessError, match="exit status 3"):
        five_gram_losses(["good"], ["good"], tokenizer, tmp_path)
    (tmp_path / "query").unlink()
    with pytest.raises(InputError, match=r"lacks query; see the head of bench/five_gram.py"):
        five_gram_losses(["good"], ["good"], tokenizer, tmp_path)


@pytest.fixture
def writer(tokenizer):
    return Writer("tiny", language_model(tokenizer.vocab_size, num_layers=2), tokenizer, checkpoint_of("lm"))


@pytest.fixture
def entry():
    states = np.random.default_rng(0).normal(size=(3, 40, 6)).astype(np.float32)
    direction = find_sentiment_direction(LayerStates(*states), np.arange(40) % 3 == 0)
    return to_entry([direction, direction], 40)


def test_clamping_is_measured_for_every_setting(writer, entry, tokenizer):
    scorer = SentimentScorer("judge", sentiment_model(tokenizer.vocab_size), tokenizer, checkpoint_of("sentiment"))
    rows = measure(writer, scorer, entry, samples=5, length=6)
    assert [row.setting for row in rows[1:]] == 2 * list(settings_of(entry, 0))
    assert len(settings_of(entry, 0)) == len(DEVIATIONS) + 4
    assert [row.layer for row in rows] == [None, *[0] * 11, *[1] * 11]
    for row in rows:
        assert row.samples == 5
        assert row.example.startswith(PROMPT)
        assert 0 <= row.low <= row.score <= row.high <= 1
        assert row.perplexity >= 1
    assert len({row.score for row in rows}) > 10


@torch.inference_mode()
def test_perplexity_is_that_of_what_was_written(writer, entry, tokenizer):
    """One text: the unmodified model's probabilities of its tokens, by hand."""
    scorer = SentimentScorer("judge", sentiment_model(tokenizer.vocab_size), tokenizer, checkpoint_of("sentiment"))
    (unmodified, *_) = measure(writer, scorer, entry, [], samples=1, length=6)
    (row,) = write_many(writer, None, 1, 6)
    prompt = writer.encode(PROMPT, DOMAIN).token_ids
    log_probs = writer.model.predict(torch.tensor([prompt + row]))[0][0].log_softmax(-1)
    nats = [-float(log_probs[len(prompt) - 1 + i, token_id]) for i, token_id in enumerate(row)]
    assert unmodified.perplexity == pytest.approx(math.exp(sum(nats) / len(nats)), rel=1e-4)
    assert unmodified.example == PROMPT + tokenizer.decode(row)


def test_texts_end_where_the_model_ends_them(writer):
    assert write_many(writer, None, 3, 8) == write_many(writer, None, 3, 8)
    assert write_many(writer, Clamp(-1, {0: 1.0}), 3, 8) != write_many(writer, None, 3, 8)
    with torch.no_grad():
        writer.model.bias[writer.tokenizer.eos_id] = 1000
    assert write_many(writer, None, 3, 8) == [[], [], []]


def test_everyday_sentences_are_counted_by_kind_and_false_alarms_apart():
    gold = [{tuple(entity) for entity in row["entities"]} for row in read_everyday()]
    assert everyday_rows(gold)["plain"] == "100.0"
    assert everyday_rows(gold)["everyday sentences"] == "100.00 (100.00 to 100.00)"
    assert everyday_rows(gold)["false alarms"].startswith("0 of ")
    alarms = everyday_rows([spans or {(0, 1, "PER")} for spans in gold])
    assert alarms["false alarms"] == "{0} of {0} sentences without a name".format(sum(not spans for spans in gold))
    assert "no-name" not in alarms


def test_everyday_opinions_are_counted_by_kind_and_neutral_ones_apart():
    target = {"negative": 0.1, "neutral": 0.5, "positive": 0.9}
    rows = opinions.read_everyday()
    perfect = opinions.everyday_rows(np.array([target[row["label"]] for row in rows]))
    assert perfect["clear opinions"] == perfect["three labels"] == "100.00 (100.00 to 100.00)"
    assert perfect["negation"] == "20 of 20"
    assert perfect["capitals, neutral"] == "2 of 2"
    undecided = opinions.everyday_rows(np.full(len(rows), 0.55))
    assert undecided["neutral-fact, neutral"] == "40 of 40"
    assert undecided["negation"] == "10 of 20"  # half of them are positive


def test_three_labels_are_compared_with_five_classes(tmp_path):
    for name in opinions.DATASETS:
        write_split(tmp_path, name, "validation", text=list("abcde"), label=[0, 1, 2, 3, 4])
    rows = opinions.dataset_rows(lambda texts: np.array([0.1, 0.5, 0.5, 0.7, 0.9]), tmp_path)
    assert [row.split()[0] for row in rows.values()] == ["80.00", "80.00"]


def test_vader_calls_plain_text_neutral():
    labels = [label_of(score) for score in vader_scores(["a wonderful film", "the door is open", "an awful film"])]
    assert labels == ["positive", "neutral", "negative"]
