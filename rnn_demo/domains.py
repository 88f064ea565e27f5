"""The domains that a document can be of, so that one model writes in each of them, and the domain of each data set."""

from collections.abc import Iterable

CONTROL_SYMBOL_OF = {
    "novel": "<novel>",
    "review": "<review>",
    "news": "<news>",
    "play": "<play>",
    "story": "<spare0>",
}
"""The subword that stands before a document of each domain. Every tokenizer.model has spares for domains to come."""
DOMAINS = tuple(CONTROL_SYMBOL_OF)
DOMAIN_OF = {
    "english_novels": "novel",
    "imdb": "review",
    "sst2": "review",
    "sst5": "review",
    "reuters21578": "news",
    "reuters_50_50": "news",
    "conll2003": "news",
    "tiny_shakespeare": "play",
    "simple_stories": "story",
}
"""Documents of other data sets have no domain: they start with `<s>`."""


def domains_of(data: Iterable[str]) -> list[str]:
    """Return the domains that a model has read.

    Args:
        data: what it was trained on, as dataset/split.

    >>> domains_of(["imdb/train", "english_novels/train", "else/train"])
    ['novel', 'review']
    """
    return [domain for domain in prefix_domains(data) if domain is not None]


def prefix_domains(data: Iterable[str]) -> list[str | None]:
    """As `domains_of`, and None at the end for a model that has read documents of no domain.

    >>> prefix_domains(["imdb/train", "else/train"])
    ['review', None]
    """
    read = {DOMAIN_OF.get(split.split("/")[0]) for split in data}
    return [domain for domain in (*DOMAINS, None) if domain in read]
