"""Words: every sign in exactly one of them, and split as CoNLL-2003 splits."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_demo.entities.words import split_sentences, split_words

TRICKY = st.lists(
    st.sampled_from(
        [*"aSZé9.,:/&-'’\"()$@+#_ \n\u200d\u0301\ufe0f\x00東👩🏽🇫", "n't", "'s", "U.S.", "Mr.", "www.", "--"]
    )
)


@given(st.one_of(st.text(), TRICKY.map("".join)))
def test_every_sign_lies_in_exactly_one_word(text):
    words = split_words(text)
    assert all(text[word.start : word.end] == word.text for word in words)
    assert all(word.text and not any(character.isspace() for character in word.text) for word in words)
    assert all(left.end <= right.start for left, right in pairwise(words))
    assert "".join(word.text for word in words) == "".join(text.split())


@given(st.text(), st.text())
def test_a_paragraph_is_split_the_same_with_another_after_it(first, second):
    alone = split_words(first + "\n\n.")[:-1]
    assert split_words(f"{first}\n\n.\n\n{second}")[: len(alone)] == alone


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("British lamb.", "British lamb ."),
        ("Iraq's O'Brien, the Farmers' Union", "Iraq 's O'Brien , the Farmers ' Union"),
        ("He didn't, can't and won't.", "He did n't , ca n't and wo n't ."),
        ("I'm sure they're here; we'll, you've, he'd", "I 'm sure they 're here ; we 'll , you 've , he 'd"),
        ("IT'S O'NEILL, ISN'T IT?", "IT 'S O'NEILL , IS N'T IT ?"),
        ("It’s here, don’t worry", "It ’s here , do n’t worry"),
        (
            "the U.S.-led U.N. force in St. Louis, Calif. at 9:30 a.m.!",
            "the U.S.-led U.N. force in St. Louis , Calif. at 9:30 a.m. !",
        ),
        ("He lives in the U.S.", "He lives in the U.S ."),
        ('"Home is the U.S."', '" Home is the U.S . "'),
        ("Mr. J. Smith of T.O'Gorman Inc. and A.G. Edwards", "Mr. J. Smith of T.O'Gorman Inc. and A.G. Edwards"),
        ("It was in 1996. Then", "It was in 1996 . Then"),
        ("1. Germany\n2. Italy 6-4 (7-4) 1996-08-22", "1. Germany 2. Italy 6-4 ( 7-4 ) 1996-08-22"),
        ("US$1,000.50, C$5 and $3, 4 1/2% of 1996/97", "US$ 1,000.50 , C$ 5 and $ 3 , 4 1/2 % of 1996/97"),
        ("It rose .500 to +44 -- by S&P... *note", "It rose .500 to +44 -- by S&P ... * note"),
        ("a.reporter@reuters.com (www.reuters.com/news).", "a.reporter@reuters.com ( www.reuters.com/news ) ."),
        ("end.Next, at reuters.com", "end . Next , at reuters.com"),
        ("한국어 नमस्ते دنیا", "한국어 नमस्ते دنیا"),
        ("Jean\u2010Michel Basquiat, Jean\u2011Paul", "Jean\u2010Michel Basquiat , Jean\u2011Paul"),
        ("cafe\u0301👩\u200d💻👍🏽🇫🇷🇩🇪1️⃣❤️!", "cafe\u0301 👩\u200d💻 👍🏽 🇫🇷 🇩🇪 1️⃣ ❤️ !"),
    ],
)
def test_split_agrees_with_the_corpus(typed, words):
    assert [word.text for word in split_words(typed)] == words.split()


def test_words_of_scripts_without_spaces_are_single_signs():
    assert [word.text for word in split_words("東京はTokyo、です")] == ["東", "京", "は", "Tokyo", "、", "で", "す"]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("He came. Did she? No!", ["He came .", "Did she ?", "No !"]),
        ('He said "Go." She went.', ['He said " Go . "', "She went ."]),
        ('He came. "Go," she said.', ["He came .", '" Go , " she said .']),
        ("Mr. J. Fox of the U.S. Army left. (He did.) Then ...", None),
        ("No. 1 was fast ... and Yahoo! rose 3.5 percent.", ["No . 1 was fast ... and Yahoo ! rose 3.5 percent ."]),
        ("ENGLAND BEAT SPAIN\nLONDON 1996-08-30\nThey won.", ["ENGLAND BEAT SPAIN", "LONDON 1996-08-30", "They won ."]),
        ("x" * 60 + " Bill\nGates left", ["x" * 60 + " Bill Gates left"]),
        ("x" * 60 + " Bill\n\nGates left", ["x" * 60 + " Bill", "Gates left"]),
        ("I met John\nSmith.", ["I met John Smith ."]),
        ("I met John\r\nSmith.", ["I met John Smith ."]),
        ("Mr. John\nSmith left.", ["Mr. John Smith left ."]),
        ("John\nSmith", ["John Smith"]),
        ("John\n\nSmith", ["John", "Smith"]),
        ("John\r\n\r\nSmith", ["John", "Smith"]),
        ("London\nParis\nRome", ["London", "Paris", "Rome"]),
        ("Ada Byron\nAlan Turing", ["Ada Byron", "Alan Turing"]),
        ("They met:\nAda", ["They met :", "Ada"]),
        ("- see Ada\n- see Alan", ["- see Ada", "- see Alan"]),
        ("Ada Byron\tAlan Turing", ["Ada Byron", "Alan Turing"]),
        ("彼は来た。東京へ", ["彼 は 来 た 。", "東 京 へ"]),
        (". . A", [". .", "A"]),
    ],
)
def test_sentences_end_at_stops_and_short_lines(text, sentences):
    found = [" ".join(word.text for word in sentence) for sentence in split_sentences(text)]
    assert found == (sentences or ["Mr. J. Fox of the U.S. Army left .", "( He did . )", "Then ..."])
    assert tuple(word for sentence in split_sentences(text) for word in sentence) == split_words(text)


@pytest.mark.parametrize("text", ["", " ", "\n\t\u2003\x85\x1c"])
def test_white_space_holds_no_words(text):
    assert split_words(text) == ()
    assert split_sentences(text) == []


def test_offsets_count_code_points():
    assert [(word.start, word.end) for word in split_words("👍 Ada  Lovelace")] == [(0, 1), (2, 5), (7, 15)]


@pytest.mark.parametrize(
    "part", ["a+", "a@", "A.", "A. ", "a'", "n't", "www.!", "👩\u200d", "\u0301", 'a.b."', "-", '"', ".", "a\n"]
)
def test_time_grows_with_the_length_only(part):
    started = time.process_time()
    split_sentences(part * 20_000)
    assert time.process_time() - started < 2  # seconds of this process; quadratic time would take minutes
