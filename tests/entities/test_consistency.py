"""Label-consistency smoothing: what moves, how far, and what stays."""

import pytest
import torch
from tiny import checkpoint_of

from rnn_demo.entities.config import TaggerConfig
from rnn_demo.entities.consistency import group_occurrences, smooth_emissions
from rnn_demo.entities.crf import IMPOSSIBLE_SCORE
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.scores import SentenceScores, group_names, pad_emissions, pad_to_decide, score_sentences, smooth
from rnn_demo.entities.subwords import Sentence, encode_sentences
from rnn_demo.entities.tag import EntityTagger
from rnn_demo.entities.words import split_sentences
from rnn_demo.errors import InputError

WORDS = [["rome", "of"], ["rome", "of", "paris", "rome"], ["rome"]]
NAMES = [True, False, True, False, True, True, True]


def test_only_the_same_form_and_only_names_are_grouped():
    occurrences = group_occurrences(WORDS, NAMES)
    assert occurrences.of_name.tolist() == [0, 1, 0, 3, 4, 0, 0]
    assert occurrences.of_sentence.tolist() == [0, 1, 2, 3, 4, 2, 6]
    assert group_occurrences(WORDS, [False] * 7).of_name.tolist() == list(range(7))


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("shape", [(7, 4), (2, 7, 4)])
def test_each_place_moves_by_alpha_towards_itself_and_its_places_in_other_sentences(alpha, shape):
    emissions = torch.randn(shape, dtype=torch.float64)
    result = smooth_emissions(emissions, group_occurrences(WORDS, NAMES), alpha)
    expected = emissions.clone()
    for index, others in ((0, [2, 5, 6]), (2, [0, 6]), (5, [0, 6]), (6, [0, 2, 5])):
        mean = emissions[..., [index, *others], :].mean(-2)
        expected[..., index, :] = (1 - alpha) * emissions[..., index, :] + alpha * mean
    torch.testing.assert_close(result, expected)


def test_gradients_reach_every_place_of_a_name():
    emissions = torch.randn(7, 4, dtype=torch.float64, requires_grad=True)
    occurrences = group_occurrences(WORDS, NAMES)
    assert torch.autograd.gradcheck(lambda x: smooth_emissions(x, occurrences, 0.7), emissions)


def test_names_are_proper_nouns_or_what_is_marked_where_no_parts_of_speech_are_known(model):
    emissions = torch.tensor([[0.0, 1, 0, 0, 0], [1.0, 0, 0, 0, 0], [0.0, 0, 0, 2, 0]])  # B-LOC, O, B-PER
    pos_logits = torch.tensor([[-9.0, 9], [9.0, -9], [-1.0, 1]])  # VBD, NNP, and NNP with 12 %
    words = [["a"], ["a"], ["a"]]
    assert group_names(model, words, emissions, pos_logits).of_name.tolist() == [0, 1, 1]
    model.config = TaggerConfig("lstm", 40, 8, 6, 1, tags=model.config.tags)
    assert group_names(model, words, emissions, pos_logits[:, :1]).of_name.tolist() == [0, 1, 0]


def test_the_scores_of_a_text_agree_across_its_sentences(model, tokenizer):
    scores = score_sentences(model, encode_sentences([["Ada", "saw", "Rome"], ["ROME"], ["rome", "saw"]], tokenizer))
    names = torch.zeros_like(torch.cat([sentence.pos_logits for sentence in scores]))
    names[[0, 2, 3, 4], 0], names[[1, 5], 1] = 9.0, 9.0  # all but "saw" are proper nouns
    text = [
        sentence._replace(pos_logits=logits) for sentence, logits in zip(scores, names.split([3, 1, 2]), strict=True)
    ]
    result = smooth(model, text)
    rome = torch.stack([scores[0].emissions[2], scores[1].emissions[0], scores[2].emissions[0]])
    smoothed = torch.stack([result[0].emissions[2], result[1].emissions[0], result[2].emissions[0]])
    torch.testing.assert_close(smoothed, (rome + rome.mean(0)) / 2)
    torch.testing.assert_close(result[0].emissions[:2], scores[0].emissions[:2])
    torch.testing.assert_close(result[2].emissions[1], scores[2].emissions[1])
    assert [sentence.sentence for sentence in result] == [sentence.sentence for sentence in scores]


@pytest.mark.parametrize(
    ("text", "others"), [("Ada Rome. Ada Ada", {0: [3, 4], 3: [0], 4: [0]}), ("Ada Rome; Ada Ada", {})]
)
def test_a_typed_text_agrees_across_its_sentences_and_not_within_one(text, others, model, tokenizer):
    config = TaggerConfig(**{**vars(model.config), "alpha": 1.0, "pos_tags": ("NNP",)})
    torch.manual_seed(3)
    network = TaggerModel(config).eval().requires_grad_(False)
    sentences = [[word.text for word in words] for words in split_sentences(text)]
    assert len(sentences) == (2 if others else 1)
    read = [scores.emissions for scores in score_sentences(network, encode_sentences(sentences, tokenizer))]
    alone = torch.cat(read)
    smoothed = alone.clone()
    for index, elsewhere in others.items():
        smoothed[index] = alone[[index, *elsewhere]].mean(0)
    smoothed[2, [1, 3]] = IMPOSSIBLE_SCORE  # B-LOC and B-PER of the sign
    parts = smoothed.split([len(emissions) for emissions in read])
    marginals = [network.crf.marginals(part[None], torch.tensor([len(part)]))[0] for part in parts]
    tokens = EntityTagger("tiny", network, tokenizer, checkpoint_of("ner", "lstm")).predict([text])[0].tokens
    expected = [float(row[config.tags.index(t.tag)]) for row, t in zip(torch.cat(marginals), tokens, strict=True)]
    assert [token.confidence for token in tokens] == pytest.approx(expected, abs=1e-5)


def test_other_texts_have_no_say(tagger):
    texts = ["Ada saw Rome, and Ada Rome.", "Rome", "Ada"]
    alone = [tagger.predict([text])[0] for text in texts]
    for one, other in zip(tagger.predict(texts), alone, strict=True):
        assert [token.tag for token in one.tokens] == [token.tag for token in other.tokens]
        assert [token.confidence for token in one.tokens] == pytest.approx(
            [token.confidence for token in other.tokens], abs=1e-5
        )


def test_no_name_begins_with_a_sign(model, tagger, tokenizer):
    with torch.no_grad():
        model.to_tags.bias[1] += 50  # B-LOC, everywhere
    result = tagger.predict(["🎉 Ada , 5 👩🏽‍💻 ..."])[0]
    assert [token.tag for token in result.tokens] == ["O", "B-LOC", "O", "B-LOC", "O", "O"]
    scores = score_sentences(model, encode_sentences([["🎉", "Ada"]], tokenizer))
    (emissions,), _ = pad_to_decide(model, scores)
    assert emissions[0, [1, 3]].tolist() == [IMPOSSIBLE_SCORE] * 2
    torch.testing.assert_close(emissions[0, [0, 2, 4]], scores[0].emissions[0, [0, 2, 4]])
    torch.testing.assert_close(emissions[1], scores[0].emissions[1])


def test_a_batch_for_the_crf_is_padded_with_0():
    scores = [SentenceScores(Sentence([], [], [], []), torch.ones(n, 3), torch.ones(n, 1)) for n in (2, 1)]
    emissions, num_words = pad_emissions(scores)
    assert emissions.tolist() == [[[1, 1, 1], [1, 1, 1]], [[1, 1, 1], [0, 0, 0]]]
    assert num_words.tolist() == [2, 1]


@pytest.mark.parametrize("alpha", [-0.1, 1.1])
def test_an_alpha_above_one_or_below_zero_is_refused(alpha):
    with pytest.raises(InputError, match=r"alpha is .*; it must be in \[0, 1\]"):
        TaggerConfig("lstm", 40, 8, 6, 1, tags=("O",), alpha=alpha)
