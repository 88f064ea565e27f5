"""The domains in which a document can open, so that one model writes in four, and which data set is of which."""

from collections.abc import Iterable

DOMAINS = ("novel", "review", "news", "play")
DOMAIN_OF = {
    "english_novels": "novel",
    "imdb": "review",
    "sst2": "review",
    "sst5": "review",
    "reuters21578": "news",
    "reuters_50_50": "news",
    "conll2003": "news",
    "tiny_shakespeare": "play",
}
"""Documents of other data sets are of no domain: `<s>`."""


def domains_of(data: Iterable[str]) -> list[str]:
    """Return which domains a model has read.

    Args:
        data: what it was trained on, as dataset/split.

    >>> domains_of(["imdb/train", "english_novels/train", "else/train"])
    ['novel', 'review']
    """
    return [domain for domain in prefix_domains(data) if domain is not None]


def prefix_domains(data: Iterable[str]) -> list[str | None]:
    """As `domains_of`, and None at the end where a model has read documents of no domain.

    >>> prefix_domains(["imdb/train", "else/train"])
    ['review', None]
    """
    read = {DOMAIN_OF.get(split.split("/")[0]) for split in data}
    return [domain for domain in (*DOMAINS, None) if domain in read]
