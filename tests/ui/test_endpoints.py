"""The named endpoints, as gradio_client and as curl would call them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from shutil import copytree, rmtree
from threading import Barrier
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from serving import call, serve

from rnn_demo.language.write import Writer
from rnn_demo.results import GeneratedToken

ENDPOINTS = {
    "/generate": ["prompt", "model", "max_new_tokens", "temperature", "top_k", "top_p", "seed", "style"],
    "/generate_holding": [
        "prompt",
        "units",
        "model",
        "layer",
        "max_new_tokens",
        "temperature",
        "top_k",
        "top_p",
        "seed",
        "style",
        "direction",
    ],
    "/next_tokens": ["prompt", "model", "k", "temperature"],
    "/score_sentiment": ["text", "model"],
    "/tag_entities": ["text", "model"],
    "/attribute": ["text", "model", "entity"],
    "/trace_hidden_states": ["text", "model", "layer", "part"],
    "/unit_activations": ["text", "model", "layer"],
    "/surprisal": ["text", "model"],
    "/gradient_over_distance": ["text", "task"],
    "/singular_values": ["text", "task"],
    "/clipped_step": ["text", "model", "clip_norm", "step_size"],
    "/fixed_points": ["model"],
}
MORE = {"generate_holding": [{"3": 1.0}]}
"""What follows the text where a default would not do: the tiny models have 12 units, 0 to 11."""
READING = [name[1:] for name in ENDPOINTS if name != "/fixed_points"]
"""The endpoints that take a text."""
TEXT = "Ada met  Babbage 👩‍👧 in London."


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False)


def test_endpoints_are_those_of_the_design_and_documented(client: Client) -> None:
    found = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert {
        name: [parameter["parameter_name"] for parameter in info["parameters"]] for name, info in found.items()
    } == ENDPOINTS
    for info in found.values():
        assert len(info["description"]) > 20
        first, *rest = info["parameters"]
        assert not first["parameter_has_default"]
        assert all(parameter["parameter_has_default"] for parameter in rest)


def test_generate_streams_text_that_grows_and_a_seed_repeats_it(client: Client) -> None:
    jobs = [client.submit("It was", max_new_tokens=300, seed=5, api_name="/generate") for _ in range(2)]
    first, again = (list(job) for job in jobs)
    assert first[0].startswith("It was")
    assert len(first) > 2
    assert all(after.startswith(before) for before, after in pairwise(first))
    assert first[-1] == again[-1]
    assert client.predict("It was", "lm-gru", 300, seed=5, api_name="/generate") != first[-1]


def test_next_tokens_are_sorted_and_sharpened_by_temperature(client: Client) -> None:
    warm, cold = (client.predict("It was", k=4, temperature=t, api_name="/next_tokens") for t in (1.0, 0))
    probs = [candidate["probability"] for candidate in warm]
    assert [set(candidate) for candidate in warm] == [{"token", "probability"}] * 4
    assert probs == sorted(probs, reverse=True)
    assert [candidate["probability"] for candidate in cold] == [1, 0, 0, 0]


def test_score_sentiment_scores_every_token(client: Client) -> None:
    result = client.predict(TEXT, api_name="/score_sentiment")
    assert set(result) == {"score", "label", "tokens"}
    assert "".join(TEXT[token["start"] : token["end"]] for token in result["tokens"]) == TEXT
    assert result["tokens"][-1]["score"] == result["score"]
    assert all(set(token) == {"token", "start", "end", "score"} for token in result["tokens"])


def test_tag_entities_gives_offsets_in_code_points(client: Client) -> None:
    result = client.predict(TEXT, api_name="/tag_entities")
    assert set(result) == {"text", "entities", "tokens"}
    assert result["text"] == TEXT
    assert all(TEXT[token["start"] : token["end"]] == token["token"] for token in result["tokens"])
    assert all(set(entity) == {"label", "start", "end", "confidence"} for entity in result["entities"])
    assert all(token["pos"] in ("NNP", "VBD") for token in result["tokens"])


def test_attribute_shares_the_logit_out(client: Client) -> None:
    result = client.predict(TEXT, api_name="/attribute")
    assert set(result) == {"tokens", "difference", "gap"}
    total = sum(token["attribution"] for token in result["tokens"])
    assert total == pytest.approx(result["difference"] + result["gap"], abs=1e-5)


def test_attribute_explains_an_entity_too(client: Client) -> None:
    entities = client.predict(TEXT, api_name="/tag_entities")["entities"]
    last = len(entities) - 1
    found = [client.predict(TEXT, "ner-lstm", place, api_name="/attribute") for place in (0, last)]
    for result in found:
        assert set(result) == {"tokens", "difference", "gap"}
        total = sum(token["attribution"] for token in result["tokens"])
        assert total == pytest.approx(result["difference"], rel=0.05, abs=1e-3)
    assert client.predict(TEXT, "ner-lstm", api_name="/attribute") == found[0]
    with pytest.raises(AppError, match=f"entity is {last + 1}; ner-lstm finds {last + 1} in this text"):
        client.predict(TEXT, "ner-lstm", last + 1, api_name="/attribute")
    with pytest.raises(AppError, match="lm-rnn is of task lm, not sentiment"):
        client.predict(TEXT, "lm-rnn", api_name="/attribute")


def test_singular_values_are_given_a_token_before_and_after_training(client: Client) -> None:
    result = client.predict(TEXT, "lm", api_name="/singular_values")
    assert set(result) == {"rnn", "gru", "lstm"}
    for norms in result.values():
        assert set(norms) == {"tokens", "trained", "untrained"}
        assert "".join(norms["tokens"]) == TEXT
        assert len(norms["trained"]) == len(norms["untrained"]) == len(norms["tokens"])
        assert norms["trained"] != norms["untrained"]
    assert set(client.predict(TEXT, api_name="/singular_values")) == {"lstm"}


def test_clipped_step_shortens_the_gradient(client: Client) -> None:
    result = client.predict(TEXT, "lm-gru", 0.5, 0.1, api_name="/clipped_step")
    assert result["norm"] > 0.5
    assert result["clipped_norm"] == pytest.approx(0.5)
    assert result["clipped_length"] == pytest.approx(0.05)
    assert [group["name"] for group in result["groups"]] == ["embedding", "layer 0", "layer 1", "projection"]
    assert result["losses"][0] == pytest.approx(result["loss"])
    with pytest.raises(AppError, match="clip_norm is 0; it must be above 0"):
        client.predict(TEXT, "lm-gru", 0, api_name="/clipped_step")


def test_surprisal_gives_the_bits_of_every_token(client: Client) -> None:
    result = client.predict(TEXT, "lm-gru", api_name="/surprisal")
    assert set(result) == {"tokens", "bits_per_char", "perplexity", "num_skipped"}
    assert "".join(TEXT[token["start"] : token["end"]] for token in result["tokens"]) == TEXT
    assert result["bits_per_char"] == pytest.approx(sum(token["bits"] for token in result["tokens"]) / len(TEXT))
    with pytest.raises(AppError, match="is of task ner, not lm"):
        client.predict(TEXT, "ner-lstm", api_name="/surprisal")


def test_gradient_over_distance_compares_the_cells_before_and_after_training(client: Client) -> None:
    result = client.predict(TEXT, "lm", api_name="/gradient_over_distance")
    assert set(result) == {"rnn", "gru", "lstm"}
    for norms in result.values():
        assert len(norms["trained"]) == len(norms["untrained"]) > 5
        assert norms["trained"] != norms["untrained"]
    assert set(client.predict(TEXT, api_name="/gradient_over_distance")) == {"lstm"}
    with pytest.raises(AppError, match="unknown task 'ner'"):
        client.predict(TEXT, "ner", api_name="/gradient_over_distance")


def test_fixed_points_are_those_of_a_sentiment_model_trained_and_untrained(client: Client) -> None:
    result = client.predict("sentiment-lstm", api_name="/fixed_points")
    for found in (result, result["untrained"]):
        assert found["converged"] == len(found["points"]) == len(found["logits"]) <= found["num_started"]
        assert found["converged"] == sum(q < 1e-8 for q in found["speeds"])
        assert 0 < sum(found["explained_variance"]) <= 1.001
        assert found["time_constants"] == sorted(found["time_constants"], reverse=True)
    assert result["untrained"]["converged"] > 0
    with pytest.raises(AppError, match="lm-lstm is of task lm, not sentiment"):
        client.predict("lm-lstm", api_name="/fixed_points")


@pytest.mark.parametrize("model", ["lm-lstm", "lm-gru", "lm-rnn", "sentiment-lstm", "ner-lstm"])
def test_trace_hidden_states_gives_a_point_and_a_state_a_token(client: Client, model: str) -> None:
    result = client.predict(TEXT, model, api_name="/trace_hidden_states")
    assert set(result) == {"tokens", "points", "explained_variance", "states", "basis", "num_skipped"}
    assert result["basis"] == "this text"
    assert len(result["tokens"]) == len(result["points"]) == len(result["states"])
    assert {len(point) for point in result["points"]} == {2}
    other_layer = client.predict(TEXT, model, 0, api_name="/trace_hidden_states")
    assert other_layer["states"] != result["states"]


def test_unit_activations_gives_a_row_a_token_and_ranks_the_units(client: Client) -> None:
    result = client.predict(TEXT, "ner-lstm", 0, api_name="/unit_activations")
    assert set(result) == {"tokens", "activations", "ranked_units", "num_skipped"}
    trace = client.predict(TEXT, "ner-lstm", 0, api_name="/trace_hidden_states")
    assert result["activations"] == trace["states"]
    assert result["tokens"] == trace["tokens"]
    assert sorted(one["unit"] for one in result["ranked_units"]) == list(range(12))
    assert {(one["feature"], one["correlation"]) for one in result["ranked_units"]} == {(None, None)}
    with pytest.raises(AppError, match="layer is 5; ner-lstm has 2"):
        client.predict(TEXT, "ner-lstm", 5, api_name="/unit_activations")


@pytest.mark.parametrize("endpoint", READING)
def test_plain_http_gives_what_the_client_gives(client: Client, url: str, endpoint: str) -> None:
    values = [TEXT, *MORE.get(endpoint, [])]
    given = client.predict(*values, api_name=f"/{endpoint}")
    by_place = call(url, endpoint, values)
    by_name = call(url, endpoint, dict(zip(ENDPOINTS[f"/{endpoint}"], values, strict=False)), named=True)
    assert by_place[-1] == by_name[-1] == ("complete", [given])


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
def test_hostile_texts_get_an_answer_or_a_message(url: str, endpoint: str, text: Any) -> None:
    event, data = call(url, endpoint, [text, *MORE.get(endpoint, [])])[-1]
    if event != "complete":
        assert event == "error"
        assert any(hint in data["error"] for hint in ("empty", "at most 20,000", "surrogate", "give a string"))


def test_generate_holding_holds_and_with_nothing_held_is_generate(client: Client) -> None:
    free = client.predict("It was", "lm-gru", 40, seed=5, api_name="/generate")
    settings = {"model": "lm-gru", "max_new_tokens": 40, "seed": 5, "api_name": "/generate_holding"}
    assert client.predict("It was", {}, **settings) == free
    held = client.predict("It was", {"3": 5.0, "7": -5.0}, layer=0, **settings)
    assert held.startswith("It was")
    assert held != free


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (["It"], r"unit is 12; it must be .* 0\.\.11"),
        (["It", None], r"units is None; give units and values, such as"),
        (["It", [12]], r"units is \[12\]; give units and values"),
        (["It", {"x": 1}], r"unit is 'x'; give its number, 0 or more"),
        (["It", {"3": "high"}], r"the value of unit 3 is 'high'; give a number"),
        (["It", {"3": float("nan")}], r"the value of unit 3 is nan; give a number"),
        (["It", {"3": 1e9}], r"the value of unit 3 is 1000000000.0; it must be a number in -100\.\.100"),
        (["It", {str(unit): 0 for unit in range(101)}], r"101 units are given; hold at most 100"),
        (["It", {"3": 1}, "ner-lstm"], r"ner-lstm is of task ner, not lm"),
        (["It", {"3": 1}, "lm-lstm", 7], r"layer is 7; there are 2"),
        (["It", {}, "lm-lstm", -1, 5, 1, 0, 1, 0, "any", 2], r"no sentiment direction is known of lm-lstm"),
        (["It", {}, "lm-lstm", -1, 5, 1, 0, 1, 0, "any", 31], r"direction is 31; give -30 to 30"),
    ],
)
def test_what_cannot_be_held_gets_a_message(url: str, data: list[Any], message: str) -> None:
    event, answer = call(url, "generate_holding", data)[-1]
    assert event == "error"
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(answer["error"])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "the prompt is None; give a string"),
        (["It", "nobody"], "unknown model 'nobody'"),
        (["It", "ner-lstm"], "ner-lstm is of task ner, not lm"),
        (["It", None], "unknown model None"),
        (["It", "lm-lstm", float("inf")], "max_new_tokens is inf; give a number"),
        (["It", "lm-lstm", 5, float("nan")], "temperature is nan; give a number"),
        (["It", "lm-lstm", 5, 3], r"temperature is 3; it must be in \[0, 2\]"),
        (["It", "lm-lstm", 5, 1, 0, 1, "first"], "seed is 'first'; give a number"),
        (["It", "lm-lstm", 5, 1, 0, 1, 0, "<b>"], "unknown domain '&lt;b&gt;'"),
    ],
)
def test_wrong_settings_get_a_message(client: Client, url: str, data: list[Any], message: str) -> None:
    event, answer = call(url, "generate", data)[-1]
    assert event == "error"
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(answer["error"])


def test_client_gets_the_message_too(client: Client) -> None:
    with pytest.raises(AppError, match="layer is 9; lm-rnn has 2"):
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


def test_figures_are_not_for_programs_and_nothing_skips_the_queue(url: str) -> None:
    assert httpx.post(f"{url}gradio_api/run/score_sentiment", json={"data": ["a"]}).status_code == 404
    assert httpx.get(f"{url}openapi.json").status_code == 404


def test_a_broken_checkpoint_fails_only_what_needs_it(checkpoints_dir: Path, tmp_path: Path) -> None:
    folder = Path(copytree(checkpoints_dir, tmp_path / "checkpoints"))
    rmtree(folder / "sentiment-lstm")
    (folder / "lm-lstm" / "model.safetensors").write_bytes(b"broken")
    with serve(folder) as url:
        event, data = call(url, "score_sentiment", ["a fine film"])[-1]
        assert event == "error"
        assert "checkpoints/sentiment-lstm/config.json" in data["error"]
        assert "python train.py sentiment" in data["error"]
        event, data = call(url, "generate", ["It was"])[-1]
        assert event == "error"
        assert "checkpoints/lm-lstm/model.safetensors" in data["error"]
        assert call(url, "generate", ["It was", "lm-gru", 3])[-1][0] == "complete"
        assert call(url, "tag_entities", ["Ada"])[-1][0] == "complete"
