"""Reading words and tags: what is broken is refused, with the place where it is."""

import pytest
from datasets import Dataset, Features, List, Value

from rnn_demo.entities.corpus import read_tagged_sentences
from rnn_demo.errors import DataError

WORDS = [["Ada", "met", "Babbage"], ["London", "'s", "Lovelace", "of", "Paris", "."], ["Rome"]]
TAGS = [["B-PER", "O", "B-PER"], ["B-LOC", "O", "B-PER", "O", "B-LOC", "O"], ["B-LOC"]]


def write_split(data_dir, rows, features=None):
    (data_dir / "mine").mkdir()
    Dataset.from_dict(rows, features=features).to_parquet(data_dir / "mine" / "test-00000-of-00001.parquet")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"words": WORDS, "ner_tags": TAGS}, "no column 'tokens'; it has words, ner_tags"),
        ({"tokens": ["Ada met"], "ner_tags": [["O"]]}, "column 'tokens' of mine/test holds .*expected a list"),
        ({"tokens": [["Ada"]], "ner_tags": [[3]]}, "'ner_tags' holds int64 without names"),
        ({"tokens": WORDS, "ner_tags": [*TAGS[:2], ["O", "O"]]}, "row 2 of mine/test has 1 tokens and 2 ner_tags"),
        ({"tokens": [["Ada"]], "ner_tags": [["PER"]]}, "row 0 of mine/test has the tag 'PER'; expected O, B-LABEL"),
        ({"tokens": [[], []], "ner_tags": [[], []]}, "no words"),
    ],
)
def test_broken_data_is_refused(rows, message, tmp_path):
    features = None
    if not any(rows.get("tokens", [1])):
        features = Features({name: List(Value("string")) for name in rows})
    write_split(tmp_path, rows, features=features)
    with pytest.raises(DataError, match=message):
        read_tagged_sentences("mine", "test", tmp_path)


def test_rows_without_words_are_left_out(tmp_path):
    write_split(tmp_path, {"tokens": [["Ada"], []], "ner_tags": [["B-PER"], []]})
    assert read_tagged_sentences("mine", "test", tmp_path).words == [["Ada"]]
