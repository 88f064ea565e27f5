"""A press reads a text once: how often it is encoded, and how often a network runs over it."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from tiny_models import write_checkpoints

from rnn_demo.encoder import Encoder
from rnn_demo.entities.tag import EntityTagger
from rnn_demo.language.write import Writer
from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.ui.hidden_states.drawing import View, picture_of
from rnn_demo.ui.hidden_states.tab import numbers_shown
from rnn_demo.ui.model_store import ModelStore
from rnn_demo.ui.service import Service, WritingSettings

TEXT = "Ada Lovelace walked in London, and it was a fine evening."


@pytest.fixture
def service(tokenizer: Tokenizer, tmp_path: Path) -> Service:
    """Make a service that remembers nothing yet."""
    return Service(ModelStore(write_checkpoints(tmp_path, tokenizer)))


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """Count `encode` of any predictor, and passes of any encoder over token ids."""
    counts: Counter[str] = Counter()

    def counted(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def count(*args: object, **kwargs: object) -> object:
            counts[name] += 1
            return function(*args, **kwargs)

        return count

    kinds: list[tuple[type, str, str]] = [
        (kind, "encode", "encodes") for kind in (Writer, SentimentScorer, EntityTagger)
    ]
    kinds += [(Encoder, name, "passes") for name in ("forward", "forward_with_gates", "inputs_of_last_layer")]
    patches = [patch.object(kind, name, counted(count, getattr(kind, name))) for kind, name, count in kinds]
    for each in patches:
        each.start()
    try:
        yield counts
    finally:
        for each in patches:
            each.stop()


@pytest.mark.parametrize(("model", "colour"), [("sentiment-lstm", "P(positive)"), ("lm-lstm", "surprisal")])
def test_hidden_states_and_their_download_read_a_text_once(service: Service, model: str, colour: str) -> None:
    view = View(model, 1, "h", colour, "2-D")
    with counting() as counts:
        picture_of(service, [TEXT], view)
        numbers_shown(service, [TEXT], view, False)
    assert counts == {"encodes": 1, "passes": 1}


def test_another_layer_or_unit_of_the_same_text_reads_nothing(service: Service) -> None:
    service.units(TEXT, "lm-lstm", 1)
    with counting() as counts:
        service.units(TEXT, "lm-lstm", 0)
        service.units(TEXT, "lm-lstm", 1)
        service.similar_spans(TEXT, "London", "lm-lstm", 1, 0.1)
    assert counts["encodes"] == 2  # the passages of the held-out text


def test_a_score_and_its_explanation_encode_a_text_once(service: Service) -> None:
    service.score_before("sentiment-lstm")
    with counting() as counts:
        service.score(TEXT, "sentiment-lstm")
        service.attribute(TEXT, "sentiment-lstm")
        service.leave_one_out(TEXT, "sentiment-lstm")
    assert counts == {"encodes": 1, "passes": 1}


@pytest.mark.parametrize("measure", [Service.gradients, Service.singular_values])
def test_memory_encodes_once_a_cell_and_reads_once_a_network(service: Service, measure: Callable[..., object]) -> None:
    with counting() as counts:
        measure(service, TEXT, "lm")
        measure(service, TEXT, "lm")
    assert counts == {"encodes": 3, "passes": 6}


def test_the_domain_of_a_prompt_is_guessed_once(service: Service) -> None:
    with patch.object(Writer, "likeliest_domain", autospec=True, return_value="novel") as guess:
        service.next_tokens(TEXT, "lm-lstm", 3, WritingSettings())
        list(service.write(TEXT, "lm-lstm", WritingSettings(max_new_tokens=2)))
    assert guess.call_count == 1
