"""The entry `units`: the correlation of every unit of every layer with features of held-out texts.

Features of the text itself are measured on novels; the label of a review at each of its tokens; entities and parts of
speech on news sentences, whose words are joined into running text. A token has the label of the word with its last
character.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence

import numpy as np

from rnn_demo.microscope.correlations import Correlator, UnitCorrelations
from rnn_demo.microscope.features import FEATURES, Spans, read_features
from rnn_demo.microscope.held_out_corpus import stride
from rnn_demo.microscope.states import read_states
from rnn_demo.precompute.held_out import HeldOut
from rnn_demo.precomputed import Entry
from rnn_demo.predictor import Predictor
from rnn_demo.spacing import spaced

MAX_CHARS = 400_000
"""Per corpus, evenly spaced; about 100,000 tokens."""
SENTIMENT = "how positive the review is"
ENTITIES = {"person": "PER", "place": "LOC", "organisation": "ORG", "other name": "MISC"}
ANY_ENTITY = "entity"
PARTS_OF_SPEECH = {
    "proper name": ("NNP", "NNPS"),
    "noun": ("NN", "NNS"),
    "verb": ("VB", "VBD", "VBG", "VBN", "VBP", "VBZ", "MD"),
    "adjective": ("JJ", "JJR", "JJS"),
    "adverb": ("RB", "RBR", "RBS"),
    "pronoun": ("PRP", "PRP$", "WP", "WP$"),
    "article": ("DT",),
    "preposition": ("IN", "TO"),
    "conjunction": ("CC",),
    "number": ("CD",),
}
"""Plain name -> tags of the Penn Treebank."""
TAG_FEATURES = (ANY_ENTITY, *(f"entity: {name}" for name in ENTITIES), *PARTS_OF_SPEECH)


def correlate_units(predictor: Predictor, held_out: HeldOut) -> Entry:
    """Correlate the h of every layer with every feature; a tagger's layers are those of its forward encoder."""
    passages = list(filter(str.strip, held_out.novels))
    passages = passages[:: stride(map(len, passages), MAX_CHARS)]
    reviews = [row for row in held_out.reviews if row.text.strip()]
    reviews = reviews[:: stride((len(row.text) for row in reviews), MAX_CHARS)]
    sentences = held_out.sentences
    every = stride((len(word) + 1 for words in sentences.words for word in words), MAX_CHARS)
    words, tags, pos_tags = (rows[::every] for rows in (sentences.words, sentences.tags, sentences.pos_tags))
    labels = [label_words(*row) for row in zip(tags, pos_tags, strict=True)]
    joined = [join_words(row) for row in words]
    correlators = {
        "novels": correlate(predictor, passages, lambda i, spans: read_features(passages[i], spans)),
        "reviews": correlate(
            predictor, [row.text for row in reviews], lambda i, spans: np.full((len(spans), 1), reviews[i].target)
        ),
        "sentences": correlate(
            predictor, [text for text, _ in joined], lambda i, spans: labels[i][words_of(joined[i][1], spans)]
        ),
    }
    layers = {
        layer: np.concatenate([correlator.correlations() for correlator in of_layer])
        for layer, of_layer in enumerate(zip(*correlators.values(), strict=True))
    }
    tokens = {name: by_layer[0].num_tokens for name, by_layer in correlators.items()}
    return UnitCorrelations((*FEATURES, SENTIMENT, *TAG_FEATURES), layers, tokens).to_entry()


def correlate(
    predictor: Predictor, texts: Sequence[str], label: Callable[[int, Spans], np.ndarray]
) -> list[Correlator]:
    """Read texts and return the correlator of each layer.

    Args:
        predictor: of any task.
        texts: those without a letter or a digit are left out, such as a line of asterisks between two chapters.
        label: index of a text and the spans of its tokens -> (token, feature).
    """
    readable = [i for i, text in enumerate(texts) if any(map(str.isalnum, text))]
    encoded = [predictor.encode(texts[i]) for i in readable]
    correlators = [Correlator() for _ in range(predictor.model.encoder.config.num_layers)]
    for number, layers in read_states(predictor, encoded):
        features = label(readable[number], encoded[number].spans)
        for correlator, states in zip(correlators, layers, strict=True):
            correlator.add(features, states)
    return correlators


def label_words(tags: Sequence[str], pos_tags: Sequence[str]) -> np.ndarray:
    """Return the labels of words: float32 (word, feature), 0 or 1, in the order of TAG_FEATURES.

    >>> label_words(["B-LOC", "O"], ["NNP", "VBZ"])[:, :8].astype(int).tolist()
    [[1, 0, 1, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0, 0, 1]]
    """
    rows = [
        [
            tag != "O",
            *(tag[2:] == name for name in ENTITIES.values()),
            *(pos in tag_set for tag_set in PARTS_OF_SPEECH.values()),
        ]
        for tag, pos in zip(tags, pos_tags, strict=True)
    ]
    return np.array(rows, dtype=np.float32)


def join_words(words: Sequence[str]) -> tuple[str, list[int]]:
    """Join words into a text and return where each word ends; a space belongs to the word after it.

    >>> join_words(["Iraq", "'s", "men", "."])
    ("Iraq's men.", [4, 6, 10, 11])
    """
    text, ends = "", []
    for word in words:
        text += spaced(word) if text else word
        ends.append(len(text))
    return text, ends


def words_of(ends: Sequence[int], spans: Spans) -> list[int]:
    """Return the index of the word that the last character of each token belongs to.

    >>> words_of([4, 6, 10, 11], [(0, 4), (4, 6), (6, 10), (10, 10), (10, 11)])
    [0, 1, 2, 2, 3]
    """
    return [bisect_right(ends, max(0, end - 1)) for _, end in spans]
