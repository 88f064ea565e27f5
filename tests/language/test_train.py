"""Training a language model: from documents to a stream, what is predicted, and a short run that learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import language_model, write_split
from torch import nn

from rnn_demo.cells import CELLS
from rnn_demo.errors import CheckpointError, DataError, InputError, TrainingError
from rnn_demo.language.config import LanguageRecipe
from rnn_demo.language.evaluate import UNCOUNTED, evaluate
from rnn_demo.language.train import LanguageObjective, _token_stream, train
from rnn_demo.language.write import Writer
from rnn_demo.training import fit as fit_module
from rnn_demo.training.corpora import excerpts

SIZES = {
    "datasets": ("english_novels", "imdb"),
    "embed_size": 12,
    "hidden_size": 16,
    "num_layers": 1,
    "batch_size": 4,
    "seq_len": 8,
    "precision": "fp32",
    "lowercase_prob": 0.0,
}
NOVEL = "It was a good evening.\nShe walked to the old city.\n" * 60


@pytest.fixture
def places(tokenizer, tmp_path):
    """Write a small library and a tokenizer; give the settings that name them."""
    data_dir = tmp_path / "data"
    write_split(data_dir, "english_novels", "train", text=[NOVEL, NOVEL[:500]], title=["One", "Two"])
    write_split(data_dir, "english_novels", "validation", text=[NOVEL[23:400], "It was."], title=["Three", "Four"])
    write_split(data_dir, "imdb", "train", text=["A fine film.<br />Good.", "Bad."] * 20, label=[1, 0] * 20)
    write_split(data_dir, "imdb", "unsupervised", text=["Some people played."] * 20, label=[-1] * 20)
    write_split(data_dir, "imdb", "test", text=["never read"], label=[0])
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer.model").write_bytes(tokenizer.model_proto)
    return {
        "data_dir": data_dir,
        "output_dir": tmp_path / "lm-tiny",
        "runs_dir": tmp_path / "runs",
        "tokenizer": str(tmp_path / "tokenizer"),
    }


@pytest.mark.parametrize("cell", CELLS)
def test_a_short_training_lowers_the_loss_and_gives_a_checkpoint(places, cell):
    seen = []
    recipe = LanguageRecipe(cell=cell, steps=40, lr=0.03, warmup_steps=4, validate_every=20, **SIZES, **places)
    folder = train(recipe, seen.append)
    assert [progress.step for progress in seen] == list(range(1, 41))
    assert np.mean([p.loss_nats for p in seen[-5:]]) < 0.75 * seen[0].loss_nats
    writer = Writer.load(folder)
    assert writer.checkpoint.data == ["english_novels/train", "imdb/train", "imdb/unsupervised"]
    assert writer.checkpoint.chosen_on == "english_novels/validation"
    assert writer.checkpoint.num_parameters == sum(p.numel() for p in writer.model.parameters())
    best = min((p.metrics for p in seen if p.metrics), key=lambda metrics: metrics["nats_per_token"])
    measured = evaluate(folder, "english_novels", "validation", places["data_dir"], "asis")
    assert measured["nats_per_token"] == pytest.approx(best["nats_per_token"], rel=0.05)  # int8 rows, whole documents
    training = writer.checkpoint.training
    assert training["nats_per_token"] == pytest.approx(training["as_trained"]) == best["nats_per_token"]
    assert 0 < abs(training["as_stored"] - training["as_trained"]) < 0.05


def test_a_run_gives_way_to_the_next_once_its_checkpoint_is_written(places, monkeypatch):
    recipe = LanguageRecipe(steps=1, **SIZES, **places)

    def fail(*args):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(fit_module, "save_checkpoint", fail)
        with pytest.raises(OSError, match="no space left"):
            train(recipe, lambda progress: None)
    with pytest.raises(TrainingError, match="contains an unfinished run; continue it with --resume, or remove it"):
        train(recipe, lambda progress: None)
    assert train(replace(recipe, resume=True), lambda progress: None) == places["output_dir"]
    assert train(recipe, lambda progress: None) == places["output_dir"]


def test_starting_from_a_checkpoint_takes_its_weights_and_its_tokenizer(places, tmp_path):
    first = train(LanguageRecipe(steps=1, **SIZES, **places), lambda progress: None)
    again = {**places, "output_dir": tmp_path / "second", "tokenizer": "nowhere"}
    settings = {name: value for name, value in SIZES.items() if name not in ("embed_size", "hidden_size", "num_layers")}
    steps = {"steps": 1, "lr": 1e-9, "init_from": str(first), **settings, **again}
    second = train(LanguageRecipe(**steps), lambda progress: None)
    for name, weight in Writer.load(second).model.state_dict().items():
        torch.testing.assert_close(weight, Writer.load(first).model.state_dict()[name], rtol=0, atol=1e-6)
    assert Writer.load(second).checkpoint.init_from == first.name  # a card is read elsewhere
    for changes, message in (
        ({"cell": "gru"}, r"lm-tiny has cell lstm, not gru: use its settings"),
        ({"hidden_size": 9, "num_layers": 3}, r"hidden_size \d+, not 9, num_layers \d+, not 3"),
    ):
        with pytest.raises(CheckpointError, match=message):
            train(LanguageRecipe(**{**steps, **changes}), lambda progress: None)


@given(st.text(alphabet="ab \n\r", max_size=200), st.integers(1, 20))
def test_excerpts_lose_nothing_and_end_at_line_ends(text, size):
    pieces = excerpts(text, size)
    assert "".join(pieces) == text
    assert all(len(piece) >= size for piece in pieces[:-1])
    assert all(piece[-1] in "\r\n" for piece in pieces[:-1])
    assert all(pieces)


def test_the_stream_holds_every_document_once_in_a_mixed_order(places, tokenizer):
    recipe = LanguageRecipe(**SIZES, **places)
    stream, data = _token_stream(recipe, tokenizer)
    assert stream.dtype == np.int32
    assert data == ["english_novels/train", "imdb/train", "imdb/unsupervised"]
    assert (stream == tokenizer.eos_id).sum() == 2 + 40 + 20
    starts = np.isin(stream, [tokenizer.domain_id("novel"), tokenizer.domain_id("review"), tokenizer.bos_id])
    assert starts[0]
    whole = tokenizer.decode([int(i) for i in stream])
    assert sorted(whole) == sorted(NOVEL + NOVEL[:500] + "A fine film.\nGood.Bad." * 20 + "Some people played." * 20)
    assert np.array_equal(_token_stream(recipe, tokenizer)[0], stream)
    assert not np.array_equal(_token_stream(LanguageRecipe(seed=1, **SIZES, **places), tokenizer)[0], stream)


def test_a_model_of_characters_brings_its_own_tokenizer(places, tokenizer):
    settings = {**SIZES, **places, "tokenizer": "nowhere", "datasets": ("english_novels",), "characters": True}
    recipe = LanguageRecipe(**settings, steps=2, dropout_prob=0.3, weight_drop_prob=0.3, embed_drop_prob=0.2)
    writer = Writer.load(train(recipe, lambda progress: None))
    assert len(writer.tokenizer.encode(NOVEL)) == len(NOVEL)
    assert writer.tokenizer.decode(writer.tokenizer.encode("Łódź\n")) == "Łódź\n"
    assert "--characters" in writer.checkpoint.command
    assert "--output-dir checkpoints/lm-tiny" in writer.checkpoint.command
    with pytest.raises(InputError, match="characters is True; it must be False with --init-from"):
        LanguageRecipe(characters=True, init_from="lm-lstm")


def test_excerpts_of_size_0_are_whole_documents(places, tokenizer):
    recipe = LanguageRecipe(**{**SIZES, **places, "datasets": ("english_novels",)}, excerpt_chars=0)
    stream, _ = _token_stream(recipe, tokenizer)
    assert np.isin(stream, [tokenizer.bos_id, tokenizer.domain_id("novel")]).sum() == 2


def test_a_data_set_that_is_named_twice_is_read_twice(places, tokenizer):
    once = _token_stream(LanguageRecipe(**{**SIZES, **places, "datasets": ("imdb",)}), tokenizer)
    twice = _token_stream(LanguageRecipe(**{**SIZES, **places, "datasets": ("imdb", "imdb")}), tokenizer)
    assert len(twice[0]) == 2 * len(once[0])
    assert twice[1] == once[1] == ["imdb/train", "imdb/unsupervised"]


def test_some_excerpts_are_shown_in_small_letters(places, tokenizer):
    settings = {**SIZES, **places, "datasets": ("english_novels",)}
    texts = {}
    for prob in (0.0, 0.5, 1.0):
        stream, _ = _token_stream(LanguageRecipe(**{**settings, "lowercase_prob": prob}, excerpt_chars=200), tokenizer)
        texts[prob] = tokenizer.decode(stream.tolist())
    assert texts[1.0] == texts[0.0].lower()
    assert sorted(texts[0.5].lower()) == sorted(texts[1.0])
    assert 0 < sum(letter.isupper() for letter in texts[0.5]) < sum(letter.isupper() for letter in texts[0.0])


def test_a_backward_model_reads_every_document_from_its_end(places, tokenizer):
    write_split(places["data_dir"], "conll2003", "train", tokens=[["She", "walked", "."], ["Old"]])
    settings = {**SIZES, **places, "datasets": ("english_novels", "conll2003")}
    forward, _ = _token_stream(LanguageRecipe(**settings), tokenizer)
    backward, _ = _token_stream(LanguageRecipe(**settings, backward=True), tokenizer)
    starts = [tokenizer.bos_id, tokenizer.domain_id("novel"), tokenizer.domain_id("news")]

    def documents(stream):
        cuts = np.flatnonzero(np.isin(stream, starts))
        return sorted(tokenizer.decode(part.tolist()) for part in np.split(stream, cuts)[1:])

    def turned(stream):
        cuts = np.flatnonzero(np.isin(stream, starts))
        return sorted(tokenizer.decode(part[::-1].tolist()) for part in np.split(stream, cuts)[1:])

    assert documents(forward) == turned(backward)
    assert "She walked." in documents(forward)
    assert documents(forward) != documents(backward)
    folder = train(
        LanguageRecipe(**{**settings, "output_dir": None}, backward=True, dry_run=True), lambda progress: None
    )
    assert folder is None
    assert LanguageRecipe(backward=True, cell="gru").checkpoint_name("lm") == "lm-gru-backward"


def test_pieces_that_are_given_are_not_predicted(tokenizer):
    ids = np.array([4, 20, 21, 3, 2, 22, 23, 3, 5, 24, 25, 26, 27], dtype=np.int32)
    recipe = LanguageRecipe(batch_size=2, seq_len=3, zero_state_prob=0.0)
    objective = LanguageObjective(ids, [[4, 20, 21]], tokenizer, recipe)
    batch = objective.batch_at(0, 0, 1)
    assert batch["token_ids"].tolist() == [[4, 20, 21], [23, 3, 5]]
    assert batch["targets"].tolist() == [[20, 21, 3], [3, UNCOUNTED, 24]]
    model = language_model(tokenizer.vocab_size)
    loss, state = objective.loss(model, batch, None)
    log_probs = model.predict(batch["token_ids"])[0].log_softmax(-1)
    counted = [(0, 0, 20), (0, 1, 21), (0, 2, 3), (1, 0, 3), (1, 2, 24)]
    expected = -torch.stack([log_probs[place] for place in counted]).mean()
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-5)
    assert objective.num_tokens(batch) == 6
    second = objective.batch_at(1, 0, 1)
    carried, _ = objective.loss(model, second, state)
    whole = model.predict(torch.cat([batch["token_ids"], second["token_ids"]], dim=1))[0][:, 3:]
    expected = nn.functional.cross_entropy(whole.flatten(0, 1), second["targets"].flatten())
    torch.testing.assert_close(carried, expected, rtol=1e-5, atol=1e-5)


def test_a_stream_goes_on_from_a_zero_state_now_and_then(tokenizer):
    ids = np.arange(10, 10 + 4 * 600 + 1, dtype=np.int32) % 500 + 20
    objective = LanguageObjective(ids, [], tokenizer, LanguageRecipe(batch_size=4, seq_len=3, zero_state_prob=0.25))
    carried = torch.stack([objective.batch_at(step, 0, 1)["carried"] for step in range(200)])
    assert 0.7 < carried.float().mean() < 0.8
    assert all(0 < share < 1 for share in carried.float().mean(0))
    shared = [objective.batch_at(9, rank, 2)["carried"] for rank in (0, 1)]
    torch.testing.assert_close(torch.stack(shared, dim=1).flatten(), carried[9])
    step = next(step for step in range(1, 200) if 0 < carried[step].sum() < 4)
    batch, model = objective.batch_at(step, 0, 1), language_model(tokenizer.vocab_size)
    _, before = objective.loss(model, objective.batch_at(step - 1, 0, 1), None)
    _, after = objective.loss(model, batch, before)
    for state, rows in ((before, carried[step]), (None, ~carried[step])):
        part = None if state is None else tuple(one[:, rows] for one in state)
        _, expected = model(batch["token_ids"][rows], batch["targets"][rows], part)
        for one, other in zip(after, expected, strict=True):
            torch.testing.assert_close(one[:, rows], other, rtol=1e-5, atol=1e-6)


def test_what_cannot_be_trained_is_said_before_the_first_step(places, tmp_path):
    def attempt(**changes):
        train(LanguageRecipe(**{**SIZES, **places, "steps": 1, **changes}), pytest.fail)

    with pytest.raises(InputError, match=r"unknown cell 'grru'; .*did you mean 'gru'"):
        attempt(cell="grru")
    with pytest.raises(CheckpointError, match="there is no checkpoint 'nowhere'"):
        attempt(tokenizer="nowhere")
    with pytest.raises(DataError, match=r"there is no folder .*novel; .* has english_novels, imdb"):
        attempt(datasets=("novel",))
    with pytest.raises(
        DataError, match=r"imdb has no validation-\*\.parquet; its splits are test, train, unsupervised"
    ):
        attempt(validation_dataset="imdb")
    with pytest.raises(DataError, match=r"tokens are too few for 4000 streams of 8 tokens"):
        attempt(batch_size=4000)
    write_split(places["data_dir"], "only", "test", text=["a"])
    with pytest.raises(DataError, match="only: no train or unsupervised split to read"):
        attempt(datasets=("only",))
    (places["data_dir"] / "hollow").mkdir()
    with pytest.raises(DataError, match=r"hollow has no <split>-\*\.parquet"):
        attempt(datasets=("hollow",))
    write_split(places["data_dir"], "blank", "validation", text=["", ""])
    with pytest.raises(DataError, match="blank/validation: no text in any row"):
        attempt(validation_dataset="blank")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("years of work")
    with pytest.raises(InputError, match="thesis contains something other than a checkpoint"):
        attempt(output_dir=tmp_path / "thesis")
    with pytest.raises(InputError, match="seq_len is 0; it must be 1 or more"):
        attempt(seq_len=0)


@pytest.mark.parametrize("line_break", ["\r\n", "\r"])
def test_line_breaks_of_other_systems_are_read_as_newlines(places, tokenizer, line_break):
    """They were read as foreign bytes."""
    recipe = LanguageRecipe(**{**SIZES, **places, "datasets": ("english_novels",)}, validation_tokens=10_000)
    expected, _ = _token_stream(recipe, tokenizer)
    texts = [text.replace("\n", line_break) for text in (NOVEL, NOVEL[:500])]
    write_split(places["data_dir"], "english_novels", "train", text=texts, title=["One", "Two"])
    assert np.array_equal(_token_stream(recipe, tokenizer)[0], expected)
