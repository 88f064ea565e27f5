"""Answers of a tagger: spans in the text as typed, and the same answer in any batch."""

from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_demo.entities.scores import pad_to_decide, score_sentences
from rnn_demo.entities.subwords import encode_sentences
from rnn_demo.entities.tag import EntityTagger, spans_of
from rnn_demo.entities.words import split_sentences, split_words
from rnn_demo.errors import CheckpointError, InputError

TEXTS = [
    "Ada Lovelace met Babbage in London, didn't she?",
    "ROME",
    "  spaces\tand\n\nlines  ",
    "Łódź ▁ 東京 👩🏽‍💻 🇫🇷 cafe\u0301 \x00\x07 ﷽ \ud7ff",
    "<pad> </s> <news> ▁Ada",
    "x" * 400,
]
SHARED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check_places(result, text):
    """Compare every span of a result with the text."""
    assert result.text == text
    assert [(token.token, token.start, token.end) for token in result.tokens] == [
        (word.text, word.start, word.end) for word in split_words(text)
    ]
    starts, ends = {token.start for token in result.tokens}, {token.end for token in result.tokens}
    for entity in result.entities:
        assert entity.start in starts
        assert entity.end in ends
        assert text[entity.start : entity.end].strip()
        assert entity.label in ("LOC", "PER")
        assert 0 <= entity.confidence <= 1
    assert all(0 <= token.confidence <= 1 for token in result.tokens)


def assert_same(left, right):
    """Compare results, the confidences up to rounding."""
    assert (left.text, len(left.tokens)) == (right.text, len(right.tokens))
    for name in ("tokens", "entities"):
        for one, other in zip(getattr(left, name), getattr(right, name), strict=True):
            assert vars(one) == pytest.approx(vars(other), abs=1e-4)


@pytest.mark.parametrize("text", TEXTS)
def test_spans_are_those_of_the_text_as_typed(tagger, text):
    check_places(tagger.predict([text])[0], text)


@SHARED
@given(text=st.text(min_size=1).filter(str.strip))
def test_any_text_gets_an_answer(tagger, text):
    check_places(tagger.predict([text])[0], text)
    check_pieces(tagger, text)


@pytest.mark.parametrize("text", TEXTS)
def test_pieces_lie_within_their_words(tagger, text):
    check_pieces(tagger, text)


def check_pieces(tagger, text):
    encoded, words = tagger.encode(text), split_words(text)
    assert encoded.text == text
    assert all(text[token.start : token.end] == token.token for token in encoded.tokens)
    assert all(any(word.start <= t.start <= t.end <= word.end for word in words) for t in encoded.tokens)
    assert "".join(token.token for token in encoded.tokens) == "".join(word.text for word in words)
    sentences = [[word.text for word in sentence] for sentence in split_sentences(text)]
    read = encode_sentences(sentences, tagger.tokenizer)  # as in training
    assert encoded.token_ids == [tagger.start_id, *chain.from_iterable(sentence.token_ids[1:] for sentence in read)]


def test_company_order_and_padding_never_change_an_answer(tagger):
    alone = [tagger.predict([text])[0] for text in TEXTS]
    for order in ([0, 1, 2, 3, 4, 5], [5, 3, 1, 0, 2, 4]):
        for index, result in zip(order, tagger.predict([TEXTS[i] for i in order]), strict=True):
            assert_same(result, alone[index])


def test_entities_are_the_spans_of_the_tags(tagger):
    for result in tagger.predict(TEXTS):
        spans = spans_of([token.tag for token in result.tokens])
        entities = [(result.tokens[s.start].start, result.tokens[s.end - 1].end, s.label) for s in spans]
        assert [(entity.start, entity.end, entity.label) for entity in result.entities] == entities
    assert any(result.entities for result in tagger.predict(TEXTS))


def test_confidence_is_the_posterior_of_the_span_and_no_larger_than_that_of_its_tags(tagger):
    result = tagger.predict([TEXTS[0]])[0]
    sentence = encode_sentences([[token.token for token in result.tokens]], tagger.tokenizer)[0]
    emissions, num_words = pad_to_decide(tagger.model, score_sentences(tagger.model, [sentence]))
    spans = spans_of([token.tag for token in result.tokens])
    posteriors = tagger.model.crf.span_posteriors(emissions, num_words, spans)
    assert [entity.confidence for entity in result.entities] == pytest.approx(posteriors.tolist(), abs=1e-5)
    for entity, span in zip(result.entities, spans, strict=True):
        assert entity.confidence <= min(token.confidence for token in result.tokens[span.start : span.end]) + 1e-5


def test_5000_words_are_read_in_one_pass(tagger):
    text = " ".join(["Ada Lovelace saw Rome ,"] * 1000)
    result = tagger.predict([text, "Rome"])[0]
    assert len(result.tokens) == 5000
    check_places(result, text)


@pytest.mark.parametrize("text", ["", "   ", "\n\t\u2003"])
def test_empty_text_is_refused(tagger, text):
    with pytest.raises(InputError, match="the text is empty"):
        tagger.predict(["Rome", text])


def test_what_is_no_text_is_refused(tagger):
    with pytest.raises(InputError, match="the text is 3"):
        tagger.predict([3])
    with pytest.raises(InputError, match="half of a surrogate pair at character 5"):
        tagger.predict(["Rome \ud800"])


def test_no_texts_give_no_answers(tagger):
    assert tagger.predict([]) == []


def test_load_reads_a_folder_and_refuses_another_task(folder):
    assert EntityTagger.load(folder).name == "ner-tiny"
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"ner"', '"lm"'))
    with pytest.raises(CheckpointError, match="is of task 'lm', not 'ner'"):
        EntityTagger.load(folder)


def test_one_bare_text_is_refused(tagger):
    with pytest.raises(InputError, match=r"predict takes a list of texts; .*predict\(\[text\]\)"):
        tagger.predict("Ada met Babbage")
