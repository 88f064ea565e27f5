"""The end of a sentence: found where it is, not at an abbreviation, and never cut into what the length allows."""

import pytest
from tiny import checkpoint_of, language_model

from rnn_demo.language import write
from rnn_demo.language.sentence_end import CHARACTERS_PER_TOKEN, ends_sentence, up_to_sentence_end
from rnn_demo.language.write import Writer
from rnn_demo.results import GeneratedToken
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.vocabulary import learn_characters


def cut(tokens, max_new_tokens, more_tokens=10, prompt=""):
    generated = (GeneratedToken(token, 0, 1.0) for token in tokens)
    return [token.token for token in up_to_sentence_end(prompt, generated, max_new_tokens, more_tokens)]


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("She ran.", " He"),
        ("“Why?”", "\n\n“Because"),
        ('"Run!"', ' "No'),
        ("He knew that it was I.", " So"),
        ("Well…", " No"),
        ("“No.\n\n“And no.", "\n"),
        ("It was the end.", " "),
        ("(He was.)", " 7"),
    ],
)
def test_a_sentence_ends(text, following):
    assert ends_sentence(text, following)


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("She ran", " home"),
        ("“Why?", "”"),
        ("“Why?”", " he"),
        ('He said, "No.', " And"),
        ("“No. Not I.", " She"),
        ("Mr.", " Fox"),
        ("J.", " Fox"),
        ("3.", "50"),
        ("She ran,", " He"),
        ("She ran.", ""),
        ("", " He"),
    ],
)
def test_a_sentence_goes_on(text, following):
    assert not ends_sentence(text, following)


def test_the_first_end_beyond_the_length_is_taken():
    tokens = ["She", " ran", ".", " He", " ran", ".", "”", " They", " ran", "."]
    assert cut(tokens, 2) == tokens[:3]
    assert cut(tokens, 3) == tokens[:3]  # it may be the length itself
    assert cut(tokens, 4) == tokens[:7]
    assert cut(tokens, 4, more_tokens=1) == tokens[:5]
    assert cut(tokens, 8) == tokens  # the model ended the text
    assert cut(tokens, 2, prompt="“We said: she") == tokens[:7]


def test_a_character_of_several_bytes_ends_nothing():
    assert cut(["a", ".", "", "", "€", " B"], 1) == ["a", ".", "", "", "€", " B"]


def test_a_text_that_may_end_its_sentence_begins_as_the_exact_one(writer):
    exact = writer.generate("It was", max_new_tokens=20, temperature=1, seed=2)
    longer = writer.generate("It was", max_new_tokens=20, temperature=1, seed=2, finish_sentence=True)
    assert len(exact.tokens) == 20 < len(longer.tokens)
    assert longer.tokens[:20] == exact.tokens
    further = writer.generate("It was", max_new_tokens=200, temperature=1, seed=2).tokens
    if len(longer.tokens) < 20 + write.SENTENCE_TOKENS:
        assert ends_sentence(longer.text, further[len(longer.tokens)].token)
    assert longer.tokens == further[: len(longer.tokens)]


def test_a_model_of_characters_goes_on_for_more_tokens(monkeypatch):
    tokenizer = Tokenizer(learn_characters(["to be or not to be"]))
    writer = Writer("tiny", language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm"))
    monkeypatch.setattr(write, "SENTENCE_TOKENS", 5)
    suppressed = [tokenizer.eos_id]
    monkeypatch.setattr(Tokenizer, "suppressed_ids", property(lambda self: suppressed))  # never ends by itself
    settings = {"max_new_tokens": 3, "temperature": 1, "finish_sentence": True}
    assert len(writer.generate("to", **settings).tokens) == 3 + 5 * CHARACTERS_PER_TOKEN  # it has no full stop
