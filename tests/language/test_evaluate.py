"""Measuring a language model: chunks and rows side by side give what reading token by token gives."""

import json
import math
from itertools import pairwise

import pytest
import torch
from tiny import language_model, write_split

from rnn_demo.cells import CELLS
from rnn_demo.errors import DataError, InputError
from rnn_demo.language import evaluate as evaluate_module
from rnn_demo.language.evaluate import count_losses, document_ids, evaluate
from rnn_demo.language.model import LanguageModel
from rnn_demo.tokenizer import PREFIX_SIZE

VOCAB_SIZE = 40


def random_documents(lengths):
    generator = torch.Generator().manual_seed(0)
    return [torch.randint(0, VOCAB_SIZE, (length,), generator=generator).tolist() for length in lengths]


@torch.inference_mode()
def nats_token_by_token(model, document):
    nats, state = 0.0, None
    for place, (token_id, target) in enumerate(pairwise(document), 1):
        logits, state = model.predict(torch.tensor([[token_id]]), state)
        if place < PREFIX_SIZE:
            continue
        nats -= float(logits[0, -1].double().log_softmax(0)[target])
    return nats


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("rows", "chunk"), [(1, 1), (2, 3), (3, 5), (32, 256)])
def test_chunks_side_by_side_are_row_by_row(monkeypatch, cell, rows, chunk):
    monkeypatch.setattr(evaluate_module, "ROWS", rows)
    monkeypatch.setattr(evaluate_module, "CHUNK", chunk)
    model = language_model(VOCAB_SIZE, cell, num_layers=2)
    documents = random_documents([2, 17, 1, 6, 7, 0, 3, 16, 4])
    with torch.inference_mode():
        nats, tokens = count_losses(model, documents)
    assert tokens == sum(max(0, len(document) - PREFIX_SIZE) for document in documents)
    assert nats == pytest.approx(sum(nats_token_by_token(model, document) for document in documents), rel=1e-5)


def test_order_and_neighbours_never_change_a_number():
    model = language_model(VOCAB_SIZE)
    documents = random_documents([5, 9, 3])
    with torch.inference_mode():
        together = count_losses(model, documents[::-1])[0]
        alone = [count_losses(model, [document])[0] for document in documents]
    assert together == pytest.approx(sum(alone), rel=1e-6)


def test_the_opening_is_given_and_the_end_is_not_there(tokenizer):
    text = "It was a good evening."
    token_ids = document_ids(text, "novel", tokenizer)
    assert token_ids == [tokenizer.eos_id, tokenizer.domain_id("novel"), *tokenizer.encode(text)]
    assert document_ids(text, None, tokenizer)[:PREFIX_SIZE] == [tokenizer.eos_id, tokenizer.bos_id]
    assert document_ids(text, "news", tokenizer, backward=True)[PREFIX_SIZE:] == tokenizer.encode(text)[::-1]


@pytest.mark.parametrize("column", ["text", "sentence"])
def test_metrics_of_a_checkpoint(folder, tokenizer, tmp_path, column):
    texts = ["It was<br />a good evening.", "She walked to the city; é 東", "", "x"]
    write_split(tmp_path, "imdb", "test", **{column: texts})
    metrics = evaluate(folder, "imdb", "test", tmp_path, "asis")
    model = LanguageModel.load(folder)
    documents = [document_ids(text.replace("<br />", "\n"), "review", tokenizer) for text in texts]
    nats = sum(nats_token_by_token(model, document) for document in documents)
    assert metrics["tokens"] == sum(len(tokenizer.encode(text.replace("<br />", "\n"))) for text in texts)
    assert metrics["chars"] == sum(map(len, texts)) - 5
    assert metrics["nats_per_token"] == pytest.approx(nats / metrics["tokens"], rel=1e-5)
    assert metrics["perplexity"] == pytest.approx(math.exp(metrics["nats_per_token"]))
    assert metrics["nats_per_char"] == pytest.approx(nats / metrics["chars"], rel=1e-5)
    assert metrics["bits_per_char"] == pytest.approx(metrics["nats_per_char"] / math.log(2))
    assert json.loads(json.dumps(metrics)) == metrics
    upper = evaluate(folder, "imdb", "test", tmp_path, "upper")
    assert (upper["chars"], upper["nats_per_token"]) != (0, metrics["nats_per_token"])


def test_errors_name_what_is_wrong(folder, tmp_path):
    write_split(tmp_path, "blank", "test", text=["", ""])
    write_split(tmp_path, "pairs", "test", en=["a"], de=["b"])
    with pytest.raises(DataError, match="blank/test: no text in any row"):
        evaluate(folder, "blank", "test", tmp_path, "asis")
    with pytest.raises(DataError, match="'pairs' has no column 'text', 'sentence' or 'tokens'; it has en, de"):
        evaluate(folder, "pairs", "test", tmp_path, "asis")
    with pytest.raises(DataError, match=r"there is no folder .*nothing; .* blank, lm-tiny, pairs"):
        evaluate(folder, "nothing", "test", tmp_path, "asis")
    with pytest.raises(
        InputError, match=r"unknown case 'uper'; choose one of asis, lower, upper \(did you mean 'upper'"
    ):
        evaluate(folder, "blank", "test", tmp_path, "uper")
