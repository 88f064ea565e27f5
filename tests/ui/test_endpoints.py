"""The named endpoints, as gradio_client and as curl would call them."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from serving import call, serve

ENDPOINTS = {
    "/generate": ["prompt", "model", "max_new_tokens", "temperature", "top_k", "top_p", "seed", "style"],
    "/next_tokens": ["prompt", "model", "k", "temperature"],
    "/score_sentiment": ["text", "model"],
    "/tag_entities": ["text", "model"],
    "/attribute": ["text", "model"],
    "/trace_hidden_states": ["text", "model", "layer", "part"],
    "/surprisal": ["text", "model"],
    "/gradient_over_distance": ["text", "task"],
    "/fixed_points": ["model"],
}
READING = [name[1:] for name in ENDPOINTS if name != "/fixed_points"]
"""The endpoints that take a text."""
TEXT = "Ada met  Babbage 👩‍👧 in London."


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False)


def test_endpoints_are_those_of_the_design_and_documented(client: Client) -> None:
    found = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert {name: [part["parameter_name"] for part in info["parameters"]] for name, info in found.items()} == ENDPOINTS
    for info in found.values():
        assert len(info["description"]) > 20
        first, *rest = info["parameters"]
        assert not first["parameter_has_default"]
        assert all(part["parameter_has_default"] for part in rest)


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
    assert set(result) == {"tokens", "points", "explained_variance", "states"}
    assert len(result["tokens"]) == len(result["points"]) == len(result["states"])
    assert {len(point) for point in result["points"]} == {2}
    other_layer = client.predict(TEXT, model, 0, api_name="/trace_hidden_states")
    assert other_layer["states"] != result["states"]


@pytest.mark.parametrize("endpoint", READING)
def test_plain_http_gives_what_the_client_gives(client: Client, url: str, endpoint: str) -> None:
    given = client.predict(TEXT, api_name=f"/{endpoint}")
    by_place = call(url, endpoint, [TEXT])
    by_name = call(url, endpoint, {ENDPOINTS[f"/{endpoint}"][0]: TEXT}, named=True)
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
    event, data = call(url, endpoint, [text])[-1]
    if event != "complete":
        assert event == "error"
        assert any(hint in data["error"] for hint in ("empty", "at most 20,000", "surrogate", "give a string"))


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
        (["It", "lm-lstm", 5, 1, 0, 1, 0, "<b>"], "unknown style '&lt;b&gt;'"),
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


def test_two_visitors_stream_at_once(url: str) -> None:
    """Neither waits for the other, and neither gets the other's text."""

    def visit(prompt: str) -> list[str]:
        return list(Client(url, verbose=False).submit(prompt, max_new_tokens=400, api_name="/generate"))

    with ThreadPoolExecutor(2) as pool:
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
