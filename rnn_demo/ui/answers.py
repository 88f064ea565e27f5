"""What a visitor may ask: each question is checked, then put to a model. Tabs and endpoints ask here, and only here.

Knows nothing of gradio. What comes in is whatever somebody sent: any JSON value, of any size.
"""

from collections.abc import Iterator, Mapping, Sequence

from rnn_demo.entities.tag import EntityTagger
from rnn_demo.errors import InputError, unknown_name
from rnn_demo.language.write import Writer
from rnn_demo.microscope.attribution import attribute, leave_out
from rnn_demo.microscope.fixed_points import find_fixed_points
from rnn_demo.microscope.fixed_points_section import fixed_points_of
from rnn_demo.microscope.gradients import gradient_over_distance
from rnn_demo.microscope.surprisal import measure_surprisal
from rnn_demo.microscope.trace import trace_hidden_states
from rnn_demo.microscope.untrained import untrained_twin
from rnn_demo.reader import Reader
from rnn_demo.results import (
    Attribution,
    FixedPoints,
    HiddenTrace,
    SentimentScore,
    Surprisal,
    TaggedText,
    TokenProbability,
)
from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.ui.readers import ReaderShelf

__all__ = ["ANY_STYLE", "MAX_CHARACTERS", "Answers"]

MAX_CHARACTERS = 20_000
"""Of one text; the longest answer takes some seconds."""
LARGEST = 1e300
"""Of a number. What is not a number at all, NaN, is not below it either."""
NUM_STARTS, MAX_TOKENS = 64, 2000
"""Of a search for fixed points while somebody waits: searches, and tokens of a text whose states are visited."""
ANY_STYLE = "any"
"""Lets the language model choose its style."""


class Answers:
    """The questions of the page.

    Args:
        shelf: the models.

    Every method raises InputError for a setting or a text that cannot be used, and CheckpointError for a model that is
    missing or broken.
    """

    def __init__(self, shelf: ReaderShelf) -> None:
        self.shelf = shelf

    def write(
        self,
        prompt: str,
        model: str,
        *,
        max_new_tokens: float,
        temperature: float,
        top_k: float,
        top_p: float,
        seed: float,
        style: str = ANY_STYLE,
    ) -> Iterator[str]:
        """Write on from a prompt; give the whole text so far after each token. Settings as in `Writer.stream`."""
        tokens = self.shelf.get(model, Writer).stream(
            checked_text("prompt", prompt),
            max_new_tokens=checked_whole("max_new_tokens", max_new_tokens),
            temperature=checked_number("temperature", temperature),
            top_k=checked_whole("top_k", top_k),
            top_p=checked_number("top_p", top_p),
            seed=checked_whole("seed", seed),
            style=checked_style(style),
        )
        return growing(prompt, (token.token for token in tokens))

    def next_tokens(
        self, prompt: str, model: str, k: float, temperature: float, *, style: str = ANY_STYLE
    ) -> list[TokenProbability]:
        """List the likeliest next tokens; settings as in `Writer.next_tokens`."""
        return self.shelf.get(model, Writer).next_tokens(
            checked_text("prompt", prompt),
            k=checked_whole("k", k),
            temperature=checked_number("temperature", temperature),
            style=checked_style(style),
        )

    def score(self, text: str, model: str) -> SentimentScore:
        """Score a text."""
        return self.shelf.get(model, SentimentScorer).predict([checked_text("text", text)])[0]

    def attribute(self, text: str, model: str) -> Attribution:
        """Share the verdict on a text out among its tokens."""
        return attribute(self.shelf.get(model, SentimentScorer), checked_text("text", text))

    def leave_out(self, text: str, model: str) -> list[float]:
        """Say by how much the logit falls without each token."""
        return leave_out(self.shelf.get(model, SentimentScorer), checked_text("text", text))

    def tag(self, text: str, model: str) -> TaggedText:
        """Mark the entities of a text."""
        return self.shelf.get(model, EntityTagger).predict([checked_text("text", text)])[0]

    def surprisal(self, text: str, model: str) -> Surprisal:
        """Read a text with a language model and say how little it expected each token."""
        return measure_surprisal(self.shelf.get(model, Writer), checked_text("text", text))

    def gradients(self, text: str, task: str) -> dict[str, dict[str, list[float]]]:
        """Measure the gradient over distance for the first network of each cell, trained and as it was drawn."""
        if task not in ("lm", "sentiment"):
            raise unknown_name("task", task, ("lm", "sentiment"))
        checked = checked_text("text", text)
        readers: dict[str, Reader] = {}
        for name in self.shelf.names(task):
            reader = self.shelf.find(name)
            readers.setdefault(reader.checkpoint.cell, reader)
        return {
            cell: {
                "trained": gradient_over_distance(reader, checked),
                "untrained": gradient_over_distance(untrained_twin(reader), checked),
            }
            for cell, reader in readers.items()
        }

    def trace(self, text: str, model: str, layer: float, part: str = "h") -> HiddenTrace:
        """Read a text with any model and keep one layer's states or gates."""
        reader, checked = self.shelf.find(model), checked_text("text", text)
        return trace_hidden_states(reader, checked, checked_whole("layer", layer), part)

    def fixed_points(self, model: str) -> Mapping[str, FixedPoints] | None:
        """Give what was found of a sentiment model in advance, trained and untrained; None where nothing was."""
        section = self.shelf.study(self.shelf.get(model, SentimentScorer).name).get("fixed_points")
        return None if section is None else fixed_points_of(section)

    def search_fixed_points(self, texts: Sequence[str], model: str) -> Iterator[float | Mapping[str, FixedPoints]]:
        """Search from the states of texts, the last MAX_TOKENS of each; yields shares done, then what was found."""
        reader = self.shelf.get(model, SentimentScorer)
        token_ids = [reader.encode(checked_text("text", text)).token_ids[-MAX_TOKENS:] for text in texts]
        found: dict[str, FixedPoints] = {}
        for state, network in (("trained", reader), ("untrained", untrained_twin(reader))):
            for news in find_fixed_points(network, token_ids, NUM_STARTS):
                if isinstance(news, FixedPoints):
                    found[state] = news
                else:
                    yield (len(found) + news) / 2
        yield found


def growing(start: str, parts: Iterator[str]) -> Iterator[str]:
    """Add parts to a text one by one; the bare start comes first.

    >>> list(growing("It", iter([" was", "."])))
    ['It', 'It was', 'It was.']
    """
    text = start
    yield text
    for part in parts:
        text += part
        yield text


def checked_text(name: str, text: object) -> str:
    """Refuse what is not a text, or too long to answer in time."""
    if not isinstance(text, str):
        raise InputError(f"the {name} is {text!r:.40}; give a string")
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"the {name} has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read: shorten it")
    return text


def checked_number(name: str, number: object) -> float:
    """Refuse what is not a number, or not a finite one."""
    if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) <= LARGEST:
        raise InputError(f"{name} is {number!r:.40}; give a number")
    return number


def checked_whole(name: str, number: object) -> int:
    """Refuse what is not a whole number of 64 bits; 3.0 is one."""
    whole = checked_number(name, number)
    if whole != int(whole) or abs(whole) >= 2**63:
        raise InputError(f"{name} is {number!r:.40}; give a whole number")
    return int(whole)


def checked_style(style: object) -> str | None:
    """Read a style's name; `any` is none in particular."""
    return None if style in (ANY_STYLE, "", None) else str(style)
