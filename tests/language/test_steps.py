"""The steps of a text as a page shows them: what could have been drawn, the step after the text, forced tokens."""

import pytest
import torch
from tiny import checkpoint_of, language_model

from rnn_demo.errors import InputError
from rnn_demo.language.growing_text import GrowingText
from rnn_demo.language.write import Writer

PROMPT = "It was a fine"


@pytest.fixture
def writer(tokenizer):
    """Make a predictor of one tiny LSTM with weights large enough for uneven probabilities."""
    model = language_model(tokenizer.vocab_size)
    with torch.no_grad():
        model.bias.normal_(0, 2, generator=torch.Generator().manual_seed(0))
    return Writer("tiny", model, tokenizer, checkpoint_of("lm"))


def steps_of(writer, prompt=PROMPT, **settings):
    return list(writer.stream(prompt, **{"max_new_tokens": 12, "num_candidates": 3, "seed": 5, **settings}))


def ids_of(steps):
    return [step.token_id for step in steps if step.is_written]


def test_candidates_change_nothing_in_the_text_and_come_likeliest_first(writer):
    *steps, _ = steps_of(writer)
    assert ids_of(steps) == [token.token_id for token in writer.stream(PROMPT, max_new_tokens=12, seed=5)]
    for step in steps:
        probs = {candidate.token_id: candidate.probability for candidate in step.candidates}
        assert probs[step.token_id] == pytest.approx(step.probability)
        assert len(probs) == 3 + (step.token_id not in list(probs)[:3])
        assert list(probs.values())[:3] == sorted(list(probs.values())[:3], reverse=True)
    assert any(len(step.candidates) == 4 for step in steps)


@pytest.mark.parametrize("prompt", [PROMPT, PROMPT + " "])
def test_candidates_are_the_next_tokens_of_the_prompt(writer, prompt):
    first = steps_of(writer, prompt, top_p=0.5, temperature=0.7)[0]
    listed = writer.next_tokens(prompt, k=3, top_p=0.5, temperature=0.7)
    assert [(c.token, c.probability) for c in first.candidates[:3]] == [(n.token, n.probability) for n in listed]


def test_the_step_after_the_text_is_what_a_longer_text_goes_on_with(writer):
    *steps, last = steps_of(writer)
    longer = steps_of(writer, max_new_tokens=13)
    assert (last.token, last.is_written) == ("", False)
    assert (last.token_id, last.candidates) == (longer[12].token_id, longer[12].candidates)
    assert len(steps) == 12


def test_the_step_after_a_text_that_the_network_ended_is_the_end(writer):
    with torch.no_grad():
        writer.model.bias[writer.tokenizer.eos_id] = 1000
    (end,) = steps_of(writer)
    assert (end.token, end.token_id, end.is_written) == ("", writer.tokenizer.eos_id, False)


def test_the_step_after_a_finished_sentence_is_not_drawn_again(writer):
    *_, last = steps_of(writer, max_new_tokens=2, finish_sentence=True)
    assert not last.is_written
    assert last.candidates


@pytest.mark.parametrize("prompt", [PROMPT, PROMPT + " ", ""])
def test_forcing_what_would_have_been_drawn_changes_nothing(writer, prompt):
    steps = steps_of(writer, prompt)
    rest = steps_of(writer, prompt, forced=ids_of(steps)[:5], max_new_tokens=8)
    assert ids_of(rest) == ids_of(steps)[4:]
    assert [step.token for step in rest] == [step.token for step in steps[4:]]
    assert [s.probability for s in rest] == pytest.approx([s.probability for s in steps[4:]], rel=1e-3)


def test_a_forced_token_is_written_and_the_text_goes_on_from_it(writer):
    steps = steps_of(writer)
    other = next(c.token_id for c in steps[2].candidates if c.token_id != steps[2].token_id)
    first, *rest = steps_of(writer, forced=[*ids_of(steps)[:2], other])
    assert (first.token_id, first.candidates[:3]) == (other, steps[2].candidates[:3])
    path = [*writer.encode(PROMPT, writer.likeliest_domain(PROMPT)).token_ids, *ids_of(steps)[:2], other]
    logits, _ = writer._read(path, None)
    assert [c.token_id for c in rest[0].candidates[:3]] == logits.topk(3).indices.tolist()


def test_the_end_can_be_forced(writer):
    (end,) = steps_of(writer, forced=[writer.tokenizer.eos_id])
    assert not end.is_written


@pytest.mark.parametrize("forced", [[-1], [10**6], ["the"], [0.5], [0], [5] * 2001])
def test_what_no_text_can_begin_with_is_refused(writer, forced):
    with pytest.raises(InputError, match="force"):
        writer.stream(PROMPT, forced=forced)


def test_a_character_appears_with_its_last_byte(tokenizer):
    text = GrowingText(tokenizer, starts_word=False)
    ids = [tokenizer.processor.piece_to_id(byte) for byte in ("<0xE2>", "<0x82>", "<0xAC>")]
    assert [text.add(token_id) for token_id in ids] == ["", "", "€"]


def test_a_word_after_a_space_that_was_typed_comes_without_its_own(tokenizer):
    text = GrowingText(tokenizer, starts_word=True)
    the = tokenizer.encode(" the")
    assert "".join(text.add(token_id) for token_id in [*the, *the]) == "the the"
