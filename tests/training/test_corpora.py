"""Data sets in a folder: every split by its file name, and whatever is wrong said by name."""

import datasets
import pytest
from datasets import ClassLabel, Dataset, Features, LargeList, List, Value
from tiny import write_split

from rnn_demo.errors import DataError, InputError
from rnn_demo.training import corpora
from rnn_demo.training.corpora import (
    as_texts,
    available_datasets,
    available_splits,
    class_labels,
    in_case,
    read_split,
    require_column,
)


def test_every_split_is_found_by_its_file_name_also_one_without_a_usual_word(tmp_path):
    for split in ("train", "unsupervised", "test"):
        write_split(tmp_path, "imdb", split, text=[split])
    (tmp_path / "imdb" / "README.md").write_text("what this is")
    assert available_splits("imdb", tmp_path) == ["test", "train", "unsupervised"]
    for split in ("train", "unsupervised", "test"):
        assert list(read_split("imdb", split, tmp_path)["text"]) == [split]
    assert available_datasets(tmp_path) == ["imdb"]


def test_a_split_may_lie_in_several_files_and_any_folder_is_a_data_set(tmp_path):
    (tmp_path / "my own").mkdir()
    for i in range(3):
        Dataset.from_dict({"text": [f"part {i}"]}).to_parquet(tmp_path / "my own" / f"train-0000{i}-of-00003.parquet")
    assert list(read_split("my own", "train", tmp_path)["text"]) == ["part 0", "part 1", "part 2"]


def test_a_file_that_is_written_again_is_read_again(tmp_path):
    write_split(tmp_path, "mine", "train", text=["first"])
    assert list(read_split("mine", "train", tmp_path)["text"]) == ["first"]
    write_split(tmp_path, "mine", "train", text=["second", "third"])
    assert list(read_split("mine", "train", tmp_path)["text"]) == ["second", "third"]


def test_what_is_missing_is_named_with_what_there_is(tmp_path):
    write_split(tmp_path, "mine", "train", text=["a"])
    write_split(tmp_path, "mine", "empty", text=[])
    (tmp_path / "hollow").mkdir()
    with pytest.raises(DataError, match=r"there is no folder .*yours; .* has hollow, mine"):
        read_split("yours", "train", tmp_path)
    with pytest.raises(DataError, match=r"there is no folder .*; .*nowhere has no folder"):
        read_split("mine", "train", tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"mine has no tset-\*\.parquet; its splits are empty, train"):
        read_split("mine", "tset", tmp_path)
    with pytest.raises(DataError, match=r"hollow has no <split>-\*\.parquet"):
        read_split("hollow", "train", tmp_path)
    with pytest.raises(DataError, match="'mine' has no column 'label', 'tags'; it has text"):
        read_split("mine", "train", tmp_path, columns=("text", "label", "tags"))


def test_an_empty_split_and_a_broken_file_are_refused(tmp_path):
    path = write_split(tmp_path, "mine", "train", text=[])
    with pytest.raises(DataError, match="split 'train' of 'mine'"):
        read_split("mine", "train", tmp_path)
    path.write_bytes(b"this is no parquet")
    with pytest.raises(DataError, match="cannot read split 'train' of 'mine' from"):
        read_split("mine", "train", tmp_path)


def test_a_hub_that_does_not_answer_is_told(monkeypatch):
    asked = []

    def refuse(name, **options):
        asked.append((name, options))
        raise ConnectionError("no network")

    monkeypatch.setattr(datasets, "load_dataset", refuse)
    monkeypatch.setattr(datasets, "get_dataset_split_names", refuse)
    with pytest.raises(DataError, match="cannot read split 'test' of 'imdb' from the Hub: no network"):
        read_split("imdb", "test", None)
    with pytest.raises(DataError, match="cannot list the splits of 'tiny_shakespeare' on the Hub: no network"):
        available_splits("tiny_shakespeare", None)
    assert asked == [
        ("stanfordnlp/imdb", {"split": "test"}),
        ("karpathy/tiny_shakespeare", {"revision": "refs/convert/parquet"}),
    ]
    assert available_datasets(None) == sorted(corpora.HUB_IDS)
    with pytest.raises(DataError, match=r"english_novels is not on the Hub; give --data-dir .* the Hub has conll2003"):
        read_split("english_novels", "train", None)


def test_the_text_column_must_hold_texts(tmp_path):
    for columns, message in [
        ({"title": ["a"]}, "'mine' has no column 'text', 'sentence' or 'tokens'; it has title"),
        ({"text": [1, 2]}, "column 'text' of 'mine' is .*int64.*; expected string"),
        ({"text": [["a", "b"]]}, "column 'text' of 'mine' is .*; expected string"),
        ({"sentence": ["a", None, None]}, "column 'sentence' of 'mine' is null in 2 rows; remove them"),
    ]:
        with pytest.raises(DataError, match=message):
            as_texts(Dataset.from_dict(columns), "mine")
    texts = as_texts(Dataset.from_dict({"sentence": ["a"], "label": [0]}), "mine")
    assert texts.to_dict() == {"text": ["a"]}
    words = as_texts(Dataset.from_dict({"tokens": [["Iraq", "'s", "men", "."], ["No"]]}), "mine")
    assert words.to_dict() == {"text": ["Iraq's men.", "No"]}
    require_column(Dataset.from_dict({"sentence": ["a"], "label": [0]}), "mine", "label", "int")


def test_tags_are_strings_or_named_classes():
    rows = [["O", "B-PER"], ["O"]]
    assert class_labels(Dataset.from_dict({"ner_tags": rows}), "ner_tags") == rows
    named = Features({"ner_tags": List(ClassLabel(names=["O", "B-PER"]))})
    assert class_labels(Dataset.from_dict({"ner_tags": [[0, 1], [0]]}, features=named), "ner_tags") == rows
    large = Features({"ner_tags": LargeList(Value("large_string"))})
    assert class_labels(Dataset.from_dict({"ner_tags": rows}, features=large), "ner_tags") == rows
    for broken in ([["O"], None], [["O"], ["O", None]]):
        with pytest.raises(DataError, match="column 'ner_tags' is null in 1 rows; remove them"):
            class_labels(Dataset.from_dict({"ner_tags": broken}), "ner_tags")
    unnamed = Features({"ner_tags": List(Value("int64"))})
    with pytest.raises(DataError, match="column 'ner_tags' holds int64 without names"):
        class_labels(Dataset.from_dict({"ner_tags": [[0, 1]]}, features=unnamed), "ner_tags")
    with pytest.raises(DataError, match=r"column 'ner_tags' holds .*; expected a list of tags in each row"):
        class_labels(Dataset.from_dict({"ner_tags": ["O B-PER"]}), "ner_tags")


def test_a_case_is_chosen_by_name():
    assert [in_case("Ada ß", case) for case in ("asis", "lower", "upper")] == ["Ada ß", "ada ß", "ADA SS"]
    with pytest.raises(InputError, match=r"unknown case 'Upper'; choose one of asis, lower, upper"):
        in_case("Ada", "Upper")
