"""Scores of a tagger against counts made by hand."""

import json

import pytest
import torch
from datasets import ClassLabel, Dataset, Features, List, Value

from rnn_demo.entities.evaluate import WINDOW_SENTENCES, count_entities, evaluate, tag_sentences
from rnn_demo.entities.scores import score_sentences, smooth
from rnn_demo.entities.subwords import encode_sentences

GOLD = [["B-PER", "I-PER", "O", "B-LOC"], ["B-ORG", "O", "B-LOC", "B-LOC"], ["O"]]
PREDICTED = [["B-PER", "I-PER", "O", "B-LOC"], ["B-ORG", "I-ORG", "B-LOC", "I-LOC"], ["B-PER"]]
# right: PER 0-2, LOC 3-4; wrong: ORG 0-2, LOC 2-4, PER 0-1; missed: ORG 0-1, LOC 2-3, LOC 3-4
WORDS = [["Ada", "met", "Babbage"], ["London", "'s", "Lovelace", "of", "Paris", "."], ["Rome"]]
TAGS = [["B-PER", "O", "B-PER"], ["B-LOC", "O", "B-PER", "O", "B-LOC", "O"], ["B-LOC"]]


def write_split(data_dir, rows, split="test", features=None):
    (data_dir / "mine").mkdir(exist_ok=True)
    Dataset.from_dict(rows, features=features).to_parquet(data_dir / "mine" / f"{split}-00000-of-00001.parquet")


def test_counts_equal_those_made_by_hand():
    counts = count_entities(GOLD, PREDICTED)
    assert counts["precision"] == pytest.approx(2 / 5)
    assert counts["recall"] == pytest.approx(2 / 5)
    assert counts["f1"] == pytest.approx(2 / 5)
    assert counts["entities"] == 5
    assert counts["per_type"]["LOC"] == pytest.approx({"precision": 1 / 2, "recall": 1 / 3, "f1": 0.4, "entities": 3})
    assert counts["per_type"]["ORG"] == {"precision": 0, "recall": 0, "f1": 0, "entities": 1}
    assert counts["per_type"]["PER"] == pytest.approx({"precision": 1 / 2, "recall": 1, "f1": 2 / 3, "entities": 1})
    assert json.loads(json.dumps(counts)) == counts


def test_an_entity_that_begins_with_i_counts_as_in_conlleval():
    assert count_entities([["I-PER", "I-PER", "O"]], [["B-PER", "I-PER", "O"]])["f1"] == 1


@pytest.mark.parametrize(
    ("gold", "predicted", "entities"),
    [([["O"]], [["O"]], 0), ([["O"]], [["B-LOC"]], 0), ([["B-LOC"]], [["O"]], 1)],
)
def test_rates_are_0_where_nothing_is_found(gold, predicted, entities):
    counts = count_entities(gold, predicted)
    assert (counts["precision"], counts["recall"], counts["f1"], counts["entities"]) == (0, 0, 0, entities)


def test_evaluate_reads_strings_and_class_indices_alike(folder, model, tokenizer, tmp_path):
    write_split(tmp_path, {"tokens": WORDS, "ner_tags": TAGS})
    from_strings = evaluate(folder, "mine", "test", tmp_path, "asis")
    names = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    features = Features({"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=names))})
    indices = [[names.index(tag) for tag in row] for row in TAGS]
    write_split(tmp_path, {"tokens": WORDS, "ner_tags": indices}, "validation", features)
    assert evaluate(folder, "mine", "validation", tmp_path, "asis") == from_strings
    assert set(from_strings) == {"precision", "recall", "f1", "f1_alone", "entities", "per_type"}
    assert from_strings["entities"] == 6


@pytest.mark.parametrize(("case", "write"), [("upper", str.upper), ("lower", str.lower)])
def test_evaluate_changes_the_case_of_the_words(case, write, folder, tmp_path):
    write_split(tmp_path, {"tokens": WORDS, "ner_tags": TAGS})
    changed = evaluate(folder, "mine", "test", tmp_path, case)
    write_split(tmp_path, {"tokens": [[write(word) for word in row] for row in WORDS], "ner_tags": TAGS}, "validation")
    assert changed == evaluate(folder, "mine", "validation", tmp_path, "asis")


def test_tags_do_not_depend_on_the_sentences_of_other_passages(model, tokenizer):
    words = [*WORDS * 20, ["Ada"] * 300, ["", " ", "New York"]]  # given words stay one word each, whatever they are
    sentences = encode_sentences(words, tokenizer)
    found = tag_sentences(model, sentences)
    assert [len(row) for row in found.tags] == [len(row) for row in words]
    passages = [sentences[i : i + WINDOW_SENTENCES] for i in range(0, len(sentences), WINDOW_SENTENCES)]
    apart = [tag_sentences(model, passage) for passage in passages]
    for name in found._fields:
        assert getattr(found, name) == [row for passage in apart for row in getattr(passage, name)]
    alone = [tag_sentences(model, [sentence]) for sentence in sentences]
    assert found.tags_alone == [one.tags[0] for one in alone] == [one.tags_alone[0] for one in alone]
    assert found.pos_tags == [one.pos_tags[0] for one in alone]


def test_within_a_passage_the_places_of_a_name_agree(folder, model, tokenizer, tmp_path):
    words = [["Ada", "met", "Babbage"], ["in", "London", ",", "ADA", "!"], ["Babbage", ",", "London", "."], ["Ada"]]
    sentences = encode_sentences(words, tokenizer)
    scores = score_sentences(model, sentences)
    together = smooth(model, scores)
    alone = [smooth(model, [sentence])[0] for sentence in scores]
    changed = [not torch.equal(one.emissions, other.emissions) for one, other in zip(together, alone, strict=True)]
    assert all(changed)
    write_split(tmp_path, {"tokens": words, "ner_tags": tag_sentences(model, sentences).tags})
    found = evaluate(folder, "mine", "test", tmp_path, "asis")
    assert found["f1"] == 1 > found["f1_alone"]
