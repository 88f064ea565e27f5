"""A tagger of whole words beside that of subwords: learned, pooled, saved, and read as it was measured."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tiny import checkpoint_of, write_split

from rnn_demo.checkpoint import read_all_weights, save_checkpoint
from rnn_demo.entities.config import EntityRecipe, TaggerConfig
from rnn_demo.entities.evaluate import evaluate, tag_sentences
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.pool import mix, pool_taggers
from rnn_demo.entities.quantise import make_table
from rnn_demo.entities.scores import score_sentences
from rnn_demo.entities.spelling import collate_spelling
from rnn_demo.entities.subwords import encode_sentences
from rnn_demo.entities.tag import EntityTagger
from rnn_demo.entities.train import train
from rnn_demo.errors import DataError, InputError
from rnn_demo.results import TaggedText

WORDS = [["Ada", "Lovelace", "met", "Babbage"], ["He", "saw", "London", "."], ["Rome"], ["a", "fine", "day"]]
WORD_TAGS = [["B-PER", "I-PER", "O", "B-PER"], ["O", "O", "B-LOC", "O"], ["B-LOC"], ["O"] * 3]
WORD_POS = [["NNP", "NNP", "VBD", "NNP"], ["PRP", "VBD", "NNP", "."], ["NNP"], ["DT", "JJ", "NN"]]
SIZES = {"embed_size": 8, "hidden_size": 6, "num_layers": 1, "tagger_size": 6, "batch_size": 4, "precision": "fp32"}
OTHER_TAGS = [["B-PER", "I-PER", "O", "O"], ["O", "O", "O", "O"], ["O"], ["O"] * 3]
"""As a corpus marks them that knows no places."""


@pytest.fixture
def subword_tagger(tokenizer, tmp_path):
    """Write a tagger of subwords as `train` would, untrained."""
    for split, n in (("train", 4), ("validation", 1)):
        columns = {"tokens": WORDS * n, "ner_tags": WORD_TAGS * n, "pos_tags": WORD_POS * n}
        write_split(tmp_path / "data", "mine", split, **columns)
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer.model").write_bytes(tokenizer.model_proto)
    places = {"data_dir": tmp_path / "data", "output_dir": tmp_path / "start", "runs_dir": tmp_path / "runs"}
    recipe = EntityRecipe(dataset="mine", tokenizer=str(tmp_path / "tokenizer"), steps=2, **places, **SIZES)
    return recipe, train(recipe, lambda progress: None)


@pytest.fixture
def recipe(subword_tagger, tmp_path):
    """Give a recipe that teaches it whole words, from two corpora and a table of four vectors."""
    recipe, start = subword_tagger
    for split, n in (("train", 4), ("validation", 1)):
        write_split(tmp_path / "data", "other", split, tokens=WORDS * n, ner_tags=OTHER_TAGS * n)
    words = ["ada", "london", "rome", "day"]
    numbers = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    save_file(make_table(words, np.arange(4), numbers, 2, 0), tmp_path / "v.safetensors", {"source": "tiny"})
    changes = {
        "init_from": str(start),
        "output_dir": tmp_path / "words",
        "char_size": 4,
        "vectors": tmp_path / "v.safetensors",
        "more_datasets": ("mine", "other"),
        "title_prob": 0.2,
        "chat_prob": 0.2,
        "window_sentences": 1,
        "steps": 60,
        "lr": 0.03,
        "warmup_steps": 0,
        "word_dropout_prob": 0.0,
        "tagger_dropout_prob": 0.0,
    }
    return EntityRecipe(**{**vars(recipe), **changes})


def test_words_are_learned_beside_the_subwords_and_both_are_pooled(recipe):
    steps = []
    folder = train(recipe, steps.append)
    assert steps[-1].metrics["f1_mine"] > 0.9
    config = json.loads((folder / "config.json").read_text())
    assert (config["reads"], config["corpora"], config["vectors"]) == ("all", ["mine", "other"], "tiny")
    assert all(0.1 <= weight <= 1 for weight in config["pos_weights"])
    assert config["data"] == ["mine/train", "other/train"]
    assert "--vectors v.safetensors" in config["command"]
    assert str(recipe.data_dir.parent) not in config["command"]
    assert config["chosen_on"] == "mine/validation, other/validation"
    assert config["more_weights"] == ["backward.safetensors", "vectors.safetensors", "words.safetensors"]
    before, after = read_all_weights(Path(recipe.init_from)), read_all_weights(folder)
    for name in ("encoder.embedding.weight", "backward_encoder.embedding.weight", "word_map.weight"):
        torch.testing.assert_close(after[name], before[name], rtol=0, atol=0.02 * float(before[name].abs().max()))
    with pytest.raises(InputError, match="is a pool of two taggers"):
        train(replace(recipe, init_from=str(folder)), pytest.fail)
    tagger = EntityTagger.load(folder)
    assert isinstance(tagger.predict(["Ada saw Rome 🎉"])[0], TaggedText)
    measured = evaluate(folder, "mine", "validation", recipe.data_dir, "asis")
    assert measured["f1"] > 0.9
    assert "f1_marked" not in measured
    others = evaluate(folder, "other", "validation", recipe.data_dir, "asis")
    assert others["f1_marked"] > others["f1"]  # London and Rome are no mistakes where no place is marked


def test_tags_do_not_depend_on_what_else_is_in_a_batch(recipe):
    model = TaggerModel.load(train(recipe, lambda progress: None))
    tokenizer = EntityTagger.load(recipe.output_dir).tokenizer
    sentences = encode_sentences(WORDS, tokenizer)
    together = score_sentences(model, sentences)
    for sentence, scores in zip(sentences, together, strict=True):
        alone = score_sentences(model, [sentence])[0]
        torch.testing.assert_close(alone.emissions, scores.emissions, rtol=1e-4, atol=1e-4)


@pytest.fixture
def model(tokenizer):
    """Make a tagger of subwords and words with random weights."""
    sizes = {"char_size": 3, "vector_words": 4, "vector_rows": 4, "vector_size": 6, "vector_parts": 2}
    config = TaggerConfig(
        "lstm", tokenizer.vocab_size, 8, 6, 1, tags=("O", "B-PER", "I-PER"), tagger_size=5, corpora=("a", "b"), **sizes
    )
    torch.manual_seed(0)
    model = TaggerModel(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    return model.eval()


@torch.no_grad()
def test_the_scores_of_both_are_the_sum_of_the_scores_of_each(model, tokenizer):
    sentences = encode_sentences(WORDS, tokenizer)
    scores = {}
    for reads in ("words", "subwords", "all"):
        model.config = replace(model.config, reads=reads)
        scores[reads] = score_sentences(model, sentences)
    for pooled, both in zip(mix(scores["words"], scores["subwords"], 1, 1), scores["all"], strict=True):
        torch.testing.assert_close(pooled.emissions, both.emissions)
        torch.testing.assert_close(pooled.pos_logits, both.pos_logits)
    model.config = replace(model.config, pos_weights=[6.0, 0.3])
    weighted = score_sentences(model, sentences)
    for pooled, both in zip(mix(scores["subwords"], scores["words"], 6.0, 0.3), weighted, strict=True):
        torch.testing.assert_close(pooled.pos_logits, both.pos_logits)
    for both, plain in zip(weighted, scores["all"], strict=True):
        torch.testing.assert_close(both.emissions, plain.emissions)


@torch.no_grad()
def test_the_pool_weighs_parts_of_speech_by_their_own_likelihood(model, tokenizer):
    sentences = encode_sentences(WORDS, tokenizer)
    heads = [parameter.clone() for parameter in (*model.to_pos.parameters(), *model.word_tagger.to_pos.parameters())]

    def pos_nats(scores):
        pairs = zip(scores, aims, strict=True)
        return sum(float((sentence.pos_logits - aim).square().sum()) for sentence, aim in pairs)

    scores = {}
    for reads in ("words", "subwords"):
        model.config = replace(model.config, reads=reads)
        scores[reads] = score_sentences(model, sentences)
    aims = [both.pos_logits for both in mix(scores["subwords"], scores["words"], 0.7, 0.2)]
    steps = [step.clone() for step in model.crf.parameters()]
    pool_taggers(model, steps, lambda: [score_sentences(model, sentences)], lambda number, scores: 0.0, pos_nats)
    assert model.config.pos_weights == (0.7, 0.2)
    after = (*model.to_pos.parameters(), *model.word_tagger.to_pos.parameters())
    assert all(torch.equal(*pair) for pair in zip(heads, after, strict=True))


@torch.no_grad()
def test_a_corpus_moves_the_scores_by_its_offset_and_the_first_by_none(model):
    batch = {"token_ids": torch.tensor([[2, 5, 6]]), "subword_counts": torch.tensor([[1, 1]])}
    batch |= collate_spelling([["Ada", "met"]])
    model.config = replace(model.config, reads="words")
    model.word_tagger.offsets.weight[0] = 0
    plain = model.score_words(**batch).emissions
    torch.testing.assert_close(model.score_words(**batch, corpus=torch.tensor([0])).emissions, plain)
    moved = model.score_words(**batch, corpus=torch.tensor([1])).emissions
    torch.testing.assert_close(moved - plain, model.word_tagger.offsets.weight[1].expand(1, 2, 3))


def test_save_and_load_is_a_round_trip_and_a_plain_tagger_has_no_file_for_words(model, tokenizer, tmp_path):
    plain = TaggerModel(
        TaggerConfig("lstm", tokenizer.vocab_size, 8, 6, 1, tags=("O", "B-PER", "I-PER"), tagger_size=5)
    )
    for name, saved in (("words", model), ("plain", plain.eval())):
        save_checkpoint(tmp_path / name, saved, tokenizer, checkpoint_of("ner"))
        loaded = TaggerModel.load(tmp_path / name)
        again = tag_sentences(loaded, encode_sentences(WORDS, tokenizer))
        save_checkpoint(tmp_path / "again", loaded, tokenizer, checkpoint_of("ner"))
        assert tag_sentences(TaggerModel.load(tmp_path / "again"), encode_sentences(WORDS, tokenizer)) == again
    assert (tmp_path / "words" / "vectors.safetensors").exists()
    assert not (tmp_path / "plain" / "vectors.safetensors").exists()
    assert json.loads((tmp_path / "plain" / "config.json").read_text())["more_weights"] == ["backward.safetensors"]


def test_settings_that_do_not_go_together_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"char_size is 0; it must be 1 or more with --vectors"):
        EntityRecipe(more_datasets=("x",))
    with pytest.raises(InputError, match=r"alpha is 0.5; it must be 0 with --char-size"):
        EntityRecipe(char_size=3, alpha=0.5)
    with pytest.raises(InputError, match=r"lowercase_prob \+ title_prob \+ chat_prob is"):
        EntityRecipe(title_prob=0.5, chat_prob=0.4)
    with pytest.raises(InputError, match=r"reads is 'letters'"):
        TaggerConfig("lstm", 600, 8, 6, 1, tags=("O",), reads="letters")


def test_labels_that_the_first_data_set_has_not_are_refused(recipe):
    tags = [["B-ORG", "O", "O", "O"], ["O"] * 4, ["O"], ["O"] * 3]
    write_split(recipe.data_dir, "other", "train", tokens=WORDS * 4, ner_tags=tags * 4)
    with pytest.raises(DataError, match="the tag sets differ: other/train has ORG, mine/train only LOC, PER"):
        train(recipe, pytest.fail)
