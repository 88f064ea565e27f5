"""Labelled opinions: what is held out leaves the training rows, labels are checked, treebank text looks typed."""

import random
from dataclasses import replace

import numpy as np
import pytest
from tiny import write_split

from rnn_demo.errors import DataError, InputError
from rnn_demo.sentiment.config import SentimentRecipe
from rnn_demo.sentiment.patterns import make_sentences
from rnn_demo.sentiment.reviews import (
    LabelledText,
    opinions,
    read_labels,
    read_reviews,
    retype,
    vary,
    without_phrases,
)

SENTENCES = [
    f"a story of {word} people" for word in ["old", "young", "good", "bad", "long", "little", "great", "fine"]
] * 4
PHRASES = ["a story", "of old people", "great day", "story of long people", "never in a sentence", "bad film"]


@pytest.fixture
def recipe(tmp_path):
    """Write three data sets as the real ones are laid out."""
    write_split(tmp_path, "imdb", "train", text=[f"review {i}<br />end" for i in range(25)], label=[0] * 12 + [1] * 13)
    write_split(tmp_path, "sst2", "train", sentence=[f"{phrase} " for phrase in PHRASES], label=[0, 1, 1, 0, 1, 0])
    write_split(tmp_path, "sst5", "train", sentence=SENTENCES, label=[i % 5 for i in range(len(SENTENCES))])
    return SentimentRecipe(data_dir=tmp_path)


def test_held_out_rows_and_their_phrases_leave_the_training_rows(recipe):
    training, held_out = read_reviews(recipe)
    assert [row.text for row in held_out["imdb"]] == ["review 0\nend", "review 10\nend", "review 20\nend"]
    assert [row.text for row in held_out["sst5"]] == [SENTENCES[0]] * 4  # every eighth
    assert held_out["sst2"] == []
    texts = {row.text.lower() for row in training}
    assert not texts & {row.text.lower() for row in held_out["imdb"]}
    assert not texts & {"a story", "of old people"}  # phrases of a held-out sentence
    assert {"great day", "story of long people", "never in a sentence", "bad film"} <= texts
    assert len(training) == 25 - 3 + 4 + len(SENTENCES) - 4


def test_five_classes_are_soft_targets_and_every_other_treebank_row_is_retyped(recipe):
    training, held_out = read_reviews(recipe)
    assert {row.target for row in training} == {0, 0.25, 0.5, 0.75, 1}
    assert {row.target for row in held_out["imdb"]} == {0.0, 1.0}
    treebank = [row.text for row in training if not row.text.startswith("review")]
    assert sum(text[0].isupper() for text in treebank) == len(treebank) // 2


def test_a_data_set_that_is_named_twice_is_read_twice_and_each_sentence_is_seen_both_ways(recipe):
    once, held_out = read_reviews(recipe)
    names = ("imdb", "sst2", "sst5", "sst5", "sst2")
    twice, same = read_reviews(SentimentRecipe(data_dir=recipe.data_dir, datasets=names))
    assert same == held_out
    reviews = [row for row in once if row.text.startswith("review")]
    assert len(twice) == 2 * len(once) - len(reviews)
    texts = [row.text for row in twice]
    assert {"great day", "Great day", "bad film", "Bad film"} <= set(texts)
    assert all(texts.count(row.text) == 1 for row in reviews)


def knowing_judge(name, texts):
    return np.array([0.9 if "good" in text else 0.2 for text in texts])


def test_unlabelled_texts_are_learned_as_the_teacher_judges_them(recipe):
    texts = ["good<br />good", "  ", "bad and bad"]
    write_split(recipe.data_dir, "imdb", "unsupervised", text=texts, label=[-1] * 3)
    recipe = SentimentRecipe(data_dir=recipe.data_dir, unlabelled=("imdb",), teacher="somebody")
    alone, held_out = read_reviews(SentimentRecipe(data_dir=recipe.data_dir))
    training, same = read_reviews(recipe, knowing_judge)
    assert same == held_out
    assert training[: len(alone)] == alone
    assert training[len(alone) :] == [LabelledText("good\ngood", 0.9), LabelledText("bad and bad", 0.2)]


def test_no_phrase_of_a_held_out_sentence_is_judged(recipe):
    alone, held_out = read_reviews(replace(recipe, datasets=("sst5",)))
    judged = replace(recipe, datasets=("sst5",), unlabelled=("sst2",), teacher="somebody")
    texts = {row.text for row in read_reviews(judged, knowing_judge)[0][len(alone) :]}
    assert texts == {"great day", "story of long people", "never in a sentence", "bad film"}
    assert not any(f" {text} " in f" {row.text} " for row in held_out["sst5"] for text in texts)


def test_sentences_come_from_the_unsupervised_split_or_from_train_without_its_labels(recipe):
    reviews = ["A great day for old people. Bad! The story was bad from end to end.", "good good good good"]
    write_split(recipe.data_dir, "imdb", "unsupervised", text=reviews, label=[-1, -1])
    write_split(recipe.data_dir, "noisy", "train", text=["it 's not a good place", "so so"], label=[0, 1])
    names = {"unlabelled_sentences": ("imdb", "noisy"), "teacher": "somebody"}
    alone, _ = read_reviews(recipe)
    training, _ = read_reviews(SentimentRecipe(data_dir=recipe.data_dir, **names), knowing_judge)
    assert set(training[len(alone) :]) == {
        LabelledText("A great day for old people.", 0.2),
        LabelledText("The story was bad from end to end.", 0.2),
        LabelledText("Good good good good", 0.9),
        LabelledText("It's not a good place", 0.9),
    }
    few = SentimentRecipe(data_dir=recipe.data_dir, **names, max_sentences=1, max_words=6, judged_passes=2)
    some = read_reviews(few, knowing_judge)[0][len(alone) :]
    assert some[0] == some[1]
    assert some[2:] == [LabelledText("It's not a good place", 0.9)] * 2


def test_a_data_set_that_is_named_twice_gives_twice_as_many_sentences(recipe):
    lines = [f"sentence number {i} is here" for i in range(9)]
    write_split(recipe.data_dir, "imdb", "unsupervised", text=lines, label=[-1] * 9)
    asked = []

    def judge(name, texts):
        asked.append((name, len(texts)))
        return np.full(len(texts), 0.5)

    names = {"unlabelled_sentences": ("imdb", "imdb"), "teacher": "somebody", "max_sentences": 3}
    read_reviews(SentimentRecipe(data_dir=recipe.data_dir, **names), judge)
    assert asked == [("imdb", 6)]


def test_patterns_are_learned_from_too(recipe):
    alone, held_out = read_reviews(recipe)
    training, same = read_reviews(SentimentRecipe(data_dir=recipe.data_dir, patterns=30))
    assert same == held_out
    assert training[len(alone) :] == [LabelledText(*sentence) for sentence in make_sentences(30, 0)]


def test_short_texts_are_varied_and_long_ones_stay(recipe):
    plain, _ = read_reviews(SentimentRecipe(data_dir=recipe.data_dir, patterns=300))
    varied, _ = read_reviews(SentimentRecipe(data_dir=recipe.data_dir, patterns=300, vary=True))
    pairs = list(zip(plain, varied, strict=True))
    assert all(a.target == b.target and a.text.lower().rstrip(". ") == b.text.lower().rstrip(". ") for a, b in pairs)
    changed = sum(a.text != b.text for a, b in pairs) / len(pairs)
    assert 0.1 < changed < 0.5
    long = LabelledText("A long review. " * 40, 1.0)
    assert all(vary(long, random.Random(seed)) == long for seed in range(50))
    assert all(vary(LabelledText("...", 0.5), random.Random(seed)).text for seed in range(50))


def test_half_of_the_sentences_hold_a_word_that_turns_a_verdict():
    plain = [f"This is line number {i}." for i in range(10)]
    turned = [f"That is not line {i}." for i in range(10)]
    chosen = opinions([" ".join(pair) for pair in zip(plain, turned, strict=True)], 6)
    assert sum(sentence in turned for sentence in chosen) == 3
    assert len(opinions([*plain, *turned[:1]], 6)) == 6
    assert len(opinions([*plain[:1], *turned], 6)) == 6
    assert opinions([], 3) == []
    many = [f"That is {word} line {i}." for i in range(30) for word in ("not", "the")]
    assert set(opinions(many, 10)) < set(opinions(many, 20))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": "somebody"}, "teacher is 'somebody'; it must be given with --unlabelled"),
        ({"unlabelled": ("imdb",)}, "teacher is None; it must be given with --unlabelled"),
        ({"long_every": 1}, "long_every is 1; it must be 0, or 2 or more"),
        ({"patterns": -1}, "patterns is -1"),
        ({"max_words": 0}, "max_words is 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        SentimentRecipe(**wrong)


def test_a_data_set_without_held_out_rows_cannot_choose(recipe):
    with pytest.raises(DataError, match="sst2: no rows to choose on; add imdb or sst5"):
        read_reviews(SentimentRecipe(data_dir=recipe.data_dir, datasets=("sst2",)))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, -1], r"mine/test: row 2 has label -1; labels must be 0 or 1.*this split cannot be scored"),
        ([-1, -1, -1], r"row 0 has label -1"),
        ([0, 7, 1], r"row 1 has label 7; labels must be 0 or 1, or 0 to 4$"),
        ([0, 4, -1], r"row 2 has label -1"),
        ([0.5, 1.0, 0.0], r"column 'label' of 'mine' .*float64.*; expected int"),
        (["good", "bad", "good"], r"column 'label' of 'mine' .*string.*; expected int"),
        ([0, None, 1], r"column 'label' of 'mine' is null in 1 rows"),
    ],
)
def test_labels_that_cannot_be_used_are_refused_by_their_row(tmp_path, labels, message):
    write_split(tmp_path, "mine", "test", text=["a", "b", "c"], label=labels)
    with pytest.raises(DataError, match=message):
        read_labels("mine", "test", tmp_path)


def test_a_missing_column_is_named(tmp_path):
    write_split(tmp_path, "unlabelled", "test", text=["a"])
    with pytest.raises(DataError, match="'unlabelled' has no column 'label'; it has text"):
        read_labels("unlabelled", "test", tmp_path)
    write_split(tmp_path, "titled", "test", title=["a"], label=[1])
    with pytest.raises(DataError, match="'titled' has no column 'text', 'sentence' or 'tokens'; it has title, label"):
        read_labels("titled", "test", tmp_path)


@pytest.mark.parametrize(
    ("treebank", "typed"),
    [
        ("", ""),
        ("i do n't know if i 'd see it", "I don't know if I'd see it"),
        ("it costs $ 5 -lrb- or 10 % more -rrb- ; really ?", "It costs $5 (or 10% more); really?"),
        ("the people 's film , the actors ' film !", "The people's film, the actors' film!"),
        ("`` fine '' , they said .", '" fine ", they said.'),
        ("3 o'clock in the iris", "3 o'clock in the iris"),
        ("[NAME] waited _num_ hours .", "Sam waited 5 hours."),
    ],
)
def test_retyped_text_looks_typed(treebank, typed):
    assert retype(treebank) == typed


def test_words_are_phrases_only_as_whole_words():
    rows = [LabelledText(text, 1) for text in ("ull", "dull", "DULL film", "film .", "a dull film . and")]
    kept = without_phrases(rows, [LabelledText("Such a Dull film .", 0), LabelledText("and so on", 1)])
    assert [row.text for row in kept] == ["ull", "a dull film . and"]
