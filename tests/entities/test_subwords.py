"""Words as subwords: one way to cut a word wherever it stands, and batches of a bounded size."""

import pytest

from rnn_demo.entities.subwords import (
    Sentence,
    collate,
    encode_sentences,
    encode_words_with_spans,
)
from rnn_demo.entities.words import split_words
from rnn_demo.spacing import join_words
from rnn_demo.tokenizer import PAD_ID

WORDS = [["Ada", "met", "Babbage", "in", "London"], ["Zyzzyva"], ["said", "Łódź", "."]]


def test_words_are_encoded_as_running_text(tokenizer):
    sentences = encode_sentences(WORDS, tokenizer)
    assert [tokenizer.decode(sentence.token_ids) for sentence in sentences] == [" " + join_words(row) for row in WORDS]
    assert {sentence.token_ids[0] for sentence in sentences} == {tokenizer.domain_id("news")}
    assert sentences[0].subword_counts == [len(tokenizer.encode(f" {word}")) for word in WORDS[0]]


@pytest.mark.parametrize(
    "text",
    ["London", "Łódź, ▁ 東京!", "x" * 50, "\x00", "IT'S IRAQ'S MEN (AGAIN).", "STRASSE İSTANBUL", "NATO", "don't (5%)"],
)
def test_words_with_spans_have_the_pieces_of_words_without(text, tokenizer):
    words = split_words(text)
    encoded = encode_words_with_spans(words, tokenizer)
    sentence = encode_sentences([[word.text for word in words]], tokenizer)[0]
    assert [token.token_id for tokens in encoded for token in tokens] == sentence.token_ids[1:]
    assert [len(tokens) for tokens in encoded] == sentence.subword_counts
    for word, tokens in zip(words, encoded, strict=True):
        assert "".join(token.token for token in tokens) == word.text
        assert (tokens[0].start, tokens[-1].end) == (word.start, word.end)


def test_capitals_and_small_letters_read_alike(tokenizer):
    words = ["IRAQ", "'S", "MEN", "WO", "N'T"]
    assert encode_sentences([words], tokenizer) == encode_sentences([[word.lower() for word in words]], tokenizer)


def test_even_an_empty_word_has_a_piece(tokenizer):
    assert encode_sentences([["", "in"]], tokenizer)[0].subword_counts[0] == 1


def test_collate_pads_pieces_and_words():
    batch = collate([Sentence([5, 6, 7], [2, 1], ["a", "b"], ["a", "b"]), Sentence([8], [1], ["c"], ["c"])])
    assert batch["token_ids"].tolist() == [[5, 6, 7], [8, PAD_ID, PAD_ID]]
    assert batch["subword_counts"].tolist() == [[2, 1], [1, 0]]
