"""Unit correlations: tags reach their tokens, and every predictor and layer has correlations with named features."""

from pathlib import Path

import numpy as np
import pytest
from tiny import FILM_LABELS, FILM_TEXTS, write_split
from tiny_models import NAMES, tiny_checkpoint, tiny_model

from rnn_demo.errors import DataError
from rnn_demo.microscope.correlations import UnitCorrelations
from rnn_demo.microscope.features import FEATURES
from rnn_demo.microscope.trace import trace_hidden_states
from rnn_demo.precompute.held_out import HeldOut
from rnn_demo.precompute.held_out_text import MAX_BYTES, gather, gather_held_out_text
from rnn_demo.precompute.units import TAG_FEATURES, correlate, correlate_units, join_words, label_words, words_of
from rnn_demo.predictor import Predictor
from rnn_demo.tasks import TASKS
from rnn_demo.tokenizer import Tokenizer

NOVEL = '"It was a good evening," said Ada.\nBabbage walked in London (and in Rome).\n' * 30
WORDS = [["Ada", "Lovelace", "met", "Babbage", "."], ["He", "saw", "London", "'s", "water"]] * 4
TAGS = [["B-PER", "I-PER", "O", "B-PER", "O"], ["O", "O", "B-LOC", "O", "O"]] * 4
POS = [["NNP", "NNP", "VBD", "NNP", "."], ["PRP", "VBD", "NNP", "POS", "NN"]] * 4


@pytest.fixture(scope="module")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> HeldOut:
    data_dir = tmp_path_factory.mktemp("data")
    write_split(data_dir, "english_novels", "validation", text=[NOVEL, "\n \n" + NOVEL], author=["Ada", "Ada"])
    write_split(data_dir, "tiny_shakespeare", "validation", text=["ADA:\nGood morrow.\n\nROME:\nWho?\n\n\n\n" * 90])
    write_split(data_dir, "conll2003", "validation", tokens=WORDS, ner_tags=TAGS, pos_tags=POS)
    for name in ("imdb", "sst2"):
        write_split(data_dir, name, "train", text=FILM_TEXTS * 20, label=FILM_LABELS * 20)
    write_split(data_dir, "sst5", "train", text=FILM_TEXTS * 20, label=[4, 0, 3, 1] * 20)
    return HeldOut(data_dir)


def predictor_of(name: str, tokenizer: Tokenizer) -> Predictor:
    checkpoint = tiny_checkpoint(name)
    return TASKS[checkpoint.task].predictor(name, tiny_model(name, tokenizer.vocab_size), tokenizer, checkpoint)


@pytest.mark.parametrize("name", NAMES)
def test_every_predictor_has_correlations_in_every_layer(held_out: HeldOut, tokenizer: Tokenizer, name: str) -> None:
    entry = correlate_units(predictor_of(name, tokenizer), held_out)
    names = entry.notes["features"]
    assert entry.arrays.keys() == {"0.correlations", "1.correlations"}
    for correlations in entry.arrays.values():
        assert correlations.dtype == np.float32
        assert correlations.shape == (len(names), 12)
        assert np.isfinite(correlations).all()
        assert (np.abs(correlations[names.index("inside quotes")]) > 0).all()
        assert not correlations[names.index("digits")].any()  # the novels have none
        assert not correlations[names.index("adverb")].any()
    assert set(entry.notes["tokens"]) == {"novels", "reviews", "sentences"}
    assert min(entry.notes["tokens"].values()) > 20


def test_a_line_without_a_letter_is_left_out_and_the_others_keep_their_labels(tokenizer: Tokenizer) -> None:
    labelled = []

    def label(number: int, spans: tuple[tuple[int, int], ...]) -> np.ndarray:
        labelled.append((number, spans[-1][1]))
        return np.full((len(spans), 1), number, dtype=np.float32)

    correlate(predictor_of("sentiment-lstm", tokenizer), ["Ada met Babbage", "* * *", "Paris"], label)
    assert sorted(labelled) == [(0, 15), (2, 5)]


def test_a_correlation_is_that_of_the_traces_with_the_tags(held_out: HeldOut, tokenizer: Tokenizer) -> None:
    predictor = predictor_of("lm-gru", tokenizer)
    correlations = UnitCorrelations.from_entry(correlate_units(predictor, held_out))
    states, is_person = [], []
    for words, tags in zip(WORDS, TAGS, strict=True):
        text, ends = join_words(words)
        states.append(trace_hidden_states(predictor, predictor.read(text)).states)
        for token in predictor.encode(text).tokens:
            word = next(i for i, end in enumerate(ends) if token.end <= end)
            is_person.append(tags[word].endswith("PER"))
    expected = np.corrcoef(np.concatenate(states).T.astype(np.float64), is_person)[-1, :-1]
    row = correlations.features.index("entity: person")
    np.testing.assert_allclose(correlations.layers[1][row], expected, atol=1e-5)
    assert correlations.tokens["sentences"] == len(is_person)


def test_words_are_written_as_text_and_tokens_find_their_word() -> None:
    text, ends = join_words(["He", "saw", "London", "'s", "water", "."])
    assert text == "He saw London's water."
    spans = [(0, 2), (2, 6), (6, 9), (9, 13), (13, 15), (15, 15), (15, 21), (21, 22)]
    assert words_of(ends, spans) == [0, 1, 2, 2, 3, 3, 4, 5]


def test_labels_name_the_entity_and_the_part_of_speech() -> None:
    marked = [
        [name for name, value in zip(TAG_FEATURES, row, strict=True) if value]
        for row in label_words(["I-ORG", "O", "O"], ["NNPS", "NN", ""])
    ]
    assert marked == [["entity", "entity: organisation", "proper name"], ["noun"], []]


def test_features_of_all_kinds_have_names_of_their_own(held_out: HeldOut, tokenizer: Tokenizer) -> None:
    names = correlate_units(predictor_of("lm-rnn", tokenizer), held_out).notes["features"]
    assert len(set(names)) == len(names) == len(FEATURES) + 1 + len(TAG_FEATURES)


def test_the_held_out_text_has_complete_paragraphs_and_is_always_the_same(held_out: HeldOut) -> None:
    text = gather_held_out_text(held_out.data_dir)
    assert gather_held_out_text(held_out.data_dir) == text
    assert len(text.encode()) <= MAX_BYTES
    passages = text.rstrip("\n").split("\n\n\n")
    assert len(passages) == 3
    assert set(passages[0].split("\n")) == set(NOVEL.strip().split("\n"))
    assert passages[-1].startswith(("ADA:\nGood morrow.\n\nROME:", "ROME:\nWho?\n\nADA:"))


def test_a_passage_with_a_slur_is_skipped() -> None:
    passages = gather([*["a fine evening " * 110] * 3, "a Kafir " * 200, "an old story " * 120], "\n")
    assert [passage[:4] for passage in passages] == ["a fi", "a fi", "a fi", "an o"]


def test_a_held_out_text_that_is_too_long_is_refused(tmp_path: Path) -> None:
    write_split(tmp_path, "english_novels", "validation", text=[NOVEL * 25] * 7)
    write_split(tmp_path, "tiny_shakespeare", "validation", text=["ADA:\nGood morrow.\n\n" * 90])
    with pytest.raises(DataError, match=r"bytes; at most 300,000 are shipped: give fewer novels"):
        gather_held_out_text(tmp_path)
