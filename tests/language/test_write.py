"""Writing: repeatable, streamed as it is generated, nothing lost between bytes, and equal to reading all again."""

import math
from itertools import combinations
from threading import Thread

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import checkpoint_of, language_model

from rnn_demo.checkpoint import save_checkpoint
from rnn_demo.errors import CheckpointError, InputError
from rnn_demo.language.config import LanguageModelConfig
from rnn_demo.language.model import LanguageModel
from rnn_demo.language.sampling import noise_generator
from rnn_demo.language.write import Writer
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.vocabulary import learn_characters

EURO_BYTES = ["<0xE2>", "<0x82>", "<0xAC>"]


def ids_of(tokenizer, subwords):
    return [tokenizer.processor.piece_to_id(subword) for subword in subwords]


def write_ids(writer, monkeypatch, token_ids):
    """Make the network write these token ids, then the end."""
    ids = iter([*token_ids, *[writer.tokenizer.eos_id] * 3])

    def read(token_ids, state, clamp):
        logits = torch.full((writer.tokenizer.vocab_size,), -math.inf)
        logits[next(ids)] = 0
        return logits, ()

    monkeypatch.setattr(writer, "_read", read)


@pytest.fixture(scope="session")
def one_writer(tokenizer):
    """Make a predictor of one tiny LSTM."""
    return Writer("tiny", language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm"))


def test_a_seed_writes_the_same_again_and_another_seed_does_not(writer):
    first = writer.generate("It was", max_new_tokens=30, seed=3)
    assert writer.generate("It was", max_new_tokens=30, seed=3) == first
    assert writer.generate("It was", max_new_tokens=30, seed=4).tokens != first.tokens
    assert first.prompt == "It was"


def agreement(first, second):
    """The share of steps at which two texts have the same token."""
    pairs = list(zip(first.tokens, second.tokens, strict=False))
    return sum(one.token_id == other.token_id for one, other in pairs) / len(pairs)


def test_two_prompts_agree_no_more_than_two_seeds(writer):
    """With the seed alone as their noise, prompts went on with the same words wherever the model left a choice."""
    prompts = ["It was", "The city", "She walked", "good music", "a", "One evening in Paris"]
    settings = {"max_new_tokens": 60, "temperature": 1.0}
    texts = [writer.generate(prompt, **settings) for prompt in prompts]
    reseeded = [writer.generate("It was", seed=seed, **settings) for seed in range(len(prompts))]
    of_prompts, of_seeds = (
        sum(agreement(one, other) for one, other in combinations(pair, 2)) / 15 for pair in (texts, reseeded)
    )
    assert of_prompts <= of_seeds + 0.1


def test_the_noise_is_of_seed_model_and_prompt_together():
    def draw(*of):
        return torch.rand(3, generator=noise_generator(*of)).tolist()

    weights = torch.arange(5.0)
    drawn = [draw(0, weights, [1, 2]), draw(1, weights, [1, 2]), draw(0, weights + 1, [1, 2]), draw(0, weights, [12])]
    assert drawn[0] == draw(0, weights.clone(), (1, 2))
    assert len(set(map(tuple, drawn))) == 4


def test_stream_is_generate(writer):
    settings = {"max_new_tokens": 25, "temperature": 1.1, "top_k": 50, "top_p": 0.9, "seed": 5, "domain": "novel"}
    generated = writer.generate("It was", **settings)
    assert tuple(writer.stream("It was", **settings)) == generated.tokens
    assert "".join(token.token for token in generated.tokens) == generated.text


def test_stream_may_go_on_in_another_thread(writer):
    stream = writer.stream("It was", max_new_tokens=10, seed=1)
    tokens = [next(stream)]
    thread = Thread(target=lambda: tokens.extend(stream))
    thread.start()
    thread.join()
    assert tuple(tokens) == writer.generate("It was", max_new_tokens=10, seed=1).tokens
    assert torch.is_grad_enabled()


@torch.inference_mode()
def test_greedy_is_the_likeliest_token_of_the_whole_text_read_again(writer):
    generated = writer.generate("The city", max_new_tokens=12, temperature=0, repetition_penalty=1)
    token_ids = writer.encode("The city").token_ids
    for token in generated.tokens:
        logits = writer.model.predict(torch.tensor([token_ids]))[0][0, -1]
        logits[list(writer.tokenizer.suppressed_ids)] = -math.inf
        assert token.token_id == int(logits.argmax())
        assert token.probability == 1
        token_ids.append(token.token_id)


@torch.inference_mode()
def test_probability_is_that_of_the_distribution_drawn_from(writer):
    token, *_ = writer.stream("The city", max_new_tokens=1, temperature=0.7, seed=2)
    logits = writer.model.predict(torch.tensor([writer.encode("The city").token_ids]))[0][0, -1]
    logits[list(writer.tokenizer.suppressed_ids)] = -math.inf
    assert token.probability == pytest.approx((logits / 0.7).softmax(0)[token.token_id].item(), rel=1e-4)


def test_subwords_without_text_are_never_written(writer):
    with torch.no_grad():
        writer.model.bias[list(writer.tokenizer.suppressed_ids)] = 1000
    generated = writer.generate("", max_new_tokens=200, temperature=2.0)
    assert not {token.token_id for token in generated.tokens} & set(writer.tokenizer.suppressed_ids)
    most = writer.tokenizer.vocab_size - len(writer.tokenizer.suppressed_ids)
    listed = [candidate.token for candidate in writer.next_tokens("", k=most)]
    assert "<pad>" not in listed
    assert "</s>" in listed


def test_the_end_of_text_ends_the_text(writer):
    with torch.no_grad():
        writer.model.bias[writer.tokenizer.eos_id] = 1000
    assert writer.generate("It was", max_new_tokens=50).tokens == ()
    assert writer.generate("It was").text == ""


@given(st.lists(st.sampled_from([*EURO_BYTES, "<0xF0>", "<0x9F>", "<0xFF>", "<0x41>", "\n", "a", "."]), max_size=12))
def test_joined_tokens_are_the_ids_decoded_whatever_bytes_come(one_writer, subwords):
    tokenizer = one_writer.tokenizer
    with pytest.MonkeyPatch.context() as monkeypatch:
        token_ids = ids_of(tokenizer, subwords)
        write_ids(one_writer, monkeypatch, token_ids)
        tokens = one_writer.generate("", temperature=1.0).tokens
    assert [token.token_id for token in tokens] == token_ids
    finished = len(token_ids)  # a character that is never finished adds no text
    while finished and not tokens[finished - 1].token:
        finished -= 1
        assert tokenizer.is_byte(token_ids[finished])
    assert "".join(token.token for token in tokens) == tokenizer.decode(token_ids[:finished])


def test_a_character_of_several_bytes_comes_with_its_last(one_writer, monkeypatch):
    token_ids = ids_of(one_writer.tokenizer, [*EURO_BYTES, *EURO_BYTES[:2]])
    write_ids(one_writer, monkeypatch, token_ids)
    assert [token.token for token in one_writer.stream("")] == ["", "", "€", "", ""]
    write_ids(one_writer, monkeypatch, token_ids)
    assert [token.token for token in one_writer.stream("", max_new_tokens=2)] == ["", ""]


def test_a_replacement_character_that_was_meant_is_written_at_once(one_writer, monkeypatch):
    write_ids(one_writer, monkeypatch, one_writer.tokenizer.encode("\ufffd"))
    assert one_writer.generate("").text == "\ufffd"


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_next_tokens_are_sorted_and_are_the_softmax(writer, temperature):
    most = writer.tokenizer.vocab_size - len(writer.tokenizer.suppressed_ids)
    candidates = writer.next_tokens("It was", k=most, temperature=temperature)
    probabilities = [candidate.probability for candidate in candidates]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    with torch.inference_mode():
        logits = writer.model.predict(torch.tensor([writer.encode("It was").token_ids]))[0][0, -1]
    logits = logits.clone()
    logits[list(writer.tokenizer.suppressed_ids)] = -math.inf
    assert probabilities[0] == pytest.approx((logits / temperature).softmax(0).max().item(), rel=1e-4)
    assert writer.next_tokens("It was", k=3, temperature=temperature) == candidates[:3]


def test_next_tokens_at_temperature_0_still_come_likeliest_first(writer):
    greedy = writer.next_tokens("It was", k=10, temperature=0)
    assert [candidate.probability for candidate in greedy] == [1.0] + [0.0] * 9
    assert [c.token for c in greedy] == [c.token for c in writer.next_tokens("It was", k=10)]


@pytest.mark.parametrize(("setting", "num_kept"), [({"top_k": 3}, 3), ({"top_p": 1e-6}, 1)])
def test_next_tokens_have_the_probabilities_that_are_drawn_from(writer, setting, num_kept):
    plain = writer.next_tokens("It was", k=10)
    probabilities = [candidate.probability for candidate in writer.next_tokens("It was", k=10, **setting)]
    total = sum(candidate.probability for candidate in plain[:num_kept])
    assert probabilities[:num_kept] == pytest.approx([one.probability / total for one in plain[:num_kept]], rel=1e-5)
    assert probabilities[num_kept:] == [0.0] * (10 - num_kept)
    texts = [writer.generate("It was", max_new_tokens=1, temperature=1, seed=seed, **setting) for seed in range(20)]
    drawn = {writer.tokenizer.subword(token.token_id) for text in texts for token in text.tokens}
    assert drawn <= {candidate.token for candidate in plain[:num_kept]}


def test_a_domain_is_the_prefix_of_the_text(writer):
    eos_id, bos_id = writer.tokenizer.eos_id, writer.tokenizer.bos_id
    assert writer.encode("", "play").token_ids == [eos_id, writer.tokenizer.domain_id("play")]
    assert writer.encode("").token_ids == [eos_id, bos_id]
    assert writer.encode("a\nb").prefix_ids == (eos_id, bos_id)


def test_a_model_of_one_domain_starts_with_it(tokenizer):
    def start_of(*data):
        checkpoint = checkpoint_of("lm", data=list(data))
        return Writer("tiny", language_model(tokenizer.vocab_size), tokenizer, checkpoint).encode("a").prefix_ids[-1]

    assert start_of("tiny_shakespeare/train") == tokenizer.domain_id("play")
    assert start_of("imdb/train", "imdb/unsupervised") == tokenizer.domain_id("review")
    assert start_of("else/train") == tokenizer.bos_id


def test_without_a_domain_the_likeliest_of_those_read_is_taken(tokenizer):
    data = ["imdb/train", "english_novels/train", "else/train"]
    writer = Writer("tiny", language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm", data=data))

    def nats(domain, text):
        ids = [tokenizer.eos_id, tokenizer.domain_id(domain), *tokenizer.encode(text)]
        with torch.inference_mode():
            log_probs = writer.model.predict(torch.tensor([ids]), None)[0][0].log_softmax(1)
        return -sum(float(log_probs[i - 1, ids[i]]) for i in range(2, len(ids)))

    chosen = set()
    for text in ("It was a good day.", "London", "not bad", "She walked to the city", "x", "7"):
        best = min((None, "review", "novel"), key=lambda domain: nats(domain, text))
        assert writer.likeliest_domain(text) == best
        assert writer.encode(text).prefix_ids[-1] == tokenizer.bos_id
        assert writer.generate(text) == writer.generate(text, domain=best)
        assert writer.next_tokens(text) == writer.next_tokens(text, domain=best)
        chosen.add(best)
    assert len(chosen) > 1
    assert writer.likeliest_domain("") is None


def test_a_story_is_preferred_where_stories_are_known(tokenizer):
    def domains_of(*data):
        writer = Writer("tiny", language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm", data=list(data)))
        with torch.no_grad():
            writer.model.encoder.embedding.weight[4:9] = 0  # all domains read alike
        return writer.likeliest_domain(""), writer.likeliest_domain("It was a good day.")

    assert domains_of("imdb/train", "simple_stories/train", "english_novels/train") == ("story", "story")
    assert domains_of("imdb/train", "english_novels/train") == (None, "novel")


@pytest.mark.parametrize("space", [" ", "  ", "\t", "\u00a0", " \t "])
def test_a_space_at_the_end_of_a_prompt_is_healed(writer, space):
    """`were ` would be read as `were` and a token of its own, and gone on with in the middle of a word."""
    tokenizer, prompt = writer.tokenizer, "The city was" + space
    for seed in range(10):
        first, *others = writer.generate(prompt, seed=seed, temperature=1.5, max_new_tokens=3).tokens
        assert first.token_id in tokenizer.word_start_ids
        assert first.token == tokenizer.subword(first.token_id)[1:]
        assert [token.token for token in others if not tokenizer.is_byte(token.token_id)] == [
            tokenizer.subword(token.token_id) for token in others if not tokenizer.is_byte(token.token_id)
        ]
    most = tokenizer.vocab_size - len(tokenizer.suppressed_ids)
    listed = writer.next_tokens(prompt, k=5)
    plain = writer.next_tokens("The city was", k=most)
    assert [c.token for c in listed] == [c.token[1:] for c in plain if c.token.startswith(" ")][:5]
    starting = sum(c.probability for c in plain if c.token.startswith(" "))
    best = max(c.probability for c in plain if c.token.startswith(" "))
    assert listed[0].probability == pytest.approx(best / starting, rel=1e-3)
    assert not any(c.token.startswith(" ") for c in listed)


def test_a_line_break_at_the_end_of_a_prompt_stays_only_where_the_model_expects_one(writer):
    break_id = writer.tokenizer.encode("\n")[0]

    def first_ids(prompt):
        return {writer.generate(prompt, seed=seed, max_new_tokens=1).tokens[0].token_id for seed in range(20)}

    with torch.no_grad():
        writer.model.bias[break_id] = -1000
        assert first_ids("It was\n") <= set(writer.tokenizer.word_start_ids)
        assert writer.next_tokens("It was\n") == writer.next_tokens("It was ")
        writer.model.bias[break_id] = 1000
    assert first_ids("It was\n") == {break_id}
    assert writer.next_tokens("It was\r\n") == writer.next_tokens("It was\n")


def test_a_model_of_characters_reads_one_space_as_it_is():
    tokenizer = Tokenizer(learn_characters(["to be or not to be"]))
    writer = Writer("tiny", language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm"))
    listed = writer.next_tokens("to be \t", k=5)
    logits, _ = writer._read(writer.encode("to be ").token_ids, None)
    assert [c.token for c in listed] == [tokenizer.subword(i) for i in logits.topk(5).indices.tolist()]


def test_a_prompt_of_white_space_alone_is_an_empty_one(writer):
    assert writer.generate(" \n").text == writer.generate("").text


def test_all_line_ends_are_read_alike(writer):
    texts = {writer.generate(prompt).text for prompt in ("a\nb was", "a\r\nb was", "a\rb was")}
    assert len(texts) == 1
    assert writer.encode("a\r\nb").token_ids == writer.encode("a\nb").token_ids


@pytest.mark.parametrize("temperature", [0, 0.1])
def test_a_low_temperature_does_not_loop(writer, temperature):
    with torch.no_grad():
        writer.model.bias[writer.tokenizer.eos_id] = -1000

    def repeats(**settings):
        tokens = writer.generate("It was", max_new_tokens=200, temperature=temperature, **settings).tokens
        runs = list(zip(*(tokens[i:] for i in range(3)), strict=False))
        return 1 - len({tuple(token.token_id for token in run) for run in runs}) / len(runs)

    assert repeats() < repeats(repetition_penalty=1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_new_tokens": 0}, r"max_new_tokens is 0; it must be a whole number in 1\.\.2000"),
        ({"max_new_tokens": 2001}, r"max_new_tokens is 2001"),
        ({"max_new_tokens": 1.5}, r"max_new_tokens is 1\.5"),
        ({"max_new_tokens": math.nan}, r"max_new_tokens is nan"),
        ({"max_new_tokens": None}, r"max_new_tokens is None"),
        ({"temperature": 3}, r"temperature is 3"),
        ({"top_p": 0}, r"top_p is 0"),
        ({"seed": 2**64}, r"seed is 18446744073709551616; it must be a whole number"),
        ({"repetition_penalty": 0.5}, r"repetition_penalty is 0\.5; it must be in \[1, 2\]"),
        ({"seed": "x"}, r"seed is 'x'"),
        ({"seed": 0.5}, r"seed is 0\.5"),
        ({"domain": "novell"}, r"unknown domain 'novell'; choose one of novel, .*did you mean 'novel'"),
    ],
)
def test_settings_are_refused_at_the_call_before_the_first_token(one_writer, settings, message):
    with pytest.raises(InputError, match=message):
        one_writer.stream("It was", **settings)


def test_prompts_and_counts_that_cannot_be_used_are_refused(one_writer):
    with pytest.raises(InputError, match="the prompt is None; give a string"):
        one_writer.stream(None)
    with pytest.raises(InputError, match="half of a surrogate pair at character 1"):
        one_writer.generate("a\ud800")
    for k in (0, 10_000, 1.5, "ten"):
        with pytest.raises(InputError, match=r"k is .*; it must be a whole number in 1\.\.589"):
            one_writer.next_tokens("It was", k=k)


def test_whole_numbers_may_come_as_floats_and_negative_seeds_are_seeds(one_writer):
    assert len(one_writer.generate("", max_new_tokens=3.0, top_k=5.0, seed=1.0, temperature=1).tokens) <= 3
    one_writer.generate("", max_new_tokens=1, seed=-1)


@pytest.mark.parametrize("prompt", ["", " ", "\n", "\x00\x07", "\u2581", "👩🏽‍🚀 é", "a" * 20_000])
def test_any_prompt_is_read(one_writer, prompt):
    assert one_writer.generate(prompt, max_new_tokens=2).prompt == prompt


def test_a_backward_model_is_refused(tokenizer, tmp_path):
    model = LanguageModel(LanguageModelConfig("lstm", tokenizer.vocab_size, 8, 6, 1, backward=True))
    save_checkpoint(tmp_path / "lm-backward", model, tokenizer, checkpoint_of("lm"))
    with pytest.raises(CheckpointError, match="lm-backward reads texts from their end"):
        Writer.load(tmp_path / "lm-backward")
