"""Training a tagger: from a tiny data set to a checkpoint, pure batches, and errors before the first step."""

import json
from dataclasses import replace

import pytest
import torch
from datasets import Dataset
from tiny import checkpoint_of

from rnn_demo.checkpoint import save_checkpoint
from rnn_demo.entities.config import EntityRecipe, TaggerConfig
from rnn_demo.entities.corpus import TaggedSentences
from rnn_demo.entities.crf import PAD_TAG_ID
from rnn_demo.entities.evaluate import evaluate, smooth_in_windows, tag_sentences
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.scores import score_sentences
from rnn_demo.entities.tag import EntityTagger
from rnn_demo.entities.train import ALPHAS, EntityObjective, tag_set, train
from rnn_demo.errors import CheckpointError, DataError, InputError
from rnn_demo.language.config import LanguageModelConfig
from rnn_demo.language.model import LanguageModel
from rnn_demo.spacing import join_words

TAGS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
WORDS = [["Ada", "Lovelace", "met", "Babbage"], ["He", "saw", "London", "."], ["Rome"], ["a", "fine", "day"]]
WORD_TAGS = [["B-PER", "I-PER", "O", "B-PER"], ["O", "O", "B-LOC", "O"], ["B-LOC"], ["O"] * 3]
WORD_POS = [["NNP", "NNP", "VBD", "NNP"], ["PRP", "VBD", "NNP", "."], ["NNP"], ["DT", "JJ", "NN"]]
POS_TAGS = (".", "DT", "JJ", "NN", "NNP", "PRP", "VBD")
SIZES = {"embed_size": 8, "hidden_size": 6, "num_layers": 1, "tagger_size": 6, "batch_size": 4, "precision": "fp32"}


def write_split(data_dir, split, words=WORDS, tags=WORD_TAGS, **more):
    (data_dir / "mine").mkdir(parents=True, exist_ok=True)
    path = data_dir / "mine" / f"{split}-00000-of-00001.parquet"
    Dataset.from_dict({"tokens": words, "ner_tags": tags, **more}).to_parquet(path)


@pytest.fixture
def recipe(tokenizer, tmp_path):
    """Write a data set of 8 sentences and a tokenizer; give a recipe that trains on them for two steps."""
    write_split(tmp_path / "data", "train", WORDS * 2, WORD_TAGS * 2, pos_tags=WORD_POS * 2)
    write_split(tmp_path / "data", "validation", pos_tags=WORD_POS)
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer.model").write_bytes(tokenizer.model_proto)
    places = {"data_dir": tmp_path / "data", "output_dir": tmp_path / "ner-tiny", "runs_dir": tmp_path / "runs"}
    return EntityRecipe(dataset="mine", tokenizer=str(tmp_path / "tokenizer"), steps=2, **places, **SIZES)


def make_objective(tokenizer, **settings):
    data = TaggedSentences("mine/train", WORDS * 8, WORD_TAGS * 8, WORD_POS * 8)
    config = TaggerConfig("lstm", tokenizer.vocab_size, 8, 6, 1, tags=TAGS, pos_tags=POS_TAGS)
    return EntityObjective([data], [data], config, tokenizer, EntityRecipe(**{**SIZES, "dataset": "mine", **settings}))


def test_two_steps_give_a_checkpoint_that_answers_as_it_was_measured(recipe):
    steps = []
    folder = train(recipe, steps.append)
    assert [progress.step for progress in steps] == [1, 2]
    assert steps[-1].metrics.keys() == {"f1", "precision", "recall", "pos_accuracy"}
    config = json.loads((folder / "config.json").read_text())
    assert (config["task"], config["cell"], config["pos_tags"]) == ("ner", "lstm", list(POS_TAGS))
    assert tuple(config["tags"]) == TAGS
    assert (config["data"], config["chosen_on"]) == (["mine/train"], "mine/validation")
    tagger = EntityTagger.load(folder)
    assert tagger.predict(["Ada saw Rome."])[0].text == "Ada saw Rome."
    measured = evaluate(folder, "mine", "validation", recipe.data_dir, "asis")
    assert measured["entities"] == 4
    assert 0 <= measured["pos_accuracy"] <= 1


def test_a_tagger_learns_its_training_sentences_by_heart(recipe):
    settings = {**vars(recipe), "steps": 80, "lr": 0.03, "warmup_steps": 0, "validate_every": 80}
    settings |= {
        "dropout_prob": 0.0,
        "tagger_dropout_prob": 0.0,
        "layer_lr_decay": 1.0,
        "freeze_fraction": 0.0,
        "pos_weight": 0.5,
    }
    steps = []
    train(EntityRecipe(**settings), steps.append)
    assert steps[-1].metrics["f1"] == steps[-1].metrics["pos_accuracy"] == 1
    assert steps[-1].loss_nats < 0.5 < steps[0].loss_nats


def test_batches_are_a_pure_function_of_the_step(tokenizer):
    objective, again = make_objective(tokenizer), make_objective(tokenizer)
    for step in (5, 0, 17):
        first, second = objective.batch_at(step, 0, 1), again.batch_at(step, 0, 1)
        assert all(
            torch.equal(first[name], second[name]) for name in ("token_ids", "subword_counts", "tags", "pos_tags")
        )
    other_seed = make_objective(tokenizer, seed=1)
    assert any(
        not torch.equal(objective.batch_at(step, 0, 1)["token_ids"], other_seed.batch_at(step, 0, 1)["token_ids"])
        for step in range(5)
    )


def test_two_processes_share_the_batch_of_one(tokenizer):
    objective = make_objective(tokenizer, lowercase_prob=0.5)
    for step in range(4):
        whole = objective.batch_at(step, 0, 1)
        for rank in range(2):
            part = objective.batch_at(step, rank, 2)
            seq_len, num_words = part["token_ids"].shape[1], part["tags"].shape[1]
            assert torch.equal(part["token_ids"], whole["token_ids"][rank::2, :seq_len])
            assert torch.equal(part["tags"], whole["tags"][rank::2, :num_words])


@pytest.mark.parametrize("pos_tags", [WORD_POS, [[""] * len(row) for row in WORDS]])
def test_where_names_settle_together_a_batch_is_a_passage_with_their_places(pos_tags, tokenizer):
    data = TaggedSentences("mine/train", WORDS * 8, WORD_TAGS * 8, pos_tags * 8)
    config = TaggerConfig("lstm", tokenizer.vocab_size, 8, 6, 1, tags=TAGS, pos_tags=POS_TAGS)
    recipe = EntityRecipe(**SIZES, dataset="mine", alpha=0.5, window_sentences=1, lowercase_prob=0.0)
    objective = EntityObjective([data], [data], config, tokenizer, recipe)
    for step in range(6):
        batch = objective.batch_at(step, 0, 1)
        shown = [tuple(row[row != PAD_TAG_ID].tolist()) for row in batch["tags"]]
        first = shown.index((1,))  # Rome
        in_order = [tuple(TAGS.index(tag) for tag in WORD_TAGS[(row - first + 2) % 4]) for row in range(4)]
        assert shown == in_order
        words = [word for row in range(4) for word in WORDS[(row - first + 2) % 4]]
        names = {"Ada", "Lovelace", "Babbage", "London", "Rome"}
        expected = [words.index(word) if word in names else place for place, word in enumerate(words)]
        assert batch["of_name"].tolist() == batch["of_sentence"].tolist() == expected


def test_training_with_names_that_settle_together_and_hidden_words_keeps_the_best_share(recipe):
    settings = {**vars(recipe), "alpha": 0.4, "mask_prob": 0.2, "batch_size": 2, "steps": 4}
    folder = train(EntityRecipe(**settings), lambda progress: None)
    assert TaggerModel.load(folder).config.alpha in ALPHAS
    with pytest.raises(InputError, match=r"mask_prob is 1.0; it must be in \[0, 1\)"):
        EntityRecipe(mask_prob=1.0)
    with pytest.raises(InputError, match=r"alpha is 1.5; it must be in \[0, 1\]"):
        EntityRecipe(alpha=1.5)


@pytest.mark.parametrize(("lowercase_prob", "write"), [(0.0, str), (1.0, str.lower)])
def test_sentences_are_shown_in_small_letters(lowercase_prob, write, tokenizer):
    objective = make_objective(tokenizer, lowercase_prob=lowercase_prob, window_sentences=1)
    batch = objective.batch_at(3, 0, 1)
    rows = zip(batch["token_ids"].tolist(), lengths(batch), strict=True)
    shown = {tokenizer.decode(token_ids[: 1 + length]) for token_ids, length in rows}
    assert shown <= {" " + write(join_words(row)) for row in WORDS}


def test_the_backward_direction_starts_from_a_backward_language_model(recipe, tokenizer, tmp_path):
    sizes = {"cell": "lstm", "vocab_size": tokenizer.vocab_size, "embed_size": 8, "hidden_size": 6, "num_layers": 1}
    folders = {}
    for name, backward in (("forward", False), ("backward", True)):
        model = LanguageModel(LanguageModelConfig(**sizes, backward=backward))
        folders[name] = tmp_path / f"lm-{name}"
        save_checkpoint(folders[name], model, tokenizer, checkpoint_of("lm"))
    starts = {"init_from": str(folders["forward"]), "backward_from": str(folders["backward"])}
    trained = TaggerModel.load(train(EntityRecipe(**{**vars(recipe), **starts, "lr": 1e-9}), lambda progress: None))
    for encoder, name in ((trained.encoder, "forward"), (trained.backward_encoder, "backward")):
        started = LanguageModel.load(folders[name]).encoder.state_dict()
        for weight, value in encoder.state_dict().items():
            torch.testing.assert_close(value, started[weight], rtol=0, atol=1e-6)
    both_forward = {**starts, "backward_from": starts["init_from"]}
    with pytest.raises(CheckpointError, match="lm-forward has backward False, not True"):
        train(EntityRecipe(**{**vars(recipe), **both_forward}), lambda progress: None)


def lengths(batch):
    return batch["subword_counts"].sum(1).tolist()


def test_num_tokens_leaves_padding_out(tokenizer):
    objective = make_objective(tokenizer)
    batch = objective.batch_at(0, 0, 1)
    assert objective.num_tokens(batch) == sum(lengths(batch))


def test_a_probability_above_one_is_refused():
    with pytest.raises(InputError, match=r"lowercase_prob is 1.2; it must be in \[0, 1\]"):
        EntityRecipe(lowercase_prob=1.2)


def test_data_without_parts_of_speech_trains_a_tagger_that_knows_none(recipe):
    for split in ("train", "validation"):
        write_split(recipe.data_dir, split, WORDS * 2, WORD_TAGS * 2)
    folder = train(recipe, lambda progress: None)
    assert {token.pos for token in EntityTagger.load(folder).predict(["Ada saw Rome."])[0].tokens} == {""}
    assert "pos_accuracy" not in evaluate(folder, "mine", "validation", recipe.data_dir, "asis")


@pytest.mark.parametrize(
    ("words", "tags", "message"),
    [
        ([["Ada", "met"]], [["B-PER"]], "row 0 of mine/validation has 2 tokens and 1 ner_tags"),
        ([["in", "Ada"]], [["O", "I-PER"]], "mine/validation is not IOB2: I-PER follows O in sentence 0 .* B-PER"),
        ([["Ada", "met"]], [["B-LOC", "I-PER"]], "I-PER follows B-LOC"),
        ([["Ada"]], [["I-PER"]], "I-PER follows O"),
        ([["Reuters"]], [["B-ORG"]], "the tag sets differ: mine/validation has ORG, mine/train only LOC, PER"),
    ],
)
def test_broken_validation_data_is_refused_before_training(words, tags, message, recipe):
    write_split(recipe.data_dir, "validation", words, tags)
    with pytest.raises(DataError, match=message):
        train(recipe, pytest.fail)
    assert not recipe.runs_dir.exists()


def test_a_missing_column_is_refused_before_training(recipe):
    for path in (recipe.data_dir / "mine").iterdir():
        Dataset.from_dict({"words": WORDS, "ner_tags": WORD_TAGS}).to_parquet(path)
    with pytest.raises(DataError, match="no column 'tokens'; it has words, ner_tags"):
        train(recipe, pytest.fail)


def test_a_data_set_without_entities_is_refused(recipe):
    write_split(recipe.data_dir, "train", [["a", "day"]] * 8, [["O", "O"]] * 8)
    with pytest.raises(DataError, match="mine/train marks no entity"):
        train(recipe, pytest.fail)


@torch.no_grad()
def test_what_makes_the_held_out_tags_likelier_is_chosen_and_no_tag_changes_by_the_temperature(tokenizer, model):
    """Also where a held-out name begins with a sign, as none that is marked does."""
    words, tags = [*WORDS, ["(", "Ada"]], [*WORD_TAGS, ["B-PER", "I-PER"]]
    data = TaggedSentences("mine/train", words * 6, tags * 6, [[""] * len(row) for row in words] * 6)
    objective = EntityObjective([data], [data], model.config, tokenizer, EntityRecipe(**SIZES, dataset="mine"))

    def nats(alpha):
        model.config = replace(model.config, alpha=alpha)
        total = 0.0
        for scores, tags in zip(
            smooth_in_windows(model, score_sentences(model, objective.validation[0].sentences)),
            objective.validation[0].gold.tags,
            strict=True,
        ):
            gold, num_words = torch.tensor([[TAGS.index(tag) for tag in tags]]), torch.tensor([len(tags)])
            total -= float(model.crf.log_likelihood(scores.emissions[None], gold, num_words))
        return total

    before = {alpha: nats(alpha) for alpha in ALPHAS}
    best = min(before, key=before.get)
    assert before[best] < 5000  # 6 times IMPOSSIBLE_SCORE would be more, and the hottest temperature the best
    model.config = replace(model.config, alpha=best)
    found = tag_sentences(model, objective.validation[0].sentences)
    model.config = replace(model.config, alpha=0.5)
    objective.finish(model)
    assert model.config.alpha == best
    assert nats(best) < before[best]
    assert tag_sentences(model, objective.validation[0].sentences) == found


def test_every_label_gets_both_tags():
    data = TaggedSentences("mine/train", [["Rome", "Ada"]], [["B-LOC", "B-PER"]], [["NNP", "NNP"]])
    assert tag_set([data], [data]) == TAGS


def test_dry_run_writes_no_checkpoint(recipe):
    assert train(EntityRecipe(**{**vars(recipe), "dry_run": True}), lambda progress: None) is None
    assert not recipe.output_dir.exists()
