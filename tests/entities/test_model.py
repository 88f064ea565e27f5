"""The tagger's network: one vector a word from the right subwords, and nothing that padding could change."""

import json

import pytest
import torch
from safetensors import safe_open

from rnn_demo.cells import CELLS
from rnn_demo.entities.config import TaggerConfig
from rnn_demo.entities.consistency import group_occurrences
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.subwords import collate, encode_sentences

WORDS = [["Ada", "met", "Babbage", "in", "London"], ["Zyzzyva"], ["said", "Łódź", "."]]


@pytest.fixture
def sentences(tokenizer):
    """Encode sentences of 5, 1 and 3 words."""
    return encode_sentences(WORDS, tokenizer)


def test_a_word_is_what_each_direction_has_read_of_it_whole(model):
    """The vector of a word: forward at its last subword, backward at its first, of every layer."""
    seen = []
    model.word_map.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    subwords = torch.tensor([[20, 21, 22, 23]])
    model.score_words(torch.cat([torch.tensor([[6]]), subwords], 1), torch.tensor([[3, 1, 0]]))
    forward = model.encoder(torch.tensor([[6, 20, 21, 22, 23]])).layers
    backward = model.backward_encoder(torch.tensor([[6, 23, 22, 21, 20]])).layers
    first = torch.cat([layer[0, 3] for layer in forward] + [layer[0, 4] for layer in backward])
    second = torch.cat([layer[0, 4] for layer in forward] + [layer[0, 1] for layer in backward])
    torch.testing.assert_close(seen[0][0, :2], torch.stack([first, second]))


def test_scores_do_not_depend_on_padding(model, sentences):
    together = model.score_words(**collate(sentences))
    assert together.emissions.dtype == together.pos_logits.dtype == torch.float32
    assert together.num_words.tolist() == [5, 1, 3]
    for row, (sentence, length) in enumerate(zip(sentences, together.num_words.tolist(), strict=True)):
        alone = model.score_words(**collate([sentence]))
        torch.testing.assert_close(together.emissions[row, :length], alone.emissions[0])
        torch.testing.assert_close(together.pos_logits[row, :length], alone.pos_logits[0])


def test_forward_is_the_log_likelihood_of_tags_and_parts_of_speech(model, sentences):
    batch = collate(sentences)
    tags = torch.tensor([[3, 0, 3, 0, 1], [0, -100, -100, -100, -100], [0, 1, 0, -100, -100]])
    pos_tags = torch.tensor([[0, 1, 0, 1, 0], [1, -100, -100, -100, -100], [1, 0, -100, -100, -100]])
    tag_nats, pos_nats = model(**batch, tags=tags, pos_tags=pos_tags)
    scores = model.score_words(**batch)
    torch.testing.assert_close(tag_nats, model.crf.log_likelihood(scores.emissions, tags, scores.num_words))
    log_probs = scores.pos_logits.log_softmax(2)
    torch.testing.assert_close(pos_nats[2], log_probs[2, 0, 1] + log_probs[2, 1, 0])
    torch.testing.assert_close(pos_nats[1], log_probs[1, 0, 1])
    assert (tag_nats < 0).all()


def test_forward_of_a_text_is_the_mean_of_its_sentences_together_and_alone(model, tokenizer):
    sentences = encode_sentences([["Ada", "saw", "Rome"], ["Rome", "Ada"]], tokenizer)
    batch = collate(sentences)
    tags, pos_tags = torch.tensor([[3, 0, 1], [1, 3, -100]]), torch.tensor([[0, 1, 0], [0, 0, -100]])
    places = group_occurrences([sentence.lowercased_words for sentence in sentences], [True, False, True, True, True])
    together, _ = model(**batch, tags=tags, pos_tags=pos_tags, **places._asdict())
    alone, _ = model(**batch, tags=tags, pos_tags=pos_tags)
    scores = model.score_words(**batch)
    settled = scores.emissions.clone()
    for one, other in (((0, 0), (1, 1)), ((0, 2), (1, 0))):
        mean = (scores.emissions[one] + scores.emissions[other]) / 2
        settled[one] = (scores.emissions[one] + mean) / 2
        settled[other] = (scores.emissions[other] + mean) / 2
    expected = model.crf.log_likelihood(settled, tags, scores.num_words)
    assert not torch.allclose(expected, alone)
    torch.testing.assert_close(together, (2 * expected + alone) / 3)


def test_parts_of_speech_are_the_likeliest(model, sentences):
    scores = model.score_words(**collate(sentences))
    expected = ["NNP" if first > second else "VBD" for first, second in scores.pos_logits[0].tolist()]
    assert model.parts_of_speech(scores.pos_logits[0]) == expected


@pytest.mark.parametrize("cell", CELLS)
def test_every_weight_learns(cell, sentences, tokenizer):
    sizes = {"vocab_size": tokenizer.vocab_size, "embed_size": 8, "hidden_size": 6, "num_layers": 2}
    model = TaggerModel(TaggerConfig(cell, **sizes, tags=("O", "B-X", "I-X"), pos_tags=("A", "B")))
    tags, pos_tags = torch.tensor([[1, 2, 0, 0, 1], [0] * 5, [0] * 5]), torch.tensor([[0] * 5] * 3)
    tag_nats, pos_nats = model(**collate(sentences), tags=tags, pos_tags=pos_tags)
    (tag_nats + pos_nats).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in model.parameters())


def test_scores_are_float32_under_autocast(model, sentences):
    with torch.autocast("cpu", torch.bfloat16):
        scores = model.score_words(**collate(sentences))
    assert scores.emissions.dtype == scores.pos_logits.dtype == torch.float32


def test_the_backward_encoder_has_a_file_of_its_own(model, folder):
    with safe_open(folder / "backward.safetensors", "pt") as file:
        assert all(name.startswith("backward_encoder.") for name in file.keys())  # noqa: SIM118 (not a dict)
    assert json.loads((folder / "config.json").read_text())["more_weights"] == ["backward.safetensors"]
    loaded = TaggerModel.load(folder).backward_encoder.embedding.weight
    torch.testing.assert_close(loaded, model.backward_encoder.embedding.weight, rtol=0, atol=0.02)


def test_loading_gives_the_same_tags_back(model, folder):
    loaded = TaggerModel.load(folder)
    assert loaded.config == model.config
    scale = model.to_tags.weight.abs().amax(1, keepdim=True) / 127
    assert ((loaded.to_tags.weight - model.to_tags.weight).abs() <= scale).all()


def test_alpha_is_read_by_its_former_name_too(folder):
    path = folder / "config.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**{k: v for k, v in values.items() if k != "alpha"}, "agreement": 0.7}))
    assert TaggerModel.load(folder).config.alpha == 0.7
