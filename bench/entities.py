"""Taggers on what people write today, beside a spaCy model: `python -m bench.entities --data-dir DIR`.

Writes bench/entities.md: F1 on everyday sentences (tests/everyday_names.jsonl) as a whole and by kind, in how many of
those without a name one is found, and F1 on held-out news of 2022 and everyday English; of the latter only the labels
that are marked there count. Intervals are bootstrap 95 % intervals over sentences.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import tyro

from bench.baselines import SpacyTagger
from bench.intervals import f1_of, percent
from rnn_demo.checkpoint import CHECKPOINTS_DIR, read_checkpoint, shipped_checkpoints
from rnn_demo.entities.corpus import entity_labels, read_tagged_sentences
from rnn_demo.entities.evaluate import tag_sentences
from rnn_demo.entities.subwords import encode_sentences
from rnn_demo.entities.tag import EntityTagger, spans_of

REPORT = Path(__file__).parent / "entities.md"
EVERYDAY = Path(__file__).parent.parent / "tests" / "everyday_names.jsonl"
DATASETS = ("worldwide_newswire", "uner_ewt", "wnut17", "conll2003")
Spans = set[tuple[int, int, str]]


def read_everyday() -> list[dict[str, object]]:
    """Read the everyday sentences: text, entities and kind."""
    return [json.loads(line) for line in EVERYDAY.read_text(encoding="utf-8").splitlines()]


def count(found: list[Spans], gold: list[Spans]) -> np.ndarray:
    """Entities that are right, found and there, float (sentence, 3)."""
    return np.array([(len(f & g), len(f), len(g)) for f, g in zip(found, gold, strict=True)], dtype=float)


def everyday_rows(found: list[Spans]) -> dict[str, str]:
    """Measure what was found in the everyday sentences: what is measured -> the number."""
    rows = read_everyday()
    gold: list[Spans] = [{tuple(entity) for entity in row["entities"]} for row in rows]  # type: ignore[attr-defined]
    counts = count(found, gold)
    nameless = counts[counts[:, 2] == 0]
    kinds = dict.fromkeys(str(row["kind"]) for row in rows)
    of_kind = {kind: counts[[row["kind"] == kind for row in rows]].sum(0) for kind in kinds}
    return {
        "everyday sentences": percent(counts, f1_of),
        "false alarms": f"{int((nameless[:, 1] > 0).sum())} of {len(nameless)} sentences without a name",
        **{kind: f"{100 * float(f1_of(sums)):.1f}" for kind, sums in of_kind.items() if sums[2] > 0},
    }


def dataset_row(tag: Callable[[list[list[str]]], list[Spans]], dataset: str, data_dir: Path | None) -> str:
    """Measure a tagger of given words on a data set's validation split."""
    data = read_tagged_sentences(dataset, "validation", data_dir)
    marked = entity_labels(data)
    found = [{span for span in spans if span[2] in marked} for spans in tag(data.words)]
    gold: list[Spans] = [{(span.start, span.end, span.label) for span in spans_of(tags)} for tags in data.tags]
    return percent(count(found, gold), f1_of)


def tag_words(tagger: EntityTagger, words: list[list[str]]) -> list[Spans]:
    """Find the entities in given words, each sentence alone."""
    tags = tag_sentences(tagger.model, encode_sentences(words, tagger.tokenizer)).tags_alone
    return [{(span.start, span.end, span.label) for span in spans_of(row)} for row in tags]


def main(data_dir: Path | None = None, spacy: str | None = None, only: tuple[str, ...] = ()) -> None:
    """Measure and write bench/entities.md.

    Args:
        data_dir: folder that holds a folder a data set.
        spacy: an installed spaCy model, or its folder, to be measured too.
        only: checkpoints to measure; all taggers if none is named.
    """
    columns: dict[str, dict[str, str]] = {}
    texts = [str(row["text"]) for row in read_everyday()]
    names = [name for name in shipped_checkpoints() if read_checkpoint(CHECKPOINTS_DIR / name).task == "ner"]
    for name in only or names:
        tagger = EntityTagger.load(CHECKPOINTS_DIR / name)
        found: list[Spans] = [{(e.start, e.end, e.label) for e in one.entities} for one in tagger.predict(texts)]
        rows = {f"{d}/validation": dataset_row(partial(tag_words, tagger), d, data_dir) for d in DATASETS}
        columns[name] = everyday_rows(found) | rows
    if spacy is not None:
        peer = SpacyTagger(spacy)
        rows = {
            f"{d}/validation": dataset_row(lambda words: [peer.word_spans(row) for row in words], d, data_dir)
            for d in DATASETS
        }
        columns["spaCy"] = everyday_rows([peer.spans(text) for text in texts]) | rows
    lines = [
        "# How well names are marked in what people write today",
        "",
        "`python -m bench.entities --data-dir DIR --spacy en_core_web_md`: F1 in %, each sentence read by itself, in",
        "brackets the bootstrap 95 % interval over sentences. spaCy's types are mapped to those of CoNLL-2003.",
        "",
        f"| | {' | '.join(columns)} |",
        f"|---|{'---|' * len(columns)}",
        *(f"| {what} | {' | '.join(c[what] for c in columns.values())} |" for what in next(iter(columns.values()))),
    ]
    REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    tyro.cli(main)
