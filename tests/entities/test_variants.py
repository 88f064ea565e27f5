"""The forms of a training sentence: passages lose nothing, and the cases come as often as asked."""

from collections import Counter
from itertools import chain

import numpy as np
import pytest

from rnn_demo.entities.corpus import TaggedSentences
from rnn_demo.entities.pieces import encode_sentences
from rnn_demo.entities.switching import SwitchedNames
from rnn_demo.entities.variants import ShownSentences, with_passages
from rnn_demo.tokenizer import Tokenizer

WORDS = [["Ada", "Lovelace", "met", "Babbage"], ["He", "saw", "London", "."], ["Rome"], ["a", "fine", "day"]]
WORD_TAGS = [["B-PER", "I-PER", "O", "B-PER"], ["O", "O", "B-LOC", "O"], ["B-LOC"], ["O"] * 3]


def test_passages_hold_every_sentence_once_more_in_order():
    alone = TaggedSentences("mine/train", WORDS * 5, WORD_TAGS * 5, WORD_TAGS * 5)
    both = with_passages(alone, 4, seed=0)
    assert both.words[: len(alone.words)] == alone.words
    assert list(chain(*both.words[len(alone.words) :])) == list(chain(*alone.words))
    assert list(chain(*both.tags[len(alone.tags) :])) == list(chain(*alone.tags))
    assert both.pos_tags == both.tags
    assert len(both.words) < 2 * len(alone.words)
    assert with_passages(alone, 4, seed=0) == both != with_passages(alone, 4, seed=1)
    assert with_passages(alone, 1, seed=0) == alone


def shown_sentences(tokenizer: Tokenizer, **probs: float) -> ShownSentences:
    sentences = TaggedSentences("mine/train", WORDS, WORD_TAGS, WORD_TAGS)
    return ShownSentences(sentences, tokenizer, **{"lower_prob": 0.0, **probs})


def test_cases_come_as_often_as_asked(tokenizer):
    sentences = shown_sentences(tokenizer, lower_prob=0.3)
    drawn = Counter(tokenizer.decode(sentences.draw([2], step)[0].token_ids) for step in range(2000))
    shares = {text: count / 2000 for text, count in drawn.items()}
    assert shares == pytest.approx({" Rome": 0.7, " rome": 0.3}, abs=0.04)


def test_words_with_a_capital_are_hidden_as_often_as_asked(tokenizer):
    sentences = shown_sentences(tokenizer, hide_prob=0.3)
    (whole,) = encode_sentences(WORDS[:1], tokenizer)
    ends = np.cumsum([1, *whole.piece_counts])
    hidden = np.zeros(4)
    for step in range(2000):
        (shown,) = sentences.draw([0], step)
        assert (shown.piece_counts, shown.forms) == (whole.piece_counts, whole.forms)
        for word in range(4):
            here, there = (ids[ends[word] : ends[word + 1]] for ids in (shown.token_ids, whole.token_ids))
            assert here in (there, [tokenizer.unk_id] * len(there))
            hidden[word] += here != there
    assert shown.token_ids[0] == whole.token_ids[0]
    assert hidden[2] == 0
    assert hidden[[0, 1, 3]] / 2000 == pytest.approx([0.3] * 3, abs=0.04)


def test_a_step_shows_the_same_again(tokenizer):
    settings = {"lower_prob": 0.5, "hide_prob": 0.5, "switch_prob": 0.5}
    first, again, other = (
        [shown_sentences(tokenizer, **settings, seed=seed).draw(range(4), step) for step in range(9)]
        for seed in (0, 0, 1)
    )
    assert first == again != other
    assert len({str(sentences) for sentences in first}) > 5


TEXT = [
    (["Ada", "Lovelace", "saw", "ROME", "with", "Babbage", "."], ["B-PER", "I-PER", "O", "B-LOC", "O", "B-PER", "O"]),
    (["Lovelace", "left", "Rome", "for", "Paris", "Match", "."], ["B-PER", "O", "B-LOC", "O", "B-ORG", "I-ORG", "O"]),
    (["Grace", "Hopper", "and", "Turing", "."], ["B-PER", "I-PER", "O", "B-PER", "O"]),
    (["Oslo", "and", "UN"], ["B-LOC", "O", "B-ORG"]),
]


def switched(prob: float, steps: int) -> list[list[list[str]]]:
    words, tags = map(list, zip(*TEXT, strict=True))
    names = SwitchedNames(TaggedSentences("mine/train", words, tags, tags), prob)
    return [names.draw([0, 1, 2, 3], np.random.default_rng(step)) for step in range(steps)]


def test_names_become_others_of_their_kind_as_often_as_asked():
    texts = switched(0.5, 2000)
    assert {words[3] for words, *_ in texts} == {"ROME"}  # the only place in capitals; the UN is none
    assert {words[4] + words[5] for _, words, *_ in texts} == {"ParisMatch"}
    assert {words[0] for *_, words in texts} == {"Oslo", "Rome"}
    found = Counter(words[5] for words, *_ in texts)
    assert found.keys() == {"Babbage", "Lovelace", "Turing"}
    assert found["Babbage"] / 2000 == pytest.approx(0.5 + 0.5 / 3, abs=0.04)


def test_a_name_and_a_surname_are_switched_alike_all_through_a_text():
    texts = switched(0.7, 200)
    assert {tuple(words[:2]) for words, *_ in texts} == {("Ada", "Lovelace"), ("Grace", "Hopper")}
    for first, second, *_ in texts:
        assert first[1] == second[0]
        assert first[3] == second[2].upper()
    words, _ = zip(*TEXT, strict=True)
    for text in texts:
        for now, before, tags in zip(text, words, (tags for _, tags in TEXT), strict=True):
            assert [word for word, tag in zip(now, tags, strict=True) if tag == "O"] == [
                word for word, tag in zip(before, tags, strict=True) if tag == "O"
            ]


def test_no_name_is_switched_unless_asked():
    assert switched(0.0, 5) == [[words for words, _ in TEXT]] * 5
