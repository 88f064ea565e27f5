"""Sampling: worked numbers, the ends of every range, and a distribution for any settings."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnn_demo.errors import InputError
from rnn_demo.language.sampling import PENALTY_WINDOW, SamplingOptions, next_token_probs, penalise

LOGITS = torch.tensor([4.0, 8.0, 1.0, 2.0, 1.0]).log()  # shares of 16


def probs_of(logits=LOGITS, **settings):
    return next_token_probs(logits, SamplingOptions(**{"temperature": 1.0, **settings})).tolist()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [4 / 16, 8 / 16, 1 / 16, 2 / 16, 1 / 16]),
        ({"temperature": 0.5}, [16 / 86, 64 / 86, 1 / 86, 4 / 86, 1 / 86]),
        ({"temperature": 2.0}, [x / (4 + 3 * math.sqrt(2)) for x in (2, 2 * math.sqrt(2), 1, math.sqrt(2), 1)]),
        ({"temperature": 0}, [0, 1, 0, 0, 0]),
        ({"top_k": 1}, [0, 1, 0, 0, 0]),
        ({"top_k": 3}, [4 / 14, 8 / 14, 0, 2 / 14, 0]),
        ({"top_k": 5}, [4 / 16, 8 / 16, 1 / 16, 2 / 16, 1 / 16]),
        ({"top_k": 99}, [4 / 16, 8 / 16, 1 / 16, 2 / 16, 1 / 16]),
        ({"top_p": 0.4}, [0, 1, 0, 0, 0]),
        ({"top_p": 0.5}, [0, 1, 0, 0, 0]),
        ({"top_p": 0.51}, [4 / 12, 8 / 12, 0, 0, 0]),
        ({"top_p": 0.8}, [4 / 14, 8 / 14, 0, 2 / 14, 0]),
        ({"top_k": 2, "top_p": 0.6}, [0, 1, 0, 0, 0]),
        ({"top_k": 2, "top_p": 0.7}, [4 / 12, 8 / 12, 0, 0, 0]),
        ({"temperature": 0.5, "top_p": 0.7}, [0, 1, 0, 0, 0]),
    ],
)
def test_worked_numbers(settings, expected):
    assert probs_of(**settings) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("temperature", [1e-3, 1e-10, 1e-38, 1e-45, 1e-60, 5e-324])
def test_a_tiny_temperature_is_greedy_and_never_nan(temperature):
    assert probs_of(temperature=temperature) == [0, 1, 0, 0, 0]


@pytest.mark.parametrize("top_p", [1e-3, 1e-40, 1e-60, 5e-324])
def test_a_tiny_top_p_keeps_the_likeliest(top_p):
    assert probs_of(top_p=top_p) == [0, 1, 0, 0, 0]


def test_forbidden_tokens_stay_forbidden():
    logits = LOGITS.clone()
    logits[1] = -math.inf
    for settings in ({}, {"temperature": 0}, {"temperature": 2.0}, {"top_k": 4}, {"top_p": 0.99}):
        assert probs_of(logits, **settings)[1] == 0


def test_the_penalty_lowers_what_was_written_once_each():
    logits = torch.tensor([2.0, -1.0, 0.5, 4.0])
    assert penalise(logits, [0, 1, 0], 1.5).tolist() == pytest.approx([2 / 1.5, -1.5, 0.5, 4.0])
    assert penalise(logits, [], 1.5).equal(logits)
    assert penalise(logits, [3, *[1] * PENALTY_WINDOW], 2.0).tolist() == [2.0, -2.0, 0.5, 4.0]
    assert logits[0] == 2.0


@pytest.mark.parametrize(
    ("temperature", "option", "penalty"), [(0, None, 1.2), (0.3, None, 1), (0, 1, 1), (1, 1.5, 1.5)]
)
def test_the_penalty_is_on_by_itself_at_low_temperatures(temperature, option, penalty):
    assert SamplingOptions(temperature=temperature, repetition_penalty=option).penalty == penalty


@given(
    logits=st.lists(st.floats(-200, 200, width=32), min_size=1, max_size=30),
    temperature=st.floats(0, 2),
    top_k=st.integers(0, 40),
    top_p=st.floats(0, 1, exclude_min=True),
)
def test_a_distribution_whatever_the_settings(logits, temperature, top_k, top_p):
    options = SamplingOptions(temperature=temperature, top_k=top_k, top_p=top_p)
    logits = torch.tensor(logits)
    probs = next_token_probs(logits, options)
    assert probs.dtype == torch.float32
    assert (probs >= 0).all()
    assert probs.sum().item() == pytest.approx(1, abs=1e-5)
    tie = 1e-6  # exp of a smaller difference rounds to 1 in float32, and either of two equals may come first
    assert logits.max() - logits[probs.argmax()] <= tie
    if top_k:
        assert (probs > 0).sum() <= top_k


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -0.1}, r"temperature is -0\.1; it must be in \[0, 2\]"),
        ({"temperature": 2.1}, r"temperature is 2\.1; it must be in \[0, 2\]"),
        ({"temperature": math.nan}, r"temperature is nan; it must be in \[0, 2\]"),
        ({"temperature": math.inf}, r"temperature is inf"),
        ({"temperature": "hot"}, r"temperature is 'hot'; it must be in \[0, 2\]"),
        ({"temperature": None}, r"temperature is None"),
        ({"top_k": -1}, r"top_k is -1; it must be a whole number, 0 or more"),
        ({"top_k": 1.5}, r"top_k is 1\.5; it must be a whole number"),
        ({"top_k": math.nan}, r"top_k is nan"),
        ({"top_k": math.inf}, r"top_k is inf"),
        ({"top_p": 0}, r"top_p is 0; it must be in \(0, 1\]"),
        ({"top_p": 1.01}, r"top_p is 1\.01; it must be in \(0, 1\]"),
        ({"top_p": math.nan}, r"top_p is nan"),
        ({"top_p": "all"}, r"top_p is 'all'"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        SamplingOptions(**settings)


@pytest.mark.parametrize("top_k", [0, 3.0, 10**15])
def test_any_whole_number_is_a_top_k(top_k):
    assert probs_of(top_k=top_k)[1] > 0
