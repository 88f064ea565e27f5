"""Every call gets an answer or a message of this package, and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_models import REFERENCE, write_checkpoints

from rnn_demo.errors import CheckpointError, InputError, NothingToReadError
from rnn_demo.microscope.correlations import RankedUnit
from rnn_demo.microscope.sentiment_direction import LayerStates, find_sentiment_direction, to_entry
from rnn_demo.precomputed import Entry, Precomputed, write_precomputed
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.ui.model_store import ModelStore
from rnn_demo.ui.service import MAX_BYTES, MAX_CHARACTERS, Service, WritingSettings

SETTINGS = WritingSettings(max_new_tokens=5)


@pytest.fixture(scope="module")
def service(checkpoints_dir: Path) -> Service:
    return Service(ModelStore(checkpoints_dir))


def ask_all(service: Service, text: Any) -> list[Any]:
    """Return each method's answer to a text, or its error."""
    answers: list[Any] = []
    for ask in (
        lambda: list(service.write(text, "lm-lstm", SETTINGS)),
        lambda: service.next_tokens(text, "lm-lstm", 3, SETTINGS),
        lambda: service.score(text, "sentiment-lstm"),
        lambda: service.tag(text, "ner-lstm"),
        lambda: service.trace(text, "lm-rnn", -1),
        lambda: service.units(text, "ner-lstm", -1),
        lambda: service.surprisal(text, "lm-gru"),
        lambda: service.leave_one_out(text, "sentiment-lstm"),
        lambda: service.gradients(text, "sentiment"),
        lambda: service.singular_values(text, "sentiment"),
        lambda: service.clipped_step(text, "lm-rnn", 1.0, 1.0),
    ):
        try:
            answers.append(ask())
        except InputError as error:
            answers.append(error)
    return answers


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.characters(), max_size=60))
def test_any_text_is_answered_or_refused_with_a_message(service: Service, text: str) -> None:
    for answer in ask_all(service, text):
        if isinstance(answer, InputError):
            readable = any(map(str.isalnum, text))
            assert not readable or "surrogate" in str(answer) or "fewer than two tokens" in str(answer)


@pytest.mark.parametrize("text", [None, 5, 1.5, True, ["a"], {"a": 1}, b"bytes"])
def test_only_strings_are_texts(service: Service, text: Any) -> None:
    assert all("give a string" in str(answer) for answer in ask_all(service, text))


def test_a_text_that_is_too_long_is_refused(service: Service) -> None:
    assert all("100,000 characters; at most 20,000" in str(answer) for answer in ask_all(service, "x" * 100_000))


def test_a_text_of_few_characters_and_many_bytes_is_refused(service: Service) -> None:
    """Each byte of an emoji is a token."""
    assert all("80,000 bytes (UTF-8); at most 40,000" in str(answer) for answer in ask_all(service, "🙂" * 20_000))


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["a b " * (MAX_CHARACTERS // 4), "a b " + "🙂" * (MAX_BYTES // 4 - 1)], ids=["words", "emoji"]
)
def test_the_longest_text_is_answered(service: Service, text: str) -> None:
    assert not any(isinstance(answer, InputError) for answer in ask_all(service, text))


def test_an_empty_prompt_begins_a_text_and_an_empty_text_is_refused(service: Service) -> None:
    written, candidates, *refused = ask_all(service, "")
    assert written[0] == ""
    assert len(candidates) == 3
    assert all("the text is empty" in str(answer) for answer in refused)


@pytest.mark.parametrize("text", ["\u200b", ".", "\x00", "?! ..."])
def test_signs_alone_have_no_score(service: Service, text: str) -> None:
    for refuse in (service.score, service.attribute):
        with pytest.raises(NothingToReadError, match="give at least one word"):
            refuse(text, "sentiment-lstm")


@pytest.mark.parametrize("name", ["max_new_tokens", "temperature", "top_k", "top_p", "seed"])
@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "1", None, True, [1], 1e30, pytest.param(10**400, id="10**400")]
)
def test_settings_that_are_no_numbers_are_refused(service: Service, name: str, value: Any) -> None:
    with pytest.raises(InputError, match=name):
        service.write("It was", "lm-lstm", replace(SETTINGS, **{name: value}))


@pytest.mark.parametrize(("name", "value"), [("temperature", 2.1), ("top_k", -1), ("top_p", 0), ("max_new_tokens", 0)])
def test_settings_out_of_range_are_refused(service: Service, name: str, value: float) -> None:
    with pytest.raises(InputError, match=name):
        service.write("It was", "lm-lstm", replace(SETTINGS, **{name: value}))


def test_a_whole_number_may_come_as_a_float(service: Service) -> None:
    """A slider of the page sends 60.0 as readily as 60."""
    as_float = service.write("It was", "lm-lstm", replace(SETTINGS, max_new_tokens=5.0, seed=0.0))
    assert list(as_float) == list(service.write("It was", "lm-lstm", SETTINGS))
    with pytest.raises(InputError, match=r"max_new_tokens is 1.5; it must be a whole number"):
        service.write("It was", "lm-lstm", replace(SETTINGS, max_new_tokens=1.5))


def test_the_same_seed_writes_the_same_text_and_another_seed_another(service: Service) -> None:
    first, again, other = (
        list(service.write("It was", "lm-lstm", replace(SETTINGS, max_new_tokens=30, seed=seed)))[-1]
        for seed in (1, 1, 2)
    )
    assert first == again != other
    assert first.startswith("It was")


def test_a_domain_may_be_any_and_an_unknown_one_is_refused(service: Service) -> None:
    with pytest.raises(InputError, match="unknown domain 'verse'"):
        service.write("It", "lm-lstm", replace(SETTINGS, domain="verse"))
    by_any, by_none, by_nothing = (
        list(service.write("It", "lm-lstm", replace(SETTINGS, domain=domain))) for domain in ("any", None, "")
    )
    assert by_any == by_none == by_nothing


def test_units_are_ranked_by_precomputed_correlations(checkpoints_dir: Path, tmp_path: Path) -> None:
    folder = Path(copytree(checkpoints_dir, tmp_path / "checkpoints"))
    correlations = np.zeros((2, 12), dtype=np.float32)
    correlations[0, 3], correlations[1, 7], correlations[1, 3] = -0.5, 0.75, 0.25
    entry = Entry({"1.correlations": correlations}, {"features": ["comma", "digits"]})
    write_precomputed(folder / "lm-gru", Precomputed({"units": entry}))
    service = Service(ModelStore(folder))
    reading = service.units("Ada met Babbage.", "lm-gru", -1)
    assert reading.ranked[:2] == (RankedUnit(7, "digits", 0.75), RankedUnit(3, "comma", -0.5))
    assert len(reading.ranked) == 12
    assert reading.by_feature == (RankedUnit(7, "digits", 0.75), RankedUnit(3, "comma", -0.5))
    for other in (service.units("Ada met.", "lm-gru", 0), service.units("Ada met.", "lm-gru", -1, "update")):
        assert other.by_feature == ()
        assert {ranked.feature for ranked in other.ranked} == {None}


def test_units_of_a_long_text_are_those_of_its_end(service: Service) -> None:
    text = "a b " * 1500
    reading, whole = service.units(text, "lm-rnn", -1), service.trace(text, "lm-rnn", -1)
    assert len(reading.trace.tokens) == len(reading.trace.spans) == 2000
    assert reading.num_skipped == len(whole.tokens) - 2000 > 0
    np.testing.assert_array_equal(reading.trace.states, whole.states[-2000:])
    assert text[slice(*reading.trace.spans[-1])] == reading.trace.tokens[-1]


def test_contexts_are_quoted_from_the_held_out_text(service: Service) -> None:
    highest, lowest = service.contexts("lm-gru", -1, 3)
    for contexts in (highest, lowest):
        assert 2 <= len(contexts) <= 5  # a sentence each
        for context in contexts:
            assert context.before + context.token + context.after in REFERENCE
    assert highest[0].value > lowest[0].value
    states = service.trace(REFERENCE.split("\n\n\n")[0], "lm-gru", -1).states[:, 3]
    assert highest[0].value >= states.max() - 1e-3


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"layer": 2}, "layer is 2"),
        ({"unit": 12}, "unit is 12; it must be a whole number in 0..11"),
        ({"unit": -1}, "unit is -1"),
        ({"unit": None}, "unit is None"),
        ({"unit": 1.5}, "unit is 1.5; it must be a whole number"),
        ({"quantity": "c"}, "unknown quantity 'c'"),
        ({"model": "nobody"}, "unknown model 'nobody'"),
    ],
)
def test_contexts_of_what_is_not_there_are_refused(service: Service, place: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        service.contexts(**{"model": "lm-gru", "layer": -1, "unit": 0, **place})


def test_words_of_the_held_out_text_are_found_in_it(service: Service) -> None:
    text = REFERENCE.split("\n\n\n")[0]
    similar = service.similar_spans(text, "a fine evening", "lm-lstm", -1, 0.01)
    assert similar.span.strip() == "a fine evening"
    assert similar.units
    best = similar.matches[0]
    assert best.context.before + best.context.token + best.context.after in REFERENCE
    assert best.num_shared == len(similar.units)


@pytest.mark.parametrize(
    ("words", "threshold", "message"),
    [
        ("Rome", 0.3, "'Rome' is not in the text"),
        ("  ", 0.3, "no words are given"),
        (None, 0.3, "the words is None; give a string"),
        ("Ada", -0.1, "threshold is -0.1; it must be 0 or more"),
        ("Ada", float("nan"), "threshold is nan; it must be 0 or more"),
    ],
)
def test_spans_that_cannot_be_looked_for_are_refused(
    service: Service, words: Any, threshold: float, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        service.similar_spans("Ada met Babbage.", words, "lm-lstm", -1, threshold)


def test_without_held_out_text_only_the_contexts_are_missing(checkpoints_dir: Path, tmp_path: Path) -> None:
    folder = Path(copytree(checkpoints_dir, tmp_path / "checkpoints"))
    (folder / "reference.txt").unlink()
    service = Service(ModelStore(folder))
    assert service.units("Ada", "lm-rnn", -1).ranked
    with pytest.raises(CheckpointError, match=r"train\.py reference"):
        service.contexts("lm-rnn", -1, 0)


def test_a_clamp_is_made_from_json_and_from_the_precomputed_direction(tokenizer: Tokenizer, tmp_path: Path) -> None:
    states = np.random.default_rng(0).normal(size=(3, 40, 12)).astype(np.float32)
    direction = find_sentiment_direction(LayerStates(*states), np.arange(40) % 3 == 0)
    folder = write_checkpoints(tmp_path, tokenizer)
    write_precomputed(folder / "lm-gru", Precomputed({"sentiment_direction": to_entry([direction, direction], 40)}))
    service = Service(ModelStore(folder))
    clamp = service.clamp("lm-gru", {"3": 1, 7: -0.5}, -1, 2)
    assert clamp.units == {3: 1.0, 7: -0.5}
    assert clamp.projection == pytest.approx(direction.mean + 2 * direction.std)
    np.testing.assert_array_equal(clamp.direction, direction.vector)
    assert service.clamp("lm-gru", {}, 0).is_empty
    assert service.sentiment_direction("lm-rnn", 0) is None
    unmodified, clamped = (
        list(service.write("It was", "lm-gru", replace(SETTINGS, max_new_tokens=20), each))[-1]
        for each in (None, clamp)
    )
    assert unmodified != clamped


@pytest.mark.parametrize("units", [None, [1], "12: 1", {"x": 1}, {"-1": 1}, {"²": 1}, {"9" * 5000: 1}, {"1": None}])
def test_bad_units_are_refused(service: Service, units: Any) -> None:
    with pytest.raises(InputError, match="unit"):
        service.clamp("lm-lstm", units, -1)


def test_texts_that_are_read_together_get_the_states_that_each_gets_alone(service: Service) -> None:
    for name in ("lm-lstm", "sentiment-lstm"):
        predictor = service.store.find(name)
        texts = [predictor.encode(text) for text in ("Good", "A good film, and not a long one", "No")]
        for encoded, reading in zip(texts, predictor.read_together(texts), strict=True):
            alone = predictor.read(encoded.text)
            assert [tuple(h.shape) for h in reading.layers] == [tuple(h.shape) for h in alone.layers]
            for together, single in zip(reading.layers, alone.layers, strict=True):
                assert torch.allclose(together, single, atol=1e-5)


def test_texts_of_many_visitors_at_once_keep_their_answers(checkpoints_dir: Path) -> None:
    texts = [f"{number} good films" for number in range(40)]
    alone, crowded = (Service(ModelStore(checkpoints_dir)) for _ in range(2))
    with ThreadPoolExecutor(12) as threads:
        scores = list(threads.map(lambda text: crowded.score(text, "sentiment-lstm"), texts))
    for text, score in zip(texts, scores, strict=True):
        assert score.score == pytest.approx(alone.score(text, "sentiment-lstm").score, abs=1e-5)
        assert "".join(token.token for token in score.tokens) == text
