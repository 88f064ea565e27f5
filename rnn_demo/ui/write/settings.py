"""How a text is to be written: from what stands in the fields of the Write tab to arguments of `Service.write`."""

from typing import Any

from rnn_demo.errors import InputError

SETTINGS = ("temperature", "max_new_tokens", "top_k", "top_p", "seed", "domain")
"""In the order of the page."""


def read_settings(*values: float | str | None) -> dict[str, Any]:
    """Name the values of the fields.

    >>> read_settings(0.8, 80, 0, 1.0, 1, "any")["top_p"]
    1.0

    Raises:
        InputError: the field for the seed is empty.
    """
    settings = dict(zip(SETTINGS, values, strict=True))
    if settings["seed"] is None:
        raise InputError("the field Seed is empty; type a whole number there, such as 1")
    return settings
