"""Training a classifier: a short run that learns, what is validated, and pure batches."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sentiment.fake_teacher import FakeTransformer, fake_teacher
from tiny import FILM_LABELS, FILM_TEXTS, checkpoint_of, language_model, sentiment_model, write_split

from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import save_checkpoint
from rnn_demo.errors import CheckpointError, InputError
from rnn_demo.sentiment.batches import ShortAndLong
from rnn_demo.sentiment.config import SentimentConfig, SentimentRecipe
from rnn_demo.sentiment.evaluate import evaluate, score_rows
from rnn_demo.sentiment.model import SentimentModel
from rnn_demo.sentiment.reviews import LabelledText
from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.sentiment.soft_labels import remembered
from rnn_demo.sentiment.teacher import Teacher
from rnn_demo.sentiment.train import SentimentObjective, train

SIZES = {"embed_size": 12, "hidden_size": 12, "num_layers": 1, "batch_size": 8, "precision": "fp32"}
ROWS = [LabelledText(text, float(label)) for text, label in zip(FILM_TEXTS, FILM_LABELS, strict=True)] * 6


@pytest.fixture
def places(tokenizer, tmp_path):
    """Write a tiny data set and a tokenizer; give the settings that name them."""
    write_split(tmp_path / "data", "imdb", "train", text=FILM_TEXTS * 10, label=FILM_LABELS * 10)
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer.model").write_bytes(tokenizer.model_proto)
    return {
        "data_dir": tmp_path / "data",
        "output_dir": tmp_path / "tiny",
        "runs_dir": tmp_path / "runs",
        "tokenizer": str(tmp_path / "tokenizer"),
        "datasets": ("imdb",),
    }


@pytest.mark.parametrize("cell", CELLS)
def test_a_short_training_lowers_the_loss_and_gives_a_checkpoint(places, cell):
    seen = []
    recipe = SentimentRecipe(
        cell=cell, steps=30, lr=0.03, warmup_steps=3, dropout_prob=0.0, validate_every=10, **SIZES, **places
    )
    folder = train(recipe, seen.append)
    assert np.mean([p.loss_nats for p in seen[-5:]]) < 0.7 * np.mean([p.loss_nats for p in seen[:3]])
    assert seen[-1].metrics.keys() == {"accuracy", "nats", "imdb_accuracy"}
    scorer = SentimentScorer.load(folder)
    assert "imdb/train" in scorer.checkpoint.chosen_on
    assert scorer.checkpoint.data == ["imdb/train"]
    assert evaluate(folder, "imdb", "train", places["data_dir"], "asis")["accuracy"] == 1


def test_a_network_teaches_its_successor_what_it_says_of_unlabelled_texts(places):
    mixed = list(range(11)) * 8  # every tenth row is held out: of both kinds
    films = {"text": [FILM_TEXTS[i % len(FILM_TEXTS)] for i in mixed]}
    write_split(places["data_dir"], "imdb", "train", **films, label=[FILM_LABELS[i % len(FILM_TEXTS)] for i in mixed])
    write_split(places["data_dir"], "imdb", "unsupervised", text=["good day", "bad day"], label=[-1, -1])
    settings = {"steps": 2, "validate_every": 2, "adversarial_size": 1.0, **SIZES, **places}
    first = train(SentimentRecipe(**settings), lambda progress: None)
    again = {
        **settings,
        "unlabelled": ("imdb",),
        "teacher": str(first),
        "init_from": str(first),
        "output_dir": first.with_name("second"),
    }
    second = SentimentScorer.load(train(SentimentRecipe(**again), lambda progress: None))
    assert second.checkpoint.data == ["imdb/train", "imdb/unsupervised"]
    assert "--teacher tiny" in second.checkpoint.command


def test_a_teacher_is_asked_once_and_its_soft_labels_are_kept(places, monkeypatch, tmp_path):
    FakeTransformer().save_pretrained(tmp_path / "wise")
    asked = []

    def judge(texts):
        asked.append(texts)
        return fake_teacher().judge(texts)

    monkeypatch.setattr(Teacher, "load", lambda folder, bf16: SimpleNamespace(judge=judge))
    write_split(places["data_dir"], "imdb", "unsupervised", text=["good day here now", "bad day"], label=[-1, -1])
    write_split(places["data_dir"], "noisy", "train", text=["it was a bad day"], label=[1])
    names = {"unlabelled_sentences": ("imdb",), "teacher": str(tmp_path / "wise"), "steps": 2, **SIZES, **places}
    train(SentimentRecipe(**names), lambda progress: None)
    names["unlabelled_sentences"] = ("imdb", "noisy")
    scorer = SentimentScorer.load(train(SentimentRecipe(**names), lambda progress: None))
    assert asked == [["Good day here now"], ["It was a bad day"]]
    assert scorer.checkpoint.data == ["imdb/train", "imdb/unsupervised", "noisy/train"]
    kept = remembered(places["runs_dir"] / "soft_labels" / "wise" / "imdb.parquet", ["Good day here now"], None)
    np.testing.assert_allclose(kept, fake_teacher().judge(["Good day here now"]))


def test_long_texts_have_steps_of_their_own():
    lengths = np.array([10] * 40 + [100] * 12)
    batches = ShortAndLong(lengths, SentimentRecipe(long_every=3, batch_size=2, short_batch_size=8))
    steps = [batches.rows_at(step) for step in range(18)]
    assert [len(rows) for rows in steps] == [8, 8, 2] * 6
    assert all((lengths[rows] > 64).all() == (len(rows) == 2) for rows in steps)
    long = np.concatenate([rows for rows in steps if len(rows) == 2])
    assert sorted(long) == list(range(40, 52))  # each once before any comes again
    first_pass = np.concatenate([rows for rows in steps if len(rows) == 8][:5])
    assert sorted(first_pass) == list(range(40))
    assert batches.rows_at(4).tolist() == steps[4].tolist()
    assert np.concatenate([batches.rows_at(4, rank, 2) for rank in (0, 1)]).shape == (8,)


def test_a_trained_network_reads_emoji_by_name(places):
    scorer = SentimentScorer.load(train(SentimentRecipe(steps=1, **SIZES, **places), lambda progress: None))
    (named,), (spelled,) = scorer.predict(["good 👍"]), scorer.predict(["good thumbs up"])
    assert named.score == spelled.score
    assert named.tokens[-1].end == len("good 👍")


def test_only_a_network_of_the_same_task_can_be_mixed_in(places, tokenizer):
    start = places["output_dir"].with_name("start")
    save_checkpoint(start, sentiment_model(tokenizer.vocab_size), tokenizer, checkpoint_of("sentiment"))
    settings = {"steps": 1, "lr": 0.1, "warmup_steps": 0, "precision": "fp32", "interpolation": 0.999, **places}
    mixed = SentimentModel.load(train(SentimentRecipe(**settings, init_from=str(start)), lambda progress: None))
    for name, weight in SentimentModel.load(start).encoder.state_dict().items():
        torch.testing.assert_close(mixed.encoder.state_dict()[name], weight, rtol=0, atol=0.01)
    save_checkpoint(start, language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm"))
    with pytest.raises(CheckpointError, match=r"--interpolation needs all weights .*start lacks some"):
        train(SentimentRecipe(**settings, init_from=str(start)), lambda progress: None)
    with pytest.raises(InputError, match=r"interpolation is 0\.5; it must be 0 without --init-from"):
        SentimentRecipe(interpolation=0.5)


def make_objective(tokenizer, held_out, **settings):
    return SentimentObjective(ROWS, held_out, tokenizer, SentimentRecipe(**{**SIZES, **settings}))


def test_batches_hold_each_row_with_its_length_and_target(tokenizer):
    objective = make_objective(tokenizer, {"imdb": ROWS[:4]}, max_tokens=5)
    seen = 0
    for step in range(objective.batches.steps_per_pass):
        batch = objective.batch_at(step, 0, 1)
        again = objective.batch_at(step, 0, 1)
        assert all(torch.equal(batch[name], again[name]) for name in batch)
        assert batch["lengths"].max() <= 6
        assert objective.num_tokens(batch) == batch["lengths"].sum()
        seen += len(batch["targets"])
    assert seen == len(ROWS)
    whole = objective.batch_at(0, 0, 1)
    halves = [objective.batch_at(0, rank, 2) for rank in (0, 1)]
    assert [len(half["targets"]) for half in halves] == [4, 4]
    assert sorted(torch.cat([half["lengths"] for half in halves]).tolist()) == sorted(whole["lengths"].tolist())


def test_soft_targets_are_learned_as_such(tokenizer):
    model = sentiment_model(tokenizer.vocab_size)
    objective = make_objective(tokenizer, {"imdb": ROWS[:4]})
    batch = {**objective.batch_at(0, 0, 1), "targets": torch.full((8,), 0.25)}
    with torch.no_grad():
        loss, state = objective.loss(model, batch, None)
        p = torch.sigmoid(model(batch["token_ids"], batch["lengths"]))
    torch.testing.assert_close(loss, -(0.25 * p.log() + 0.75 * (1 - p).log()).mean(), rtol=1e-5, atol=1e-5)
    assert state is None


def test_adversarial_training_learns_from_the_harder_text_and_trains_every_weight(tokenizer):
    model = sentiment_model(tokenizer.vocab_size)
    as_it_is, pushed = (make_objective(tokenizer, {"imdb": ROWS[:4]}, adversarial_size=size) for size in (0.0, 0.5))
    batch = as_it_is.batch_at(0, 0, 1)
    clean, _ = as_it_is.loss(model, batch, None)
    hard, _ = pushed.loss(model, batch, None)
    assert hard > clean
    hard.backward()
    assert all(parameter.grad.any() for parameter in model.parameters())
    with pytest.raises(InputError, match=r"adversarial_size is -1\.0; it must be 0 or more"):
        SentimentRecipe(adversarial_size=-1.0)


@torch.no_grad()
def test_validation_is_over_all_held_out_rows_and_accuracy_over_the_clear_ones(tokenizer):
    model = sentiment_model(tokenizer.vocab_size)
    films = [LabelledText(text, target) for text, target in zip(FILM_TEXTS, (1, 0, 0.5, 0.25), strict=True)]
    objective = make_objective(tokenizer, {"imdb": films[:2], "sst5": films[2:], "sst2": []})
    metrics = objective.validate(model)
    scorer_rows = objective.held_out["imdb"][0] + objective.held_out["sst5"][0]
    scores = [torch.sigmoid(model(torch.tensor([row]), torch.tensor([len(row)]))).item() for row in scorer_rows]
    nats = [-(f.target * np.log(s) + (1 - f.target) * np.log(1 - s)) for f, s in zip(films, scores, strict=True)]
    assert metrics["nats"] == pytest.approx(np.mean(nats), rel=1e-5)
    assert metrics["imdb_accuracy"] == np.mean([scores[0] >= 0.5, scores[1] < 0.5])
    assert metrics["sst5_accuracy"] == float(scores[3] < 0.5)
    assert metrics["accuracy"] == (metrics["imdb_accuracy"] + metrics["sst5_accuracy"]) / 2
    assert "imdb/train" in objective.chosen_on
    assert "sst5/train" in objective.chosen_on
    assert "sst2" not in objective.chosen_on
    neutral = make_objective(tokenizer, {"sst5": films[2:3]})
    assert neutral.validate(model).keys() == {"accuracy", "nats"}


@torch.no_grad()
def test_a_network_is_calibrated_on_short_and_on_long_texts_and_no_verdict_changes(tokenizer, tmp_path):
    model = sentiment_model(tokenizer.vocab_size)
    long = [LabelledText(row.text * 9, row.target) for row in ROWS]
    short = [LabelledText(row.text[:9], row.target) for row in ROWS]
    objective = make_objective(
        tokenizer, {"imdb": long, "sst5": [*short[:3], LabelledText("a day", 0.5)], "mine": short[3:7], "sst2": []}
    )
    before = {name: score_rows(model, rows) for name, (rows, _) in objective.held_out.items()}
    objective.finish(model)
    config = model.config
    assert [length > 64 for length, _ in config.temperatures] == [False, True]
    assert [length for length, _ in config.neutral_widths] == [length for length, _ in config.temperatures]
    assert config.neutral_widths[1][1] == 0  # no long text is neutral
    objective.finish(model)
    assert model.config == config  # calibrated again, and from what the network says by itself
    for name, scores in before.items():
        np.testing.assert_array_equal(scores >= 0.5, score_rows(model, objective.held_out[name][0]) >= 0.5)
    save_checkpoint(tmp_path / "tiny", model, tokenizer, checkpoint_of("sentiment"))
    assert SentimentModel.load(tmp_path / "tiny").config == model.config


@pytest.mark.parametrize("temperatures", [((8, 1), (3, 1)), ((3, 0),), ((-1, 2),)])
def test_temperatures_that_no_text_could_have_are_refused(temperatures):
    with pytest.raises(InputError, match=r"temperatures is .*; it must be pairs of numbers above 0, shortest first"):
        SentimentConfig("lstm", 40, 8, 6, 1, temperatures=temperatures)


@pytest.mark.parametrize("widths", [((3, -1),), ((0, 1),)])
def test_widths_that_no_text_could_have_are_refused(widths):
    with pytest.raises(InputError, match=r"neutral_widths is .*; it must be pairs of a length and"):
        SentimentConfig("lstm", 40, 8, 6, 1, neutral_widths=widths)


@pytest.mark.parametrize(
    ("rows", "limit", "read"), [(24, 7, 7), (24, 12, 12), (24, 23, 23), (24, 24, 24), (24, 99, 24)]
)
def test_no_more_rows_are_validated_than_asked_and_from_all_over_the_file(tokenizer, rows, limit, read):
    held_out = [LabelledText("word " * (i + 1), 1.0) for i in range(rows)]
    objective = make_objective(tokenizer, {"imdb": held_out}, validation_rows=limit)
    lengths = [len(row) for row in objective.held_out["imdb"][0]]
    assert len(lengths) == read
    assert max(lengths) - min(lengths) >= (rows - 1) * len(tokenizer.encode("word ")) * 0.8
