"""The teacher, with a stand-in for transformers: what its shares mean, that batches change nothing, that it learns."""

import builtins
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sentiment.fake_teacher import FakeTokenizer, FakeTransformer, fake_teacher
from tiny import FILM_TEXTS, write_split

from rnn_demo.errors import CheckpointError, InputError
from rnn_demo.sentiment import fine_tune as fine_tune_module
from rnn_demo.sentiment import teacher as teacher_module
from rnn_demo.sentiment.config import TeacherRecipe
from rnn_demo.sentiment.evaluate import evaluate
from rnn_demo.sentiment.fine_tune import fine_tune, shares_of, start_teacher, train, trained_parameters
from rnn_demo.sentiment.reviews import LabelledText
from rnn_demo.sentiment.score import label_of
from rnn_demo.sentiment.teacher import Teacher, is_transformer, load_transformers, scores_of


def test_shares_do_not_depend_on_the_batch_and_are_in_the_order_of_the_classes(monkeypatch):
    teacher = fake_teacher()
    texts = [*FILM_TEXTS, "good", "bad 👍"]
    shares = teacher.judge(texts)
    monkeypatch.setattr(teacher_module, "ROWS", 1)
    np.testing.assert_allclose(teacher.judge(texts), shares, atol=1e-6)
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-6)
    with torch.inference_mode():
        logits = teacher.logits(teacher.encode(["good"]))
    np.testing.assert_allclose(shares[4], torch.softmax(logits, -1)[0].flip(0), atol=1e-6)


def test_emoji_are_read_by_name():
    teacher = fake_teacher()
    assert teacher.encode(["👍"]) == teacher.encode(["thumbs up"])


def test_a_score_is_named_as_the_likeliest_class_of_a_text_that_leans_to_one_side():
    shares = np.array(
        [[0, 0.45, 0.55], [0, 0.55, 0.45], [0.9, 0.1, 0], [0.5, 0, 0.5], [0.55, 0.45, 0], [0.45, 0.55, 0]]
    )
    labels = ["positive", "neutral", "negative", "neutral", "negative", "neutral"]
    assert [label_of(score) for score in scores_of(shares)] == labels


def test_classes_of_other_names_are_refused():
    with pytest.raises(CheckpointError, match="classes are joy, anger; they must be negative, neutral, positive"):
        Teacher(FakeTransformer(("joy", "anger")), FakeTokenizer())


def test_without_the_library_it_says_what_to_install(monkeypatch):
    real_import = builtins.__import__

    def without_it(name, *args, **kwargs):
        if name == "transformers":
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_it)
    with pytest.raises(InputError, match=r"pip install -r requirements-train\.txt"):
        load_transformers()


def test_labels_stand_for_shares_that_add_up():
    shares = shares_of(np.array([0, 0.1, 0.25, 0.5, 0.75, 1]))
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-6)
    assert shares.argmax(1).tolist() == [0, 0, 0, 1, 2, 2]
    np.testing.assert_allclose(shares[2], shares[4][::-1])


def test_low_layers_stay_as_they_are_and_the_rest_learns_the_labels():
    teacher = fake_teacher()
    labels = {"a good day": 1.0, "a bad film": 0.0, "the next stop": 0.5}  # of one length: each batch holds them all
    rows = [LabelledText(text, target) for text, target in labels.items()] * 60
    before = {name: weight.clone() for name, weight in teacher.model.state_dict().items()}
    losses = list(fine_tune(teacher, rows, TeacherRecipe(lr=0.02, batch_size=9, frozen_layers=1, bf16=False)))
    assert len(losses) == 20
    assert np.mean(losses[-3:]) < 0.5 < np.mean(losses[:2])
    same = {name for name, weight in teacher.model.state_dict().items() if torch.equal(weight, before[name])}
    assert same == {"embeddings.weight", "layer.0.weight", "layer.0.bias"}
    assert teacher.judge(list(labels)).argmax(1).tolist() == [2, 0, 1]
    assert not teacher.model.training
    assert len(trained_parameters(teacher.model, 0)) == 7


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """Write a data set, and put the stand-in where the library would be asked for a model."""
    write_split(tmp_path, "opinions", "train", text=FILM_TEXTS * 30, label=[4, 0, 4, 0] * 30)

    def from_pretrained(name, **options):
        if name == "nowhere":
            raise OSError("no such model")
        return FakeTransformer(tuple(options["id2label"].values())) if options else FakeTokenizer()

    of_library = SimpleNamespace(from_pretrained=from_pretrained)
    library = SimpleNamespace(AutoTokenizer=of_library, AutoModelForSequenceClassification=of_library)
    monkeypatch.setattr(fine_tune_module, "load_transformers", lambda: library)
    return TeacherRecipe(
        data_dir=tmp_path,
        output_dir=tmp_path / "teacher",
        start="fake",
        datasets=("opinions",),
        patterns=40,
        bf16=False,
    )


def test_a_teacher_is_trained_measured_and_written(recipe):
    steps = []
    accuracies = train(recipe, lambda step, loss: steps.append(step))
    assert steps == list(range(1, (108 + 40) // 32 + 1))
    assert accuracies.keys() == {"opinions"}
    assert 0 <= accuracies["opinions"] <= 1
    assert is_transformer(recipe.output_dir)
    assert (recipe.output_dir / "tokenizer.json").exists()


def test_a_dry_run_writes_nothing(recipe):
    steps = []
    settings = {**vars(recipe), "dry_run": True}
    assert train(TeacherRecipe(**settings), lambda step, loss: steps.append(step)) == {}
    assert steps == [1, 2]
    assert not recipe.output_dir.exists()


def test_a_transformer_that_is_not_there_is_an_error_in_one_line(recipe):
    with pytest.raises(CheckpointError, match="cannot read the transformer nowhere: no such model"):
        start_teacher(TeacherRecipe(start="nowhere"))


@pytest.mark.parametrize("wrong", [{"max_rows": 0}, {"patterns": -1}, {"lr": 0}, {"datasets": ()}])
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(InputError, match=f"{next(iter(wrong))} is "):
        TeacherRecipe(**wrong)


def test_a_teacher_is_measured_like_a_checkpoint(tmp_path, monkeypatch):
    folder = tmp_path / "teacher"
    FakeTransformer().save_pretrained(folder)
    monkeypatch.setattr(Teacher, "load", lambda name: fake_teacher())
    write_split(tmp_path, "mine", "test", text=FILM_TEXTS, label=[4, 2, 0, 1])
    expected = [label_of(score) for score in scores_of(fake_teacher().judge(FILM_TEXTS))]
    right = sum(a == b for a, b in zip(expected, ["positive", "neutral", "negative", "negative"], strict=True))
    assert evaluate(folder, "mine", "test", tmp_path, "asis") == {"accuracy": right / 4, "examples": 4}
    assert not is_transformer(tmp_path)
