"""The styles in which a document can open, so that one model writes in four, and which data set is of which."""

from collections.abc import Iterable

__all__ = ["STYLES", "STYLE_OF", "openings_of", "styles_of"]

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
    return [style for style in openings_of(data) if style is not None]


def openings_of(data: Iterable[str]) -> list[str | None]:
    """As `styles_of`, and None at the end where a model has read documents of no style.

    >>> openings_of(["imdb/train", "else/train"])
    ['review', None]
    """
    read = {STYLE_OF.get(split.split("/")[0]) for split in data}
    return [style for style in (*STYLES, None) if style in read]
