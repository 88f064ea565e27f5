"""The step after a text: what the network would go on with."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from rnn_demo.results import GeneratedToken

Cut = Callable[[Iterator[GeneratedToken]], Iterator[GeneratedToken]]


def and_next(tokens: Iterator[GeneratedToken], cut: Cut) -> Iterator[GeneratedToken]:
    """Yield a text as it is cut, then the step after it, which is not written.

    Args:
        tokens: without an end, or to the token that ends the text.
        cut: ends them; may have to look at the next token for it.

    >>> from itertools import islice
    >>> tokens = [GeneratedToken("a", 1, 0.5), GeneratedToken("b", 2, 0.5)]
    >>> [(token.token, token.is_written) for token in and_next(iter(tokens), lambda tokens: islice(tokens, 1))]
    [('a', True), ('', False)]
    """
    newest = last = None

    def watched() -> Iterator[GeneratedToken]:
        nonlocal newest
        for newest in tokens:  # noqa: UP028 - remembers it
            yield newest

    for last in cut(watched()):
        yield last
    following = next(tokens, None) if newest is last else newest
    if following is not None:
        yield replace(following, token="", is_written=False)
