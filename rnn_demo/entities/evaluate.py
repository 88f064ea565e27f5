"""How a tagger is measured: precision, recall and F1 of whole entities, as conlleval counts them.

An entity is right where its label, its first and its last word are. The words are taken as the data set gives them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from seqeval.metrics import classification_report

from rnn_demo.checkpoint import TOKENIZER_NAME
from rnn_demo.entities.corpus import read_tagged_sentences
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.pieces import Sentence, collate, encode_sentences, length_sorted_batches
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.corpora import in_case

__all__ = ["count_entities", "count_pos", "evaluate", "tag_sentences"]


@torch.inference_mode()
def tag_sentences(model: TaggerModel, sentences: Sequence[Sentence]) -> tuple[list[list[str]], list[list[str]]]:
    """Find the best tags and parts of speech of each sentence, in fp32, in batches of about the same length.

    Args:
        model: in eval mode, on any device.
        sentences: one word or more each.

    Returns:
        A tag a word, and a part of speech a word ("" where the model knows none).
    """
    tags: list[list[str]] = [[] for _ in sentences]
    pos_tags: list[list[str]] = [[] for _ in sentences]
    device = next(model.parameters()).device
    for rows in length_sorted_batches([len(sentence.token_ids) for sentence in sentences]):
        batch = {name: tensor.to(device) for name, tensor in collate([sentences[row] for row in rows]).items()}
        scores = model.score_words(**batch)
        paths, _ = model.crf.viterbi(scores.emissions, scores.num_words)
        best_pos = model.parts_of_speech(scores)
        for i, (row, path) in enumerate(zip(rows, paths.tolist(), strict=True)):
            num_words = len(sentences[row].piece_counts)
            tags[row] = [model.crf.tags[tag] for tag in path[:num_words]]
            pos_tags[row] = best_pos[i][:num_words]
    return tags, pos_tags


def count_entities(gold: list[list[str]], predicted: list[list[str]]) -> dict[str, Any]:
    """Compare two taggings of the same words.

    Returns:
        precision, recall, f1 and entities (of the gold tags), over all and in `per_type` for each label. A rate whose
        denominator is 0 is 0.

    >>> count_entities([["B-LOC", "I-LOC", "O", "B-PER"]], [["B-LOC", "O", "O", "B-PER"]])["f1"]
    0.5
    """
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
        precision, recall, f1, entities, and per_type with the same for each label; pos_accuracy where the data set and
        the checkpoint have parts of speech.

    Raises:
        CheckpointError, DataError, InputError: the checkpoint, the data set or the case cannot be used.
    """
    model, tokenizer = TaggerModel.load(folder), Tokenizer.from_file(folder / TOKENIZER_NAME)
    data = read_tagged_sentences(dataset, split, data_dir)
    words = [[in_case(word, case) for word in row] for row in data.words]
    tags, pos_tags = tag_sentences(model, encode_sentences(words, tokenizer))
    return {**count_entities(data.tags, tags), **count_pos(data.pos_tags, pos_tags)}


def count_pos(gold: list[list[str]], predicted: list[list[str]]) -> dict[str, float]:
    """Compare parts of speech, word by word: pos_accuracy, or nothing where either side has none.

    >>> count_pos([["DT", "NN"], ["NNP"]], [["DT", "NN"], ["NN"]]), count_pos([[""]], [["NN"]])
    ({'pos_accuracy': 0.6666666666666666}, {})
    """
    pairs = [pair for rows in zip(gold, predicted, strict=True) for pair in zip(*rows, strict=True)]
    if not any(true for true, _ in pairs) or not any(found for _, found in pairs):
        return {}
    return {"pos_accuracy": sum(true == found for true, found in pairs) / len(pairs)}
