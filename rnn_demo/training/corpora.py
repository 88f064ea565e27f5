"""Data sets, read with Hugging Face `datasets` from a local folder or from the Hub, and checked before training.

`--data-dir DIR` reads `DIR/<dataset>/<split>-*.parquet`; without it the same data set is downloaded from the Hub. All
errors in a data set are reported before the first step.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets

from rnn_demo.errors import DataError, unknown_name
from rnn_demo.spacing import join_words

HUB_IDS = {
    "conll2003": "lhoestq/conll2003",
    "imdb": "stanfordnlp/imdb",
    "sst2": "stanfordnlp/sst2",
    "sst5": "SetFit/sst5",
    "tiny_shakespeare": "karpathy/tiny_shakespeare",
}
HUB_REVISIONS = {"karpathy/tiny_shakespeare": "refs/convert/parquet"}  # its default branch is a loading script
LICENCES = {
    "english_novels": "english_novels: 100 English novels (Computational Stylistics Group), public domain texts",
    "imdb": "imdb: Large Movie Review Dataset, research use, cite Maas et al. 2011",
    "sst2": "sst2: Stanford Sentiment Treebank (GLUE), cite Socher et al. 2013",
    "sst5": "sst5: Stanford Sentiment Treebank, cite Socher et al. 2013",
    "conll2003": "conll2003: Tjong Kim Sang & De Meulder 2003; Reuters text, research use only",
    "reuters21578": "reuters21578: Reuters-21578, free for research",
    "reuters_50_50": "reuters_50_50: Reuter_50_50, a subset of RCV1, research use",
    "tiny_shakespeare": "tiny_shakespeare: public domain",
    "simple_stories": "simple_stories: TinyStories (CDLA-Sharing-1.0), African Storybook and Pratham Books (CC BY), "
    "fairy tales of FairytaleQA (Apache-2.0)",
    "goemotions": "goemotions: Demszky et al. 2020, CC BY 4.0",
    "yelp_sentences": "yelp_sentences: Shen et al. 2017, Yelp's terms, academic use",
    "cad_imdb": "cad_imdb: Kaushik et al. 2020, Apache-2.0",
    "pros_cons": "pros_cons: Ganapathibhotla & Liu 2008, CC BY 4.0",
    "tweeteval": "tweeteval: SemEval 2017 task 4, X's terms, research",
    "rated_sentences": "rated_sentences: Hutto & Gilbert 2014, MIT",
    "emobank": "emobank: Buechel & Hahn 2017, CC BY-SA 4.0",
    "worldwide_newswire": "worldwide_newswire: Shan et al. 2024, research use (an index of corpora: CC BY-NC-SA 4.0)",
    "uner_ewt": "uner_ewt: Universal NER on English EWT, CC BY-SA 4.0",
    "wikineural": "wikineural: WikiNEuRal (Tedeschi et al. 2021), CC BY-NC-SA 4.0",
    "broad_twitter": "broad_twitter: Broad Twitter Corpus (Derczynski et al. 2016), CC BY 4.0",
    "wnut17": "wnut17: WNUT 2017 emerging entities (Derczynski et al. 2017), CC BY 4.0",
    "crossner": "crossner: CrossNER (Liu et al. 2021), MIT",
}
"""The terms of the known data sets, for the model cards."""
CASES: dict[str, Callable[[str], str]] = {"asis": str, "lower": str.lower, "upper": str.upper}
TEXT_COLUMNS = ("text", "sentence")


def available_datasets(data_dir: Path | None) -> list[str]:
    """Return the names of the data sets in a folder, or of the known ones on the Hub."""
    if data_dir is None:
        return sorted(HUB_IDS)
    return sorted(entry.name for entry in data_dir.iterdir() if entry.is_dir()) if data_dir.is_dir() else []


def available_splits(name: str, data_dir: Path | None) -> list[str]:
    """Return the names of the splits of a data set.

    Raises:
        DataError: there is no such folder, it has no split files, or the Hub does not know the data set.
    """
    if data_dir is not None:
        folder = _folder(name, data_dir)
        splits = {path.name.split("-")[0] for path in folder.glob("*-*.parquet")}
        if not splits:
            raise DataError(f"{folder} has no <split>-*.parquet")
        return sorted(splits)
    hub_id, options = _on_hub(name)
    try:
        return [str(split) for split in datasets.get_dataset_split_names(hub_id, **options)]
    except Exception as error:  # as in `read_split`
        raise DataError(f"cannot list the splits of {name!r} on the Hub: {error}") from error


def read_split(name: str, split: str, data_dir: Path | None, columns: tuple[str, ...] = ()) -> datasets.Dataset:
    """Read one split of a data set.

    Args:
        name: a folder below `data_dir`, or a data set on the Hub.
        split: train, validation, test, unsupervised, ...
        data_dir: folder with one folder per data set; None reads from the Hub.
        columns: required columns.

    Raises:
        DataError: there is no such folder or split, it has no rows, or a column is missing; all with what there is.
    """
    if data_dir is None:
        source, options = _on_hub(name)
    else:  # the files by name: by itself the library skips splits of unknown names (unsupervised)
        if split not in (splits := available_splits(name, data_dir)):
            raise DataError(f"{data_dir / name} has no {split}-*.parquet; its splits are {', '.join(splits)}")
        files = sorted(map(str, (data_dir / name).glob(f"{split}-*.parquet")))
        source, options = "parquet", {"data_files": {split: files}}
    try:
        rows = datasets.load_dataset(source, split=split, **options)
    except Exception as error:  # the library raises a dozen types: file, value, connection, parser
        raise DataError(f"cannot read split {split!r} of {name!r} from {data_dir or 'the Hub'}: {error}") from error
    if len(rows) == 0:
        raise DataError(f"split {split!r} of {name!r} has no rows")
    missing = [column for column in columns if column not in rows.column_names]
    if missing:
        raise DataError(
            f"{name!r} has no column {', '.join(map(repr, missing))}; it has {', '.join(rows.column_names)}"
        )
    return rows


def _on_hub(name: str) -> tuple[str, dict[str, Any]]:
    if name in LICENCES and name not in HUB_IDS:
        raise DataError(
            f"{name} is not on the Hub; give --data-dir with a folder {name} in it, or other data sets: the Hub has "
            f"{', '.join(sorted(HUB_IDS))}"
        )
    hub_id = HUB_IDS.get(name, name)
    return hub_id, {"revision": HUB_REVISIONS[hub_id]} if hub_id in HUB_REVISIONS else {}


def _folder(name: str, data_dir: Path) -> Path:
    folder = data_dir / name
    if not folder.is_dir():
        there = ", ".join(available_datasets(data_dir)) or "no folder"
        raise DataError(f"there is no folder {folder}; {data_dir} has {there}")
    return folder


def as_texts(rows: datasets.Dataset, name: str) -> datasets.Dataset:
    """Keep one column, `text`: `text` or `sentence` renamed, or `tokens` as running text.

    Args:
        rows: one split, as read.
        name: the data set.

    Raises:
        DataError: none of them exists, or a row has no text.
    """
    for column in TEXT_COLUMNS:
        if column in rows.column_names:
            require_column(rows, name, column, "string")
            return rows.select_columns([column]).rename_columns({column: "text"})
    if "tokens" in rows.column_names:
        return datasets.Dataset.from_dict({"text": [join_words(words) for words in class_labels(rows, "tokens")]})
    raise DataError(f"{name!r} has no column 'text', 'sentence' or 'tokens'; it has {', '.join(rows.column_names)}")


def require_column(rows: datasets.Dataset, name: str, column: str, kind: str) -> None:
    """Refuse a column of another type or with null rows.

    Args:
        rows: one split, as read.
        name: the data set.
        column: one of its columns.
        kind: string or int, of any width.

    Raises:
        DataError: naming the column and its type.
    """
    feature = rows.features[column]
    if kind not in str(getattr(feature, "dtype", "")):
        raise DataError(f"column {column!r} of {name!r} is {feature}; expected {kind}")
    if num_null := rows.data.column(column).null_count:
        raise DataError(f"column {column!r} of {name!r} is null in {num_null} rows; remove them")


def clean(text: str) -> str:
    r"""Turn all line breaks into newlines: those of web pages, Windows (CR LF) and old Macs (CR).

    >>> clean("Great.<br /><br />Really.\r\nYes.\rNo.")
    'Great.\n\nReally.\nYes.\nNo.'
    """
    return text.replace("<br />", "\n").replace("\r\n", "\n").replace("\r", "\n")


def excerpts(text: str, size: int) -> list[str]:
    r"""Cut a text at line ends into excerpts of at least `size` characters, except the last; 0 does not cut.

    >>> excerpts("one\ntwo\nthree\n", size=5)
    ['one\ntwo\n', 'three\n']
    """
    if not size:
        return [text] if text else []
    parts, part = [], ""
    for line in text.splitlines(keepends=True):
        part += line
        if len(part) >= size:
            parts.append(part)
            part = ""
    return [*parts, part] if part else parts


def in_case(text: str, case: str) -> str:
    """Convert a text to upper or lower case.

    Raises:
        InputError: `case` is not asis, lower or upper.

    >>> in_case("Ada in Bath", "upper")
    'ADA IN BATH'
    """
    if case not in CASES:
        raise unknown_name("case", case, CASES)
    return CASES[case](text)


def class_labels(rows: datasets.Dataset, column: str) -> list[list[str]]:
    """Read a column of tag lists as strings, from strings or from class indices named by the features.

    Raises:
        DataError: no lists, a null row, or an index without a name.
    """
    feature = getattr(rows.features[column], "feature", None)
    if feature is None:
        raise DataError(f"column {column!r} holds {rows.features[column]}; expected a list of tags in each row")
    num_null = sum(row is None or None in row for row in rows[column])
    if num_null:
        raise DataError(f"column {column!r} is null in {num_null} rows; remove them")
    if isinstance(feature, datasets.ClassLabel):
        unnamed = next((index for row in rows[column] for index in row if not 0 <= index < len(feature.names)), None)
        if unnamed is not None:
            raise DataError(f"column {column!r} holds the index {unnamed}; its classes are 0..{len(feature.names) - 1}")
        return [[feature.names[index] for index in row] for row in rows[column]]
    if "string" not in (dtype := str(getattr(feature, "dtype", feature))):  # large_string too
        raise DataError(f"column {column!r} holds {dtype} without names; expected strings or named classes")
    return [list(row) for row in rows[column]]
