"""Refuse values that cannot be used: the one home of these checks, and so of their messages.

Each function takes the name that the caller knows the value by, and returns the value in its proper type. All of them
raise InputError, which names the value and says what is allowed.
"""

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

from rnn_demo.errors import InputError, NothingToReadError

LARGEST = 1e300
"""Of a number. NaN is not below it either."""
MAX_INTEGER = 2**63 - 1


def require(ok: bool, name: str, value: object, allowed: str) -> None:
    """Refuse a value that is not `ok`.

    >>> require(False, "batch_size", 0, "1 or more")
    Traceback (most recent call last):
    rnn_demo.errors.InputError: batch_size is 0; it must be 1 or more
    """
    if not ok:
        raise InputError(f"{name} is {value!r:.60}; it must be {allowed}")


def require_at_least(settings: object, minimum: float, *fields: str) -> None:
    """Refuse settings below a minimum; None is left to a default."""
    for field in fields:
        value = getattr(settings, field)
        require(value is None or value >= minimum, field, value, f"{minimum} or more")


def require_below_one(settings: object, *fields: str) -> None:
    """Refuse settings outside [0, 1)."""
    for field in fields:
        require(0 <= getattr(settings, field) < 1, field, getattr(settings, field), "in [0, 1)")


def require_share(settings: object, *fields: str) -> None:
    """Refuse settings outside [0, 1]."""
    for field in fields:
        require(0 <= getattr(settings, field) <= 1, field, getattr(settings, field), "in [0, 1]")


def require_number(
    name: str, value: Any, ok: Callable[[Any], bool] = lambda _: True, allowed: str = "a number"
) -> float:
    """Refuse what is no finite number, is a truth value, or is not `ok`; `allowed` describes what is."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    require(is_number and abs(value) <= LARGEST and ok(value), name, value, allowed)
    return float(value)


def require_integer(name: str, value: object, minimum: int = -MAX_INTEGER, maximum: int = MAX_INTEGER) -> int:
    """Refuse what is not an integer in the range, both ends included; 3.0 is 3."""
    allowed = "a whole number of at most 64 bits"
    if maximum < MAX_INTEGER:
        allowed = f"a whole number in {minimum}..{maximum}"
    elif minimum > -MAX_INTEGER:
        allowed = f"a whole number, {minimum} or more"
    require_number(name, value, lambda number: number == int(number) and minimum <= number <= maximum, allowed)
    return int(value)  # type: ignore[call-overload]  # of the value itself: a float has too few digits for 64 bits


def require_layer(layer: object, num_layers: int) -> int:
    """Return a layer counted from 0, the nearest to the words; negative numbers count from the end.

    >>> require_layer(-1, 2), require_layer(0, 2)
    (1, 0)
    """
    allowed = f"0..{num_layers - 1}, or -1 for the last"
    number = require_number("layer", layer, lambda n: n == int(n) and -num_layers <= n < num_layers, allowed)
    return int(number) % num_layers


def require_unit(unit: object, hidden_size: int) -> int:
    """Refuse a unit that a layer of this size does not have."""
    return require_integer("unit", unit, 0, hidden_size - 1)


def require_string(name: str, value: object) -> str:
    """Refuse what is not a string, or cannot be written in UTF-8; the string may be empty."""
    if not isinstance(value, str):
        raise InputError(f"the {name} is {value!r:.60}; give a string")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"the {name} has half of a surrogate pair at character {error.start} (U+{ord(value[error.start]):04X}), "
            "which is no character; remove it"
        ) from error
    return value


def require_text(name: str, value: object) -> str:
    """Refuse what is not a string, or has only white space in it."""
    text = require_string(name, value)
    require_tokens(text.strip(), name)
    return text


def require_readable(name: str, text: str) -> None:
    """Refuse a text without a letter or a digit: a network would score its bytes, of which it has learned nothing."""
    if not any(map(str.isalnum, text)):
        raise NothingToReadError(f"the {name} has nothing in it that the network can read; give at least one word")


def require_tokens(tokens: Sequence[object], name: str = "text") -> None:
    """Refuse a text that has no token."""
    if not tokens:
        raise NothingToReadError(f"the {name} is empty; give at least one word")


def require_list(texts: object) -> None:
    """Refuse a bare string where a list of texts is expected: its letters would be taken for texts."""
    if isinstance(texts, str):
        raise InputError("predict takes a list of texts; put the text in brackets: predict([text])")
