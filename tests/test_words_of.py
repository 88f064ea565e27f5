"""Subwords joined into words."""

from hypothesis import given
from hypothesis import strategies as st

from rnn_demo.results import ScoredToken
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.words import MAX_WORD, Word, sums, words_of


def joined(*pieces: str) -> list[str]:
    """Return the words of pieces that follow each other."""
    ends = [sum(map(len, pieces[:number])) for number in range(len(pieces) + 1)]
    tokens = [ScoredToken(piece, start, end, 0.5) for piece, start, end in zip(pieces, ends, ends[1:], strict=False)]
    return [word.text for word in words_of(tokens)]


def test_pieces_of_a_word_are_joined_and_punctuation_stands_alone() -> None:
    assert joined(" e", "le", "phant", ",", " it", "'", "s", " 19", "14", "!") == [
        " elephant",
        ",",
        " it's",
        " 1914",
        "!",
    ]


def test_a_quotation_mark_after_a_word_is_no_apostrophe_within_it() -> None:
    assert joined("the", " dogs", "'", " bone") == ["the", " dogs'", " bone"]
    assert joined("'", "dog", "'", ".") == ["'", "dog'", "."]


def test_a_very_long_run_of_letters_is_cut_between_pieces() -> None:
    words = joined(*["abcdefgh"] * 10)
    assert len(words) > 1
    assert all(len(word) <= MAX_WORD for word in words)


def test_the_bytes_of_a_character_are_one_word(tokenizer: Tokenizer) -> None:
    tokens = tokenizer.encode_with_spans("a 🦄")
    words = words_of(tokens)
    assert [word.text for word in words][-1].endswith("🦄")
    assert len(words[-1].tokens) > 2


@given(st.text(max_size=60))
def test_every_token_belongs_to_one_word_and_the_words_are_the_text(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.encode_with_spans(text)
    words = words_of(tokens)
    assert [number for word in words for number in word.tokens] == list(range(len(tokens)))
    assert [(word.start, word.end) for word in words] == [
        (tokens[word.tokens[0]].start, tokens[word.last].end) for word in words
    ]


def test_values_of_a_word_add_up() -> None:
    assert sums([Word("ab", 0, 2, range(2)), Word("!", 2, 3, range(2, 3))], [0.5, 1.0, 4.0]) == [1.5, 4.0]
