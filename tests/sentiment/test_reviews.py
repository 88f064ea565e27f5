"""Labelled opinions: what is held out leaves the training rows, labels are checked, treebank text looks typed."""

import pytest
from tiny import write_split

from rnn_demo.config import SentimentRecipe
from rnn_demo.errors import DataError
from rnn_demo.sentiment.reviews import LabelledText, read_labels, read_reviews, retype, without_phrases

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
