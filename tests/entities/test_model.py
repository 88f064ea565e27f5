"""The tagger's network: one vector a word from the right pieces, and nothing that padding could change."""

import pytest
import torch

from rnn_demo.config import TaggerConfig
from rnn_demo.entities.model import TaggerModel, word_vectors
from rnn_demo.entities.pieces import collate, encode_sentences

WORDS = [["Ada", "met", "Babbage", "in", "London"], ["Zyzzyva"], ["said", "Łódź", "."]]


@pytest.fixture
def sentences(tokenizer):
    """Encode sentences of 5, 1 and 3 words."""
    return encode_sentences(WORDS, tokenizer)


def test_word_vectors_are_forward_at_the_last_and_backward_at_the_first_piece():
    outputs = torch.arange(8.0).reshape(1, 4, 2) + torch.tensor([0.0, 100.0])  # forward 0 2 4 6, backward 101 103 ..
    vectors = word_vectors(outputs, torch.tensor([[3, 1, 0]]), hidden_size=1)
    assert vectors[0, :2].tolist() == [[4.0, 101.0], [6.0, 107.0]]
    one_direction = word_vectors(outputs[:, :, :1], torch.tensor([[3, 1]]), hidden_size=1)
    assert one_direction[0].tolist() == [[4.0], [6.0]]


def test_emissions_do_not_depend_on_padding(model, sentences):
    together, num_words = model.emissions(**collate(sentences))
    assert together.dtype == torch.float32
    assert num_words.tolist() == [5, 1, 3]
    for sentence, row, length in zip(sentences, together, num_words, strict=True):
        alone, _ = model.emissions(**collate([sentence]))
        torch.testing.assert_close(row[:length], alone[0])


def test_forward_is_the_log_likelihood_of_the_tags(model, sentences):
    batch = collate(sentences)
    tags = torch.tensor([[3, 0, 3, 0, 1], [0, -100, -100, -100, -100], [0, 1, 0, -100, -100]])
    log_likelihood = model(**batch, tags=tags)
    emissions, num_words = model.emissions(**batch)
    torch.testing.assert_close(log_likelihood, model.crf.log_likelihood(emissions, tags, num_words))
    assert (log_likelihood < 0).all()


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_every_weight_learns(cell, sentences, tokenizer):
    model = TaggerModel(TaggerConfig(cell, tokenizer.vocab_size, 8, 6, 2, bidirectional=True, tags=("O", "B-X", "I-X")))
    model(**collate(sentences), tags=torch.tensor([[1, 2, 0, 0, 1], [0] * 5, [0] * 5])).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in model.parameters())


def test_emissions_are_float32_under_autocast(model, sentences):
    with torch.autocast("cpu", torch.bfloat16):
        emissions, _ = model.emissions(**collate(sentences))
    assert emissions.dtype == torch.float32


def test_loading_gives_the_same_tags_back(model, folder):
    loaded = TaggerModel.load(folder)
    assert loaded.config == model.config
    scale = model.to_tags.weight.abs().amax(1, keepdim=True) / 127
    assert ((loaded.to_tags.weight - model.to_tags.weight).abs() <= scale).all()
