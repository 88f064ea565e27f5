"""Clamped words against brute force: the paths that agree with what somebody said, and their shares."""

from itertools import pairwise, product

import pytest
import torch
from torch import Tensor

from rnn_demo.entities.clamping import (
    SURE_NATS,
    Correction,
    clamp_emissions,
    clamp_text,
    clamp_words,
    sure_emissions,
)
from rnn_demo.entities.crf import LinearChainCRF, TagSpan
from rnn_demo.entities.tag import EntityTagger
from rnn_demo.entities.words import Word
from rnn_demo.errors import InputError

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
LENGTH = 4
SPANS = (
    [(1, 3, "PER")],
    [(0, 4, "LOC")],
    [(2, 4, "")],
    [(0, 1, "PER"), (1, 2, "PER")],
    [(3, 4, "LOC"), (0, 2, "")],
    [],
)


@pytest.fixture
def crf() -> LinearChainCRF:
    """Make a CRF in float64 whose scores are random."""
    crf = LinearChainCRF(TAGS).double()
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(parameter.dim()))
    return crf


@pytest.fixture
def emissions() -> Tensor:
    """Draw scores for a sentence: float64 (words, tags)."""
    return torch.randn(LENGTH, len(TAGS), dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def entities_of(path: tuple[int, ...]) -> set[tuple[int, int, str]]:
    """Read the entities off a path that IOB2 allows."""
    names = [*(TAGS[tag] for tag in path), "O"]
    starts = [t for t, name in enumerate(names) if name[0] == "B"]
    ends = [next(t for t in range(start + 1, len(names)) if names[t] != f"I-{names[start][2:]}") for start in starts]
    return {(start, end, names[start][2:]) for start, end in zip(starts, ends, strict=True)}


def agreeing_paths(
    crf: LinearChainCRF, emissions: Tensor, spans: list[tuple[int, int, str]]
) -> dict[tuple[int, ...], float]:
    """List every path of IOB2 on which each span is what was said of it, with its share of them all."""
    scores = {}
    for path in product(range(len(TAGS)), repeat=LENGTH):
        steps = pairwise(["O", *(TAGS[tag] for tag in path)])
        if any(name[0] == "I" and before not in (f"B-{name[2:]}", name) for before, name in steps):
            continue
        told = [span in entities_of(path) if span[2] else not any(path[span[0] : span[1]]) for span in spans]
        if all(told):
            score = crf.start_scores[path[0]] + crf.end_scores[path[-1]]
            score += sum(emissions[t, tag] for t, tag in enumerate(path))
            scores[path] = score + sum(crf.transitions[before, tag] for before, tag in pairwise(path))
    shares = torch.stack(list(scores.values())).softmax(0).tolist()
    return dict(zip(scores, shares, strict=True))


@pytest.mark.parametrize("spans", SPANS)
def test_clamped_decoding_equals_brute_force(crf, emissions, spans):
    paths = agreeing_paths(crf, emissions, spans)
    clamped = clamp_emissions(emissions, clamp_words(crf, LENGTH, spans))[None]
    lengths = torch.tensor([LENGTH])
    best, _ = crf.viterbi(clamped, lengths)
    assert tuple(best[0].tolist()) == max(paths, key=paths.__getitem__)
    expected = torch.zeros_like(emissions)
    for path, share in paths.items():
        for t, tag in enumerate(path):
            expected[t, tag] += share
    torch.testing.assert_close(crf.marginals(clamped, lengths)[0], expected)
    for label in ("PER", "LOC"):
        for start in range(LENGTH):
            share = sum(share for path, share in paths.items() if (start, start + 1, label) in entities_of(path))
            posterior = crf.span_posteriors(clamped, lengths, [TagSpan(0, start, start + 1, label)])
            assert posterior.item() == pytest.approx(share, abs=1e-9)


def test_a_clamped_word_obeys_even_where_its_tag_seemed_impossible(crf, emissions):
    barred = emissions.masked_fill(torch.tensor([name[0] == "B" for name in TAGS]), -1e4)
    clamped = clamp_emissions(barred, clamp_words(crf, LENGTH, [(1, 2, "LOC")]))[None]
    best, _ = crf.viterbi(clamped, torch.tensor([LENGTH]))
    assert TAGS[best[0, 1]] == "B-LOC"


def test_a_clamped_word_tells_others_only_what_a_sure_word_would(crf, emissions):
    told = sure_emissions(emissions, clamp_words(crf, LENGTH, [(1, 2, "LOC")]))
    loc = TAGS.index("B-LOC")
    others = [tag for tag in range(len(TAGS)) if tag != loc]
    assert told[1, loc] - told[1, others].max() == pytest.approx(SURE_NATS)
    torch.testing.assert_close(told[1, others], emissions[1, others])
    torch.testing.assert_close(told[[0, 2, 3]], emissions[[0, 2, 3]])


def test_corrections_clamp_the_words_that_they_touch_and_the_last_one_counts(crf):
    sentences = [[Word("Ada", 0, 3), Word("Lovelace", 4, 12)], [Word("Paris", 14, 19)]]
    corrections = [Correction(0, 3, "LOC"), Correction(2, 5, "PER"), Correction(14, 19)]
    first, second = clamp_text(crf, sentences, corrections)
    assert [[TAGS[tag] for tag in row.nonzero()[:, 0]] for row in first] == [["B-PER"], ["I-PER"]]
    assert [[TAGS[tag] for tag in row.nonzero()[:, 0]] for row in second] == [["O"]]


def test_a_tagger_obeys_corrections_and_other_occurrences_hear_of_them(tagger: EntityTagger) -> None:
    text = "Ada met Babbage. Ada ran."
    before = tagger.predict([text])[0]
    unchanged = tagger.correct(text, [])
    assert [token.tag for token in unchanged.tokens] == [token.tag for token in before.tokens]
    for label in ("PER", "LOC", ""):
        after = tagger.correct(text, [Correction(0, 3, label)])
        assert after.tokens[0].tag == (f"B-{label}" if label else "O")
        assert after.tokens[0].confidence == pytest.approx(1)
        assert [entity for entity in after.entities if entity.start == 0][:1] == [
            entity for entity in after.entities if (entity.start, entity.end, entity.label) == (0, 3, label)
        ]
    shares = [tagger.correct(text, [Correction(0, 3, label)]).tokens[4] for label in ("PER", "LOC")]
    assert (shares[0].tag, shares[0].confidence) != (shares[1].tag, shares[1].confidence)  # "Ada" in the other sentence


def test_an_unknown_label_is_refused_with_those_that_there_are(tagger: EntityTagger) -> None:
    with pytest.raises(InputError, match="unknown label 'PERSON'; choose one of LOC, PER"):
        tagger.correct("Ada ran", [Correction(0, 3, "PERSON")])
