"""Labelled opinions: what is held out leaves the training rows, labels are checked, treebank text looks typed."""

import numpy as np
import pytest
from tiny import FILM_LABELS, FILM_TEXTS, write_split

from rnn_demo.config import SentimentRecipe
from rnn_demo.errors import DataError, InputError
from rnn_demo.sentiment.reviews import (
    LabelledText,
    judge,
    opinions,
    read_labels,
    read_reviews,
    retype,
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


def write_unlabelled(tmp_path, **columns):
    texts, labels = FILM_TEXTS[:3] * 25, FILM_LABELS[:3] * 25  # every tenth of them is of either kind
    write_split(tmp_path, "imdb", "train", text=texts, label=labels)
    write_split(tmp_path, "imdb", "unsupervised", **columns)
    return SentimentRecipe(data_dir=tmp_path, datasets=("imdb",), unlabelled=("imdb",))


def test_unlabelled_texts_are_learned_as_the_teacher_judges_them(tmp_path):
    texts = ["good<br />good", "  ", "bad and bad", *FILM_TEXTS]
    training, held_out = read_reviews(write_unlabelled(tmp_path, text=texts, label=[-1] * len(texts)))
    count = len(texts) - 1  # the one without words is left out
    assert len(training) == 75 - len(held_out["imdb"]) + count
    judged = training[-count:]
    assert [row.text for row in judged] == ["good\ngood", "bad and bad", *FILM_TEXTS]
    assert all(0 <= row.target <= 1 for row in judged)
    good, bad, first, second, third, _ = (row.target for row in judged)
    assert good > bad
    assert min(first, third) > second


def test_sentences_of_unlabelled_reviews_are_judged_as_the_treebank_was(recipe):
    reviews = ["A great day for old people. Bad! The story was bad from end to end.", "good good good good"]
    write_split(recipe.data_dir, "imdb", "unsupervised", text=reviews, label=[-1, -1])
    names = {"datasets": ("imdb", "sst2", "sst5"), "unlabelled": ("imdb",), "unlabelled_sentences": ("imdb",)}
    alone, _ = read_reviews(recipe)
    training, _ = read_reviews(SentimentRecipe(data_dir=recipe.data_dir, **names))
    judged = [row.text for row in training[len(alone) :]]
    assert judged[:2] == reviews
    assert judged[2:] == [
        "A great day for old people.",
        "The story was bad from end to end.",
        "good good good good",
    ]


def test_a_second_teacher_is_heard_as_far_as_the_held_out_rows_bear_it_out():
    rows = [LabelledText(text, float(label)) for text, label in zip(FILM_TEXTS, FILM_LABELS, strict=True)] * 10
    unsure = [LabelledText(row.text, row.target if i % 7 else 1 - row.target) for i, row in enumerate(rows)]
    truth = {f"{i} {row.text}": row.target for i, row in enumerate(unsure)}
    apart = [LabelledText(text, target) for text, target in truth.items()]
    fresh = ["0 good", "1 good"]
    knowing = {**truth, **dict(zip(fresh, (0.0, 1.0), strict=True))}
    alone = [row.target for row in judge("imdb", fresh, rows, apart)]
    joined = [
        row.target for row in judge("imdb", fresh, rows, apart, lambda texts: np.array([knowing[t] for t in texts]))
    ]
    assert alone[0] == alone[1] > 0.5
    assert joined[0] < 0.1
    assert joined[1] > 0.9


def test_opinions_come_evenly_from_all_reviews():
    reviews = [f"This is line {i} here. And another one follows {i}." for i in range(10)]
    assert opinions(reviews, 5) == [f"This is line {i} here." for i in (0, 2, 4, 6, 8)]
    assert len(opinions(reviews, 100)) == 20
    assert opinions([], 3) == []


def test_a_teacher_needs_texts_and_rows_of_both_kinds(recipe):
    one_sided = [LabelledText("good", 1.0), LabelledText("so so", 0.5)]
    rows = [LabelledText(text, float(label)) for text, label in zip(FILM_TEXTS, FILM_LABELS, strict=True)]
    with pytest.raises(DataError, match="imdb: its rows to learn from are not both positive and negative"):
        judge("imdb", FILM_TEXTS, one_sided, rows)
    with pytest.raises(DataError, match="imdb: its held-out rows are not both"):
        judge("imdb", FILM_TEXTS, rows, one_sided)
    with pytest.raises(DataError, match="imdb holds no unsupervised"):
        read_reviews(SentimentRecipe(data_dir=recipe.data_dir, unlabelled=("imdb",)))
    with pytest.raises(InputError, match=r"unlabelled is .*'sst5'.*; it must be among the datasets imdb"):
        SentimentRecipe(datasets=("imdb",), unlabelled=("sst5",))
    with pytest.raises(InputError, match=r"unlabelled_sentences is .*'imdb'.*; it must be left out, or sst5 among"):
        SentimentRecipe(datasets=("imdb",), unlabelled_sentences=("imdb",))
    with pytest.raises(InputError, match=r"teacher is 'sentiment-lstm'; it must be left out without --unlabelled"):
        SentimentRecipe(teacher="sentiment-lstm")


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
        ([0.5, 1.0, 0.0], r"column 'label' of 'mine' holds .*float64.*; expected int"),
        (["good", "bad", "good"], r"column 'label' of 'mine' holds .*string.*; expected int"),
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
    ],
)
def test_retyped_text_looks_typed(treebank, typed):
    assert retype(treebank) == typed


def test_words_are_phrases_only_as_whole_words():
    rows = [LabelledText(text, 1) for text in ("ull", "dull", "DULL film", "film .", "a dull film . and")]
    kept = without_phrases(rows, [LabelledText("Such a Dull film .", 0), LabelledText("and so on", 1)])
    assert [row.text for row in kept] == ["ull", "a dull film . and"]
