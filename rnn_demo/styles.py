"""The styles in which a document can open, so that one model writes in four, and which data set is of which."""

from collections.abc import Iterable

__all__ = ["STYLES", "STYLE_OF", "only_style_of", "styles_of"]

STYLES = ("novel", "review", "news", "play")
STYLE_OF = {
    "english_novels": "novel",
    "imdb": "review",
    "sst2": "review",
    "sst5": "review",
    "reuters21578": "news",
    "reuters_50_50": "news",
    "conll2003": "news",
    "tiny_shakespeare": "play",
}
"""Documents of other data sets are of no style: `<s>`."""


def styles_of(data: Iterable[str]) -> list[str]:
    """Say which styles a model has read.

    Args:
        data: what it was trained on, as dataset/split.

    >>> styles_of(["imdb/train", "english_novels/train", "else/train"])
    ['novel', 'review']
    """
    read = _styles(data)
    return [style for style in STYLES if style in read]


def only_style_of(data: Iterable[str]) -> str | None:
    """Say which style all is of that a model has read; None where it is not one, or not known.

    >>> only_style_of(["imdb/train", "sst5/train"]), only_style_of(["imdb/train", "else/train"])
    ('review', None)
    """
    read = _styles(data)
    return read.pop() if len(read) == 1 else None


def _styles(data: Iterable[str]) -> set[str | None]:
    return {STYLE_OF.get(split.split("/")[0]) for split in data}
