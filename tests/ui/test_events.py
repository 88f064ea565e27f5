"""Errors become messages in one place; an empty text clears the results; a stream is thinned out and keeps its end."""

from collections.abc import Iterator
from typing import Any

import gradio as gr
import pytest

from rnn_demo.errors import InputError, NothingToReadError
from rnn_demo.ui.shared.events import clears_on_empty, shows_errors, throttled
from rnn_demo.ui.shared.script import ENGLISH_ONLY


def test_errors_of_the_package_become_messages_without_tags() -> None:
    @shows_errors
    def answer() -> None:
        raise InputError("unknown style '<img src=x>'")

    with pytest.raises(gr.Error, match="unknown style '&lt;img src=x&gt;'") as raised:
        answer()
    assert raised.value.duration is None  # "Error" over the results has no reason once the message is gone


def test_errors_within_a_stream_become_messages_after_what_came_before() -> None:
    @shows_errors
    def stream() -> Iterator[int]:
        yield 1
        raise InputError("no more")

    values = stream()
    assert next(values) == 1
    with pytest.raises(gr.Error, match="no more"):
        next(values)


def test_other_errors_are_left_to_gradio() -> None:
    @shows_errors
    def answer() -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        answer()


def test_an_empty_text_clears_the_outputs_and_is_explained_in_a_line() -> None:
    @shows_errors
    @clears_on_empty(None, 0)
    def answer(text: str) -> tuple[str, int]:
        if not text:
            raise NothingToReadError("the text is empty; type <b>")
        return text, len(text)

    @shows_errors
    @clears_on_empty(None)
    def stream(text: str) -> Iterator[Any]:
        yield [text]
        if len(text) > 3:
            raise NothingToReadError("no more")
        raise InputError("something else")

    assert answer("Ada") == ("Ada", 3, "")
    assert answer("Ада") == ("Ада", 3, ENGLISH_ONLY)
    assert answer("") == (None, 0, "The text is empty; type &lt;b&gt;.")
    assert list(stream("Babbage")) == [(["Babbage"], ""), (None, "No more.")]
    with pytest.raises(gr.Error, match="something else"):
        list(stream("Ada"))


def test_throttled_keeps_the_first_and_the_last() -> None:
    assert list(throttled(iter(range(1000)), gap_s=60)) == [0, 999]
    assert list(throttled(iter(range(5)), gap_s=0)) == [0, 1, 2, 3, 4]
    assert list(throttled(iter([]))) == []
    assert list(throttled(iter([7]))) == [7]
