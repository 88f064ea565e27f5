"""How a tagger is measured: precision, recall and F1 of whole entities, as conlleval counts them.

An entity is right where its label, its first and its last word are. The words are taken as the data set gives them,
and sentences that follow each other as one text, all through which a name is mostly the same (see `consistency.py`).
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from seqeval.metrics import classification_report

from rnn_demo.checkpoint import TOKENIZER_NAME
from rnn_demo.entities.corpus import entity_labels, read_tagged_sentences
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.scores import SentenceScores, pad_to_decide, score_sentences, smooth
from rnn_demo.entities.subwords import Sentence, encode_sentences
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.batching import map_by_length
from rnn_demo.training.corpora import in_case

WINDOW_SENTENCES = 20
"""Sentences of a data set that follow each other and are taken for one text. CoNLL-2003 holds newspaper articles of 15
sentences on average, and its rows do not say where one ends."""


class TaggedWords(NamedTuple):
    """What a tagger says of the words of a data set: a row a sentence, an entry a word."""

    tags: list[list[str]]
    """Where WINDOW_SENTENCES sentences that follow each other are one text."""
    tags_alone: list[list[str]]
    """Where each sentence is a text."""
    pos_tags: list[list[str]]
    """Parts of speech; "" where the model knows none."""


@torch.inference_mode()
def tag_sentences(model: TaggerModel, sentences: Sequence[Sentence]) -> TaggedWords:
    """Find the best tags and parts of speech of the sentences of a data set, in fp32.

    Args:
        model: in eval mode, on any device.
        sentences: one word or more each.
    """
    scores = score_sentences(model, sentences)
    pos_tags = [model.parts_of_speech(sentence.pos_logits) for sentence in scores]
    return TaggedWords(best_tags(model, smooth_in_windows(model, scores)), best_tags(model, scores), pos_tags)


def smooth_in_windows(model: TaggerModel, scores: Sequence[SentenceScores]) -> list[SentenceScores]:
    """Smooth the scores between the occurrences of each name in windows of WINDOW_SENTENCES sentences."""
    windows = [scores[i : i + WINDOW_SENTENCES] for i in range(0, len(scores), WINDOW_SENTENCES)]
    return [sentence for window in windows for sentence in smooth(model, window)]


def best_tags(model: TaggerModel, scores: Sequence[SentenceScores]) -> list[list[str]]:
    """Return the best path of each sentence: one tag a word."""

    def decode(batch: list[SentenceScores]) -> Iterator[list[str]]:
        paths, _ = model.crf.viterbi(*pad_to_decide(model, batch))
        for sentence, path in zip(batch, paths.tolist(), strict=True):
            yield [model.crf.tags[tag] for tag in path[: len(sentence.emissions)]]

    return map_by_length(scores, lambda sentence: len(sentence.emissions), decode)


def count_entities(
    gold: list[list[str]], predicted: list[list[str]], labels: Collection[str] | None = None
) -> dict[str, Any]:
    """Compare two taggings of the same words.

    Args:
        gold: a row a sentence, a tag a word.
        predicted: the same.
        labels: those that count; None is all.

    Returns:
        precision, recall, f1 and entities (of the gold tags), over all and in `per_type` for each label. A rate whose
        denominator is 0 is 0.

    >>> count_entities([["B-LOC", "I-LOC", "O", "B-PER"]], [["B-LOC", "O", "O", "B-PER"]])["f1"]
    0.5
    """
    if labels is not None:
        gold, predicted = (
            [[tag if tag[2:] in labels else "O" for tag in row] for row in rows] for rows in (gold, predicted)
        )
    if not any(tag != "O" for rows in (gold, predicted) for row in rows for tag in row):  # seqeval would fail
        return {**_rates({}), "per_type": {}}
    report = classification_report(gold, predicted, output_dict=True, zero_division=0)
    labels = [label for label in report if label not in ("micro avg", "macro avg", "weighted avg")]
    return {**_rates(report["micro avg"]), "per_type": {label: _rates(report[label]) for label in labels}}


def _rates(report: dict[str, Any]) -> dict[str, Any]:
    names = {"precision": "precision", "recall": "recall", "f1": "f1-score"}
    return {ours: float(report.get(theirs, 0)) for ours, theirs in names.items()} | {
        "entities": int(report.get("support", 0))
    }


def evaluate(folder: Path, dataset: str, split: str, data_dir: Path | None, case: str) -> dict[str, Any]:
    """Measure a checkpoint on a data set.

    Args:
        folder: a checkpoint folder.
        dataset: a data set with `tokens` and `ner_tags`.
        split: its split.
        data_dir: where the folders are; None reads from the Hub.
        case: asis, lower or upper.

    Returns:
        precision, recall, f1, entities, and per_type with the same for each label, where WINDOW_SENTENCES sentences
        are one text; f1_alone, where each is; f1_marked, where the data set does not mark all labels of the model, of
        those that it marks; pos_accuracy where the data set and the checkpoint have parts of speech.

    Raises:
        CheckpointError, DataError, InputError: the checkpoint, the data set or the case cannot be used.
    """
    model, tokenizer = TaggerModel.load(folder), Tokenizer.from_file(folder / TOKENIZER_NAME)
    data = read_tagged_sentences(dataset, split, data_dir)
    words = [[in_case(word, case) for word in row] for row in data.words]
    predicted = tag_sentences(model, encode_sentences(words, tokenizer))
    counts = {
        **count_entities(data.tags, predicted.tags),
        "f1_alone": count_entities(data.tags, predicted.tags_alone)["f1"],
    }
    marked = entity_labels(data)
    if 0 < len(marked) < len(model.config.tags) // 2:
        counts["f1_marked"] = count_entities(data.tags, predicted.tags, marked)["f1"]
    return {**counts, **count_pos(data.pos_tags, predicted.pos_tags)}


def count_pos(gold: list[list[str]], predicted: list[list[str]]) -> dict[str, float]:
    """Compare parts of speech, word by word: pos_accuracy, or nothing where either side has none.

    >>> count_pos([["DT", "NN"], ["NNP"]], [["DT", "NN"], ["NN"]]), count_pos([[""]], [["NN"]])
    ({'pos_accuracy': 0.6666666666666666}, {})
    """
    pairs = [pair for rows in zip(gold, predicted, strict=True) for pair in zip(*rows, strict=True)]
    if not any(true for true, _ in pairs) or not any(tag for _, tag in pairs):
        return {}
    return {"pos_accuracy": sum(true == tag for true, tag in pairs) / len(pairs)}
