"""Emoji: read by name, and every subword knows its place in the text as typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_demo.sentiment.emoji import emoji_name, encode_naming_emoji, name_emoji

TYPED = st.lists(
    st.sampled_from(["good", " ", "👍", "👍🏽", "❤️", "🔥", "👩‍🔬", "\ufe0f", "東", "\u2581", "!", "🇬🇧"])
).map("".join)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("great 👍", "great thumbs up"),
        ("great👍🏽", "great thumbs up"),
        ("😍😍", "smiling face with heart-shaped eyes smiling face with heart-shaped eyes"),
        ("❤️ it", "heart it"),
        ("🔥it", "fire it"),
        ("👩‍🔬", "woman microscope"),
        ("🇬🇧", "g b"),
        ("東, naïve — 5 €", "東, naïve — 5 €"),
    ],
)
def test_emoji_are_read_by_name(typed, read):
    assert name_emoji(typed).text == read


def test_letters_digits_and_marks_have_no_name():
    assert not any(emoji_name(character) for character in "a5é東€\ufe0f\u200d🏽")


@given(text=TYPED)
def test_the_places_of_subwords_follow_each_other_and_cover_the_text(text, tokenizer):
    tokens = encode_naming_emoji(text, tokenizer)
    assert "".join(token.token for token in tokens) == text
    assert all(token.token == text[token.start : token.end] for token in tokens)
    assert [token.token_id for token in tokens] == tokenizer.encode(name_emoji(text).text)


def test_a_text_without_emoji_is_encoded_as_ever(tokenizer):
    text = "a fine film — 東"
    assert encode_naming_emoji(text, tokenizer) == tokenizer.encode_with_spans(text)
