"""The named endpoints: what they answer as plain methods, and how gradio_client and curl reach them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from shutil import copytree, rmtree
from threading import Barrier, Event, Semaphore
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from serving import call, serve

from rnn_demo.errors import InputError
from rnn_demo.language.write import Writer
from rnn_demo.results import GeneratedToken
from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.ui import service as service_module
from rnn_demo.ui.endpoints import Endpoints
from rnn_demo.ui.model_store import ModelStore
from rnn_demo.ui.service import Service

WRITING = ["max_new_tokens", "temperature", "top_k", "top_p", "seed", "style"]
LAST = ["repetition_penalty", "finish_sentence"]
PARAMETERS = {
    "generate": ["prompt", "model", *WRITING, *LAST],
    "generate_holding": ["prompt", "units", "model", "layer", *WRITING, "direction", *LAST],
    "generate_clamped": ["prompt", "units", "model", "layer", *WRITING, "direction", *LAST],
    "next_tokens": ["prompt", "model", "k", "temperature"],
    "score_sentiment": ["text", "model"],
    "attribute": ["text", "model", "entity"],
    "tag_entities": ["text", "model"],
    "trace_hidden_states": ["text", "model", "layer", "part"],
    "cell_steps": ["text", "model", "layer", "units"],
    "unit_activations": ["text", "model", "layer"],
    "surprisal": ["text", "model"],
    "gradient_over_distance": ["text", "task"],
    "singular_values": ["text", "task"],
    "clipped_step": ["text", "model", "clip_norm", "step_size"],
    "fixed_points": ["model"],
}
MORE = {name: [{"3": 1.0}] for name in ("generate_holding", "generate_clamped")}
"""What follows the text where a default would not do: the tiny models have 12 units, 0 to 11."""
READING = [name for name in PARAMETERS if name != "fixed_points"]
"""The endpoints that take a text."""
TEXT = "Ada met  Babbage 👩‍👧 in London."


@pytest.fixture(scope="module")
def endpoints(checkpoints_dir: Path) -> Endpoints:
    return Endpoints(Service(ModelStore(checkpoints_dir)))


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False)


def last(texts: Iterator[str]) -> str:
    """Return the whole text of a stream."""
    *_, text = texts
    return text


def test_every_endpoint_and_every_parameter_is_described(url: str) -> None:
    info = httpx.get(f"{url}gradio_api/info").json()["named_endpoints"]
    names = {name: [one["parameter_name"] for one in endpoint["parameters"]] for name, endpoint in info.items()}
    assert names == {f"/{name}": parameters for name, parameters in PARAMETERS.items()}
    for endpoint in info.values():
        assert len(endpoint["description"]) > 20
        assert [parameter["parameter_has_default"] for parameter in endpoint["parameters"]] == [
            index > 0 for index in range(len(endpoint["parameters"]))
        ]
        for parameter in endpoint["parameters"]:
            assert parameter["label"] == parameter["parameter_name"]
            assert len(parameter["python_type"]["description"]) > 8


def test_generate_streams_text_that_grows_and_a_seed_repeats_it(endpoints: Endpoints) -> None:
    first, again = (list(endpoints.generate("It was", max_new_tokens=300, seed=5)) for _ in range(2))
    assert first[0].startswith("It was")
    assert len(first) > 2
    assert all(after.startswith(before) for before, after in pairwise(first))
    assert first[-1] == again[-1]
    assert last(endpoints.generate("It was", "lm-gru", 300, seed=5)) != first[-1]
    off, automatic = (
        last(endpoints.generate("It was", temperature=0, repetition_penalty=penalty)) for penalty in (1, None)
    )
    assert len(set(off.split())) < len(set(automatic.split()))


def test_next_tokens_are_sorted_and_sharpened_by_temperature(endpoints: Endpoints) -> None:
    warm, cold = (endpoints.next_tokens("It was", k=4, temperature=t) for t in (1.0, 0))
    probs = [candidate["probability"] for candidate in warm]
    assert [set(candidate) for candidate in warm] == [{"token", "probability"}] * 4
    assert probs == sorted(probs, reverse=True)
    assert [candidate["probability"] for candidate in cold] == [1, 0, 0, 0]


def test_score_sentiment_scores_every_token(endpoints: Endpoints) -> None:
    result = endpoints.score_sentiment(TEXT)
    assert set(result) == {"score", "label", "tokens"}
    assert "".join(TEXT[token["start"] : token["end"]] for token in result["tokens"]) == TEXT
    assert result["tokens"][-1]["score"] == result["score"]
    assert all(set(token) == {"token", "start", "end", "score"} for token in result["tokens"])


def test_tag_entities_gives_offsets_in_code_points(endpoints: Endpoints) -> None:
    result = endpoints.tag_entities(TEXT)
    assert result["text"] == TEXT
    assert all(TEXT[token["start"] : token["end"]] == token["token"] for token in result["tokens"])
    assert all(set(entity) == {"label", "start", "end", "confidence"} for entity in result["entities"])
    assert all(token["pos"] in ("NNP", "VBD") for token in result["tokens"])


def test_attribute_adds_up_to_the_difference_and_the_gap(endpoints: Endpoints) -> None:
    result = endpoints.attribute(TEXT)
    assert set(result) == {"tokens", "difference", "gap"}
    total = sum(token["attribution"] for token in result["tokens"])
    assert total == pytest.approx(result["difference"] + result["gap"], abs=1e-5)


def test_attribute_explains_an_entity_too(endpoints: Endpoints) -> None:
    num_entities = len(endpoints.tag_entities(TEXT)["entities"])
    results = [endpoints.attribute(TEXT, "ner-lstm", entity) for entity in (0, num_entities - 1)]
    for result in results:
        assert set(result) == {"tokens", "difference", "gap"}
        total = sum(token["attribution"] for token in result["tokens"])
        assert total == pytest.approx(result["difference"], rel=0.05, abs=1e-3)
    assert endpoints.attribute(TEXT, "ner-lstm") == results[0]
    with pytest.raises(InputError, match=f"entity is {num_entities}"):
        endpoints.attribute(TEXT, "ner-lstm", num_entities)
    with pytest.raises(InputError, match="lm-rnn is of task lm, not sentiment"):
        endpoints.attribute(TEXT, "lm-rnn")


def test_singular_values_are_given_a_token_before_and_after_training(endpoints: Endpoints) -> None:
    result = endpoints.singular_values(TEXT, "lm")
    assert set(result) == {"rnn", "gru", "lstm"}
    for norms in result.values():
        assert set(norms) == {"tokens", "trained", "untrained"}
        assert "".join(norms["tokens"]) == TEXT
        assert len(norms["trained"]) == len(norms["untrained"]) == len(norms["tokens"])
        assert norms["trained"] != norms["untrained"]
    assert set(endpoints.singular_values(TEXT)) == {"lstm"}


def test_clipped_step_shortens_the_gradient(endpoints: Endpoints) -> None:
    result = endpoints.clipped_step(TEXT, "lm-gru", 0.5, 0.1)
    assert result["norm"] > 0.5
    assert result["clipped_norm"] == pytest.approx(0.5)
    assert result["clipped_length"] == pytest.approx(0.05)
    assert [group["name"] for group in result["groups"]] == ["embedding", "layer 0", "layer 1", "projection"]
    assert result["losses"][0] == pytest.approx(result["loss"])
    with pytest.raises(InputError, match="clip_norm is 0; it must be above 0"):
        endpoints.clipped_step(TEXT, "lm-gru", 0)


def test_surprisal_gives_the_bits_of_every_token(endpoints: Endpoints) -> None:
    result = endpoints.surprisal(TEXT, "lm-gru")
    assert set(result) == {"tokens", "bits_per_char", "perplexity", "num_skipped"}
    assert "".join(TEXT[token["start"] : token["end"]] for token in result["tokens"]) == TEXT
    assert result["bits_per_char"] == pytest.approx(sum(token["bits"] for token in result["tokens"]) / len(TEXT))
    with pytest.raises(InputError, match="is of task ner, not lm"):
        endpoints.surprisal(TEXT, "ner-lstm")


def test_gradient_over_distance_compares_the_cells_before_and_after_training(endpoints: Endpoints) -> None:
    result = endpoints.gradient_over_distance(TEXT, "lm")
    assert set(result) == {"rnn", "gru", "lstm"}
    for norms in result.values():
        assert len(norms["trained"]) == len(norms["untrained"]) > 5
        assert norms["trained"] != norms["untrained"]
    assert set(endpoints.gradient_over_distance(TEXT)) == {"lstm"}
    with pytest.raises(InputError, match="unknown task 'ner'"):
        endpoints.gradient_over_distance(TEXT, "ner")


def test_fixed_points_are_those_of_a_sentiment_model_trained_and_untrained(endpoints: Endpoints) -> None:
    result = endpoints.fixed_points("sentiment-lstm")
    for points in (result, result["untrained"]):
        assert points["converged"] == len(points["points"]) == len(points["logits"]) <= points["num_started"]
        assert points["converged"] == sum(q < 1e-8 for q in points["speeds"])
        assert 0 < sum(points["explained_variance"]) <= 1.001
        assert points["time_constants"] == sorted(points["time_constants"], reverse=True)
    assert result["untrained"]["converged"] > 0
    with pytest.raises(InputError, match="lm-lstm is of task lm, not sentiment"):
        endpoints.fixed_points("lm-lstm")


@pytest.mark.parametrize("model", ["lm-lstm", "lm-gru", "lm-rnn", "sentiment-lstm", "ner-lstm"])
def test_trace_hidden_states_gives_a_point_and_a_state_a_token(endpoints: Endpoints, model: str) -> None:
    result = endpoints.trace_hidden_states(TEXT, model)
    assert set(result) == {"tokens", "points", "explained_variance", "states", "basis", "num_skipped"}
    assert result["basis"] == "this text"
    assert len(result["tokens"]) == len(result["points"]) == len(result["states"])
    assert {len(point) for point in result["points"]} == {2}
    assert endpoints.trace_hidden_states(TEXT, model, 0)["states"] != result["states"]
    with pytest.raises(InputError, match=r"layer is 9; it must be 0\.\.1, or -1"):
        endpoints.trace_hidden_states(TEXT, model, 9)


def test_unit_activations_gives_a_row_a_token_and_ranks_the_units(endpoints: Endpoints) -> None:
    result = endpoints.unit_activations(TEXT, "ner-lstm", 0)
    assert set(result) == {"tokens", "activations", "ranked_units", "num_skipped"}
    trace = endpoints.trace_hidden_states(TEXT, "ner-lstm", 0)
    assert result["activations"] == trace["states"]
    assert result["tokens"] == trace["tokens"]
    assert sorted(ranked["unit"] for ranked in result["ranked_units"]) == list(range(12))
    assert {(ranked["feature"], ranked["correlation"]) for ranked in result["ranked_units"]} == {(None, None)}


def test_cell_steps_gives_every_state_gate_and_term_of_the_chosen_units(endpoints: Endpoints) -> None:
    result = endpoints.cell_steps(TEXT, "ner-lstm", 0, [4, 2])
    trace = endpoints.trace_hidden_states(TEXT, "ner-lstm", 0, "forget")
    assert (result["cell"], result["layer"], result["hidden_size"], result["units"]) == ("lstm", 0, 12, (4, 2))
    assert result["tokens"] == tuple(trace["tokens"])
    assert result["values"]["forget"] == [[row[4], row[2]] for row in trace["states"]]
    assert {"h", "c", "input", "forget_sum", "kept", "added"} <= set(result["values"])
    assert set(result["before"]) == {"h", "c"}
    assert len(endpoints.cell_steps(TEXT, "lm-rnn")["units"]) == 12


def test_generate_holding_clamps_and_with_no_unit_it_is_generate(endpoints: Endpoints) -> None:
    unmodified = last(endpoints.generate("It was", "lm-gru", 40, seed=5))
    assert last(endpoints.generate_holding("It was", {}, "lm-gru", max_new_tokens=40, seed=5)) == unmodified
    clamped = last(endpoints.generate_holding("It was", {"3": 5, "7": -5}, "lm-gru", 0, max_new_tokens=40, seed=5))
    assert clamped.startswith("It was")
    assert clamped != unmodified


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], r"unit is 12; it must be a whole number in 0\.\.11"),
        ([None], r"units is None; give units and values, such as"),
        ([[12]], r"units is \[12\]; give units and values"),
        ([{"x": 1}], r"unit is 'x'; give its number, 0 or more"),
        ([{"3": "high"}], r"the value of unit 3 is 'high'; it must be a number"),
        ([{"3": float("nan")}], r"the value of unit 3 is nan; it must be a number"),
        ([{"3": 1e9}], r"the value of unit 3 is 1000000000.0; it must be a number in -100\.\.100"),
        ([{str(unit): 0 for unit in range(101)}], r"101 units are given; clamp at most 100"),
        ([{"3": 1}, "ner-lstm"], r"ner-lstm is of task ner, not lm"),
        ([{"3": 1}, "lm-lstm", 7], r"layer is 7; it must be 0\.\.1"),
        ([{}, "lm-lstm", -1, 5, 1, 0, 1, 0, "any", 2], r"no sentiment direction was precomputed for lm-lstm"),
        ([{}, "lm-lstm", -1, 5, 1, 0, 1, 0, "any", 31], r"direction is 31; it must be in -30\.\.30"),
    ],
)
def test_what_cannot_be_clamped_is_refused(endpoints: Endpoints, values: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        next(endpoints.generate_holding("It", *values))


@pytest.mark.parametrize("endpoint", READING)
def test_plain_http_gives_what_the_client_gives(client: Client, url: str, endpoint: str) -> None:
    values = [TEXT, *MORE.get(endpoint, [])]
    by_client = client.predict(*values, api_name=f"/{endpoint}")
    by_place = call(url, endpoint, values)
    by_name = call(url, endpoint, dict(zip(PARAMETERS[endpoint], values, strict=False)), named=True)
    assert by_place[-1] == by_name[-1] == ("complete", [by_client])


HOSTILE: dict[str, Any] = {
    "empty": "",
    "blank": " \n\t ",
    "too long": "x" * 100_000,
    "control characters": "\x00\x01\x1b[31m\x7f\u200b\ufeff\u2028",
    "lone surrogate": "\ud83d half",
    "emoji": "👩‍👩‍👧‍👦🇫🇷 e\u0301 日本",
    "right to left": "\u202eשלום",
    "markup": "<script>alert(1)</script> </s> <novel> \u2581",
    "nothing": None,
    "a number": 5,
    "a list": ["a"],
    "an object": {"path": "/etc/passwd"},
}


@pytest.mark.parametrize("endpoint", READING)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_get_an_answer_or_a_message(endpoints: Endpoints, endpoint: str, text: Any) -> None:
    message = ""
    try:
        list(getattr(endpoints, endpoint)(text, *MORE.get(endpoint, [])))
    except InputError as error:
        message = str(error)
    hints = ("empty", "nothing", "at most 20,000", "surrogate", "give a string", "two tokens")
    assert not message or any(hint in message for hint in hints)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_pass_the_wire(url: str, text: Any) -> None:
    event, answer = call(url, "score_sentiment", [text])[-1]
    assert event == "complete" or answer["error"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "the prompt is None; give a string"),
        (["It", "nobody"], "unknown model 'nobody'"),
        (["It", None], "unknown model None"),
        (["It", "lm-lstm", float("inf")], "max_new_tokens is inf; it must be a whole number"),
        (["It", "lm-lstm", 5, 3], "temperature is 3; it must be in [0, 2]"),
        (["It", "lm-lstm", 5, 1, 0, 1, "first"], "seed is 'first'; it must be a whole number"),
        (["It", "lm-lstm", 5, 1, 0, 1, 0, "<b>"], "unknown domain '&lt;b&gt;'"),
        (["It", "lm-lstm", 5, 1, 0, 1, 0, "any", 3], "repetition_penalty is 3; it must be in [1, 2]"),
    ],
)
def test_wrong_settings_get_a_message_over_http(url: str, data: list[Any], message: str) -> None:
    event, answer = call(url, "generate", data)[-1]
    assert event == "error"
    assert message in answer["error"]


def test_client_gets_the_message_too(client: Client) -> None:
    with pytest.raises(AppError, match="layer is 9; it must be"):
        client.predict("It was", "lm-rnn", 9, api_name="/trace_hidden_states")


def test_two_visitors_stream_at_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither waits for the other, and neither gets the other's text."""
    both_have_begun = Barrier(2, timeout=20)
    stream = Writer.stream

    def meet(self: Writer, prompt: str, **options: Any) -> Iterator[GeneratedToken]:
        tokens = stream(self, prompt, **options)
        yield next(tokens)
        both_have_begun.wait()  # an error for the visitor whom the other never meets
        yield from tokens

    def visit(prompt: str) -> list[str]:
        return list(Client(url, verbose=False).submit(prompt, max_new_tokens=400, api_name="/generate"))

    with monkeypatch.context() as patched, ThreadPoolExecutor(2) as pool:
        patched.setattr(Writer, "stream", meet)
        ada, babbage = pool.map(visit, ["Ada", "Babbage"])
    assert all(text.startswith("Ada") for text in ada)
    assert all(text.startswith("Babbage") for text in babbage)
    assert visit("Ada")[-1] == ada[-1]


LONG_TEXT = "a fine film " * 500
LONG = {
    "a search and a long stream": ([("fixed_points", ["sentiment-lstm"]), ("generate", ["Ada", "lm-rnn", 2000])], 2),
    "two long streams": ([("generate", ["Ada", "lm-rnn", 2000]), ("generate", ["Babbage", "lm-gru", 2000])], 2),
    "two long texts": ([("score_sentiment", [LONG_TEXT + end]) for end in ("and", "but")], 1),
    "two attributions": ([("attribute", ["a fine film"]), ("attribute", ["a bad film"])], 1),
}
"""Two calls, and how many of them may run at once."""


@pytest.mark.parametrize(("calls", "at_once"), LONG.values(), ids=LONG)
def test_quick_answers_pass_long_ones(
    url: str, monkeypatch: pytest.MonkeyPatch, calls: list[tuple[str, list[Any]]], at_once: int
) -> None:
    begun, may_end = Semaphore(0), Event()

    def stall(owner: Any, name: str, is_long: Callable[..., bool]) -> None:
        original = getattr(owner, name)

        def wait(*args: Any, **kwargs: Any) -> Any:
            if is_long(*args, **kwargs):
                begun.release()
                assert may_end.wait(timeout=30)
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, wait)

    stall(Writer, "stream", lambda *_, max_new_tokens, **__: max_new_tokens == 2000)
    stall(SentimentScorer, "score", lambda _, reading: len(reading.encoded.text) >= len(LONG_TEXT))
    stall(service_module, "compare_fixed_points", lambda *_: True)
    stall(service_module, "attribute", lambda *_: True)
    with ThreadPoolExecutor(2) as pool:
        long = [pool.submit(call, url, *values) for values in calls]
        assert all(begun.acquire(timeout=20) for _ in range(at_once))
        assert not begun.acquire(timeout=0.5)  # no more than may run at once
        for endpoint, text in (("score_sentiment", "a fine film"), ("next_tokens", "It was"), ("tag_entities", "Ada")):
            assert call(url, endpoint, [text])[-1][0] == "complete"
        assert not any(answer.done() for answer in long)
        may_end.set()
        assert [answer.result()[-1][0] for answer in long] == ["complete", "complete"]


def test_figures_are_not_for_programs_and_nothing_skips_the_queue(url: str) -> None:
    assert httpx.post(f"{url}gradio_api/run/score_sentiment", json={"data": ["a"]}).status_code == 404
    assert httpx.get(f"{url}openapi.json").status_code == 404


def test_a_broken_checkpoint_fails_only_what_needs_it(checkpoints_dir: Path, tmp_path: Path) -> None:
    folder = Path(copytree(checkpoints_dir, tmp_path / "checkpoints"))
    rmtree(folder / "sentiment-lstm")
    (folder / "lm-lstm" / "model.safetensors").write_bytes(b"broken")
    with serve(folder) as url:
        event, answer = call(url, "score_sentiment", ["a fine film"])[-1]
        assert event == "error"
        assert "checkpoints/sentiment-lstm/config.json" in answer["error"]
        assert "python train.py sentiment" in answer["error"]
        event, answer = call(url, "generate", ["It was"])[-1]
        assert event == "error"
        assert "checkpoints/lm-lstm/model.safetensors" in answer["error"]
        assert call(url, "generate", ["It was", "lm-gru", 3])[-1][0] == "complete"
        assert call(url, "tag_entities", ["Ada"])[-1][0] == "complete"
