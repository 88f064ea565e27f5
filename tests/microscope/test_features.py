"""Each feature on a text small enough to count by hand; none looks ahead."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_demo.microscope.features import FEATURES, read_features, sentence_starts

TEXT = 'He said, "Not [I]!" OK.\nMr. Fox saw 3 owlets (red).'
TOKENS = ["He", " said", ",", ' "', "Not", " [", "I", "]", '!"', " OK", ".", "\n", "Mr", ".", " Fox", " saw", " 3"]
TOKENS += [" owl", "ets", " (", "red", ")", "."]


def spans_of(tokens: list[str]) -> list[tuple[int, int]]:
    ends = np.cumsum([len(token) for token in tokens]).tolist()
    return list(zip([0, *ends[:-1]], ends, strict=True))


def marked(name: str) -> list[str]:
    """The tokens at which a feature is not 0."""
    values = FEATURES[name](TEXT, spans_of(TOKENS))
    return [token for token, value in zip(TOKENS, values, strict=True) if value]


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("inside quotes", [' "', "Not", " [", "I", "]"]),
        ("inside brackets", [" [", "I", " (", "red"]),
        ("after a negation", ["Not", " [", "I", "]", '!"']),
        ("capital letter", ["He", "Not", "I", " OK", "Mr", " Fox"]),
        ("all capitals", [" OK"]),
        ("start of a word", ["He", " said", "Not", "I", " OK", "Mr", " Fox", " saw", " 3", " owl", "red"]),
        ("inside a word", ["ets"]),
        ("punctuation", [",", ' "', " [", "]", '!"', ".", ".", " (", ")", "."]),
        ("comma", [","]),
        ("end of a sentence", ['!"', ".", ".", "."]),
        ("new line", ["\n"]),
        ("digits", [" 3"]),
    ],
)
def test_a_feature_marks_its_tokens(name: str, tokens: list[str]) -> None:
    assert marked(name) == tokens


def test_positions_are_counted() -> None:
    values = dict(zip(FEATURES, read_features(TEXT, spans_of(TOKENS)).T.tolist(), strict=True))
    assert values["position in the text"] == list(range(1, 24))
    assert values["position in the line"][:12] == [2, 7, 8, 10, 13, 15, 16, 17, 19, 22, 23, 0]
    assert values["position in the line"][12:15] == [2, 3, 7]
    assert values["position in the sentence"][8:15] == [19, 2, 3, 4, 2, 3, 7]
    assert values["length of the word so far"][16:20] == [1, 3, 6, 0]


def test_curly_quotes_open_and_close_and_a_new_line_closes_all() -> None:
    text = "“Oh” he “no\nyes"
    values = FEATURES["inside quotes"](text, [(i, i + 1) for i in range(len(text))])
    assert [i for i, value in enumerate(values) if value] == [0, 1, 2, 8, 9, 10]


def test_sentences_end_at_stops_and_lines_but_not_at_a_title() -> None:
    text = "Why? Mr. Fox saw Dr. Owl at 3.5 yards!\n\nNo"
    assert [text[start:][:3] for start in sentence_starts(text)] == ["Why", "Mr.", "No"]
    assert sentence_starts("") == [0]


def test_an_empty_token_has_the_features_of_the_text_before_it() -> None:
    """All but the last byte of a character stand for nothing."""
    values = read_features("(é", [(0, 1), (1, 1), (1, 2)])
    names = list(FEATURES)
    assert values[:, names.index("inside brackets")].tolist() == [1, 1, 1]
    assert values[1, names.index("punctuation")] == 0
    assert read_features("", []).shape == (0, len(FEATURES))


@given(st.text(st.sampled_from('ab .,!?"“”()[]\nNot13'), min_size=1, max_size=40), st.data())
def test_no_feature_looks_ahead(text: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(text)))
    spans = [(i, i + 1) for i in range(len(text))]
    np.testing.assert_array_equal(read_features(text, spans)[:cut], read_features(text[:cut], spans[:cut]))
