"""The styles in which a document can open, so that one model writes in four, and which data set is of which."""

from collections.abc import Iterable

__all__ = ["STYLES", "STYLE_OF", "styles_of"]

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
"""Documents of other data sets open with `<s>`."""


def styles_of(data: Iterable[str]) -> list[str]:
    """Say which styles a model has read.

    Args:
        data: what it was trained on, as dataset/split.

    >>> styles_of(["imdb/train", "english_novels/train", "else/train"])
    ['novel', 'review']
    """
    read = {STYLE_OF.get(split.split("/")[0]) for split in data}
    return [style for style in STYLES if style in read]
