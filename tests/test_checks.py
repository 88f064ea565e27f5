"""Bad values are refused in one place, by one message each."""

import math

import pytest

from rnn_demo import checks
from rnn_demo.errors import InputError


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: checks.require_number("size", "x"), r"size is 'x'; it must be a number$"),
        (lambda: checks.require_number("size", math.nan), "size is nan"),
        (lambda: checks.require_number("size", 10**400), "size is 1000"),
        (lambda: checks.require_number("size", True), "size is True"),
        (lambda: checks.require_number("size", 3, lambda n: n < 2, "below 2"), "size is 3; it must be below 2"),
        (lambda: checks.require_integer("k", 1.5), "k is 1.5; it must be a whole number"),
        (lambda: checks.require_integer("k", 2**63), "k is 9223372036854775808; .* 64 bits"),
        (lambda: checks.require_integer("k", 0, 1, 5), r"k is 0; it must be a whole number in 1\.\.5"),
        (lambda: checks.require_integer("k", -1, 0), "k is -1; it must be a whole number, 0 or more"),
        (lambda: checks.require_layer(2, 2), r"layer is 2; it must be 0\.\.1, or -1 for the last"),
        (lambda: checks.require_layer(-3, 2), "layer is -3"),
        (lambda: checks.require_layer(0.5, 2), "layer is 0.5"),
        (lambda: checks.require_unit(6, 6), r"unit is 6; it must be a whole number in 0\.\.5"),
        (lambda: checks.require_string("prompt", None), "the prompt is None; give a string"),
        (lambda: checks.require_string("prompt", "a\ud800"), r"half of a surrogate pair at character 1 \(U\+D800\)"),
        (lambda: checks.require_text("text", " \n"), "the text is empty; give at least one word"),
        (lambda: checks.require_readable("text", "\u200b.\0👍!"), "nothing in it that the network can read"),
        (lambda: checks.require_list("a text"), r"predict takes a list of texts; .*predict\(\[text\]\)"),
    ],
)
def test_a_bad_value_is_refused(check, message):
    with pytest.raises(InputError, match=message):
        check()


def test_a_good_value_comes_back_in_its_own_type():
    assert checks.require_number("size", 1) == 1.0
    assert checks.require_integer("k", 3.0, 0, 3) == 3
    assert checks.require_integer("seed", 2**62 + 1) == 2**62 + 1
    assert [checks.require_layer(layer, 3) for layer in (0, 2, -1, -3)] == [0, 2, 2, 0]
    assert checks.require_string("prompt", "") == ""
    assert checks.require_text("text", " a ") == " a "
