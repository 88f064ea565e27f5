"""The forms of a training sentence: passages lose nothing, and the cases come as often as asked."""

from collections import Counter
from itertools import chain

import numpy as np
import pytest

from rnn_demo.entities.corpus import TaggedSentences
from rnn_demo.entities.retyping import ADDED
from rnn_demo.entities.spelling import HIDDEN
from rnn_demo.entities.subwords import encode_sentences
from rnn_demo.entities.variants import ShownSentences, with_windows

WORDS = [["Ada", "Lovelace", "met", "Babbage"], ["He", "saw", "London", "."], ["Rome"], ["a", "fine", "day"]]
WORD_TAGS = [["B-PER", "I-PER", "O", "B-PER"], ["O", "O", "B-LOC", "O"], ["B-LOC"], ["O"] * 3]


def test_passages_hold_every_sentence_once_more_in_order():
    alone = TaggedSentences("mine/train", WORDS * 5, WORD_TAGS * 5, WORD_TAGS * 5)
    both = with_windows(alone, 4, seed=0)
    assert both.words[: len(alone.words)] == alone.words
    assert list(chain(*both.words[len(alone.words) :])) == list(chain(*alone.words))
    assert list(chain(*both.tags[len(alone.tags) :])) == list(chain(*alone.tags))
    assert both.pos_tags == both.tags
    assert len(both.words) < 2 * len(alone.words)
    assert with_windows(alone, 4, seed=0) == both != with_windows(alone, 4, seed=1)
    assert with_windows(alone, 1, seed=0) == alone


def test_cases_come_as_often_as_asked(tokenizer):
    sentences = ShownSentences(WORDS, tokenizer, lowercase_prob=0.3)
    rng = np.random.default_rng(0)
    drawn = Counter(tokenizer.decode(sentences.draw(2, rng).sentence.token_ids) for _ in range(2000))
    shares = {text: count / 2000 for text, count in drawn.items()}
    assert shares == pytest.approx({" Rome": 0.7, " rome": 0.3}, abs=0.04)


def test_words_with_a_capital_are_hidden_as_often_as_asked(tokenizer):
    sentences = ShownSentences([["Ada", "met", "Babbage"]], tokenizer, lowercase_prob=0.0, mask_prob=0.3)
    (whole,) = encode_sentences([["Ada", "met", "Babbage"]], tokenizer)
    ends = np.cumsum([1, *whole.subword_counts])
    rng = np.random.default_rng(0)
    hidden = np.zeros(3)
    for _ in range(2000):
        shown, places = sentences.draw(0, rng)
        assert places == [0, 1, 2]
        assert (shown.subword_counts, shown.lowercased_words) == (whole.subword_counts, whole.lowercased_words)
        for word in range(3):
            here, there = (ids[ends[word] : ends[word + 1]] for ids in (shown.token_ids, whole.token_ids))
            assert here in (there, [tokenizer.unk_id] * len(there))
            assert (shown.words[word] == HIDDEN) == (here != there)
            hidden[word] += here != there
    assert shown.token_ids[0] == whole.token_ids[0]
    assert hidden[1] == 0
    assert hidden[[0, 2]] / 2000 == pytest.approx([0.3, 0.3], abs=0.04)


def test_headlines_and_chats_keep_each_word_at_its_place_or_say_that_it_is_added(tokenizer):
    words = ["Ada", "met", "the", "king", "of", "Spain", "."]
    forms = {"headlines": {"title_prob": 1.0}, "chats": {"chat_prob": 1.0}}
    seen = {name: set() for name in forms}
    for name, chances in forms.items():
        sentences = ShownSentences([words], tokenizer, lowercase_prob=0.0, **chances)
        for seed in range(200):
            shown, places = sentences.draw(0, np.random.default_rng(seed))
            seen[name].add(tuple(shown.words))
            kept = [(word, place) for word, place in zip(shown.words, places, strict=True) if place != ADDED]
            assert [place for _, place in kept] in (list(range(6)), list(range(7)))
            assert all(word.lower() == words[place].lower() for word, place in kept)
            assert len(shown.subword_counts) == len(places)
    assert seen["headlines"] == {
        ("Ada", "Met", "the", "King", "of", "Spain"),
        ("Ada", "Met", "The", "King", "Of", "Spain"),
    }
    assert len(seen["chats"]) > 150
    assert any({"🎉", "😂", "🔥"} & set(shown) for shown in seen["chats"])
