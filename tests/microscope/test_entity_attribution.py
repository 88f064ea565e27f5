"""The log-odds of an entity, shared out: they add up, and they are what the tagger itself says."""

import math

import pytest
import torch
from tiny import checkpoint_of

from rnn_demo.cells import CELLS
from rnn_demo.entities.config import TaggerConfig
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.tag import EntityTagger
from rnn_demo.errors import InputError
from rnn_demo.microscope import entity_attribution as explain_module
from rnn_demo.microscope.entity_attribution import attribute_entity, leave_one_word_out, log_odds, read_window
from rnn_demo.results import TaggedText
from rnn_demo.tokenizer import Tokenizer

TEXT = "Ada Lovelace met  Babbage in London. He and Ada walked."


@pytest.fixture(params=[*CELLS, "lstm and whole words"])
def smooth(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> EntityTagger:
    """Make a tagger with random weights, small enough to be smooth, that marks something."""
    torch.manual_seed(4)
    cell, *whole_words = request.param.split()
    sizes = (cell, tokenizer.vocab_size, 8, 6, 2)
    words = {"char_size": 3, "vector_words": 3, "vector_rows": 3, "vector_size": 4, "vector_parts": 2}
    settings = {"tagger_size": 5, "alpha": 0.4, **(words if whole_words else {})}
    model = TaggerModel(TaggerConfig(*sizes, tags=("O", "B-PER", "I-PER"), pos_tags=("NNP",), **settings))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.6)
    return EntityTagger("tiny", model.eval(), tokenizer, checkpoint_of("ner", cell))


def tagged(tagger: EntityTagger) -> TaggedText:
    """Tag TEXT."""
    return tagger.predict([TEXT])[0]


def test_shares_add_up_to_the_difference_of_the_log_odds(smooth: EntityTagger) -> None:
    entities = smooth.predict([TEXT])[0].entities
    assert entities
    for place, entity in enumerate(entities):
        found = attribute_entity(smooth, tagged(smooth), place)
        window = read_window(smooth, tagged(smooth), place, 2000)
        empty = window.vectors.clone()
        empty[:, 1:] = 0
        with torch.no_grad():
            whole, bare = float(log_odds(smooth, window, window.vectors)), float(log_odds(smooth, window, empty))
        assert 1 / (1 + math.exp(-whole)) == pytest.approx(entity.confidence, abs=1e-5)
        assert found.difference == pytest.approx(whole - bare, abs=1e-5)
        total = sum(token.attribution for token in found.tokens)
        assert total == pytest.approx(found.difference, rel=0.05, abs=1e-3)
        assert found.completeness_error == pytest.approx(total - found.difference, abs=1e-5)
        assert [token.token for token in found.tokens] == [token.token for token in smooth.encode(TEXT).tokens]


def test_both_directions_count(smooth: EntityTagger) -> None:
    """With one encoder's embedding at 0, the shares are those of the other alone, and still add up."""
    with torch.no_grad():
        smooth.model.encoder.embedding.weight.zero_()
    if smooth.predict([TEXT])[0].entities:
        found = attribute_entity(smooth, tagged(smooth))
        assert sum(token.attribution for token in found.tokens) == pytest.approx(found.difference, rel=0.05, abs=1e-3)


def test_leaving_a_word_out_sets_its_vectors_to_zero(smooth: EntityTagger, monkeypatch: pytest.MonkeyPatch) -> None:
    falls = leave_one_word_out(smooth, tagged(smooth))
    window = read_window(smooth, tagged(smooth), 0, 2000)
    assert [word.token for word in falls] == [word.text for word in window.words]
    with torch.no_grad():
        whole = float(log_odds(smooth, window, window.vectors))
        first = 1
        for word, subwords in zip(falls, window.subwords, strict=True):
            emptied = window.vectors.clone()
            emptied[:, first : first + len(subwords)] = 0
            first += len(subwords)
            assert word.attribution == pytest.approx(whole - float(log_odds(smooth, window, emptied)), abs=1e-5)
    monkeypatch.setattr(explain_module, "BATCH_TOKENS", 30)
    again = [word.attribution for word in leave_one_word_out(smooth, tagged(smooth))]
    assert again == pytest.approx([word.attribution for word in falls], abs=1e-4)


def test_of_a_long_text_the_words_around_are_read(smooth: EntityTagger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain_module, "MAX_TOKENS", 6)
    monkeypatch.setattr(explain_module, "MAX_OCCLUDED", 5)
    entity = smooth.predict([TEXT])[0].entities[-1]
    found = attribute_entity(smooth, tagged(smooth), len(smooth.predict([TEXT])[0].entities) - 1)
    assert len(found.tokens) < len(smooth.encode(TEXT).tokens)
    assert found.tokens[0].start <= entity.start
    assert entity.end <= found.tokens[-1].end
    assert len(leave_one_word_out(smooth, tagged(smooth))) < len(read_window(smooth, tagged(smooth), 0, 2000).words)


def test_what_cannot_be_explained_is_refused(smooth: EntityTagger) -> None:
    count = len(smooth.predict([TEXT])[0].entities)
    with pytest.raises(InputError, match=rf"entity is 99; tiny finds {count} in this text: give 0..{count - 1}"):
        attribute_entity(smooth, tagged(smooth), 99)
    with pytest.raises(InputError, match="entity is -1"):
        leave_one_word_out(smooth, tagged(smooth), -1)
    with torch.no_grad():
        smooth.model.to_tags.bias[0] = 1000.0
    with pytest.raises(InputError, match="tiny finds no entity in this text"):
        attribute_entity(smooth, tagged(smooth))
