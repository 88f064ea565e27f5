"""What a visitor may ask: each question is checked, then put to a model. Tabs and endpoints ask here, and only here.

Knows nothing of gradio. What comes in is whatever somebody sent: any JSON value, of any size.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rnn_demo.entities.tag import EntityTagger
from rnn_demo.errors import InputError, unknown_name
from rnn_demo.language.clamping import Clamp
from rnn_demo.language.write import Writer
from rnn_demo.microscope.attribution import AttributedToken, Attribution, attribute, leave_one_out
from rnn_demo.microscope.baseline import random_init_baseline
from rnn_demo.microscope.basis import Basis, read_basis
from rnn_demo.microscope.clipping import ClippedStep, take_clipped_step
from rnn_demo.microscope.contexts import Context, SpanMatches, find_contexts, find_span, match_spans
from rnn_demo.microscope.entity_attribution import attribute_entity, leave_one_word_out
from rnn_demo.microscope.fixed_points import FixedPoints, find_fixed_points
from rnn_demo.microscope.fixed_points_section import fixed_points_of
from rnn_demo.microscope.gradients import gradient_over_distance
from rnn_demo.microscope.held_out_corpus import HELD_OUT_NAME, HeldOutStore
from rnn_demo.microscope.jacobians import JacobianNorms, compare_jacobians
from rnn_demo.microscope.sentiment_direction import SentimentDirection, read_direction
from rnn_demo.microscope.surprisal import Surprisal, measure_surprisal
from rnn_demo.microscope.trace import HiddenTrace, quantities_of, trace_hidden_states
from rnn_demo.microscope.units import UnitReading, read_units
from rnn_demo.predictor import ForwardPredictor, Predictor
from rnn_demo.results import SentimentScore, TaggedText, TokenProbability
from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.tasks import TASKS
from rnn_demo.ui.model_store import ModelStore

MAX_CHARACTERS, MAX_BYTES = 20_000, 40_000
"""Of one text: what is not in the vocabulary is read byte by byte. The longest answer takes some seconds a model."""
MAX_CLAMPED_UNITS = 100
MAX_DEVIATIONS = 30
"""Beyond it no layer of a model that can still write."""
LARGEST = 1e300
"""Of a number. What is not a number at all, NaN, is not below it either."""
NUM_CONTEXTS, NUM_MATCHES = 6, 8
"""Held-out places that are shown."""
NUM_STARTS, MAX_TOKENS = 64, 2000
"""Of a search for fixed points while somebody waits: searches, and tokens of a text whose states are visited."""
ANY_DOMAIN = "any"
"""Lets the language model choose its domain."""


class Service:
    """The questions of the page.

    Args:
        store: the models.

    Every method raises InputError for a setting or a text that cannot be used, and CheckpointError for a model that is
    missing or broken.
    """

    def __init__(self, store: ModelStore) -> None:
        self.store = store
        self.held_out = HeldOutStore(store.checkpoints_dir / HELD_OUT_NAME)

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
        domain: str = ANY_DOMAIN,
        clamp: Clamp | None = None,
    ) -> Iterator[str]:
        """Write on from a prompt; give the whole text so far after each token. Settings as in `Writer.stream`."""
        tokens = self.store.get(model, Writer).stream(
            checked_text("prompt", prompt),
            max_new_tokens=checked_whole("max_new_tokens", max_new_tokens),
            temperature=checked_number("temperature", temperature),
            top_k=checked_whole("top_k", top_k),
            top_p=checked_number("top_p", top_p),
            seed=checked_whole("seed", seed),
            domain=checked_domain(domain),
            clamp=clamp,
        )
        return growing(prompt, (token.token for token in tokens))

    def clamp(self, model: str, units: object, layer: float, direction: float = 0.0) -> Clamp:
        """Return what to hold.

        Args:
            model: a language model.
            units: unit -> value; the units may be strings, as in JSON.
            layer: negative counts from the end.
            direction: how many standard deviations from its mean to hold the sentiment direction; 0 lets it go.
        """
        config = self.store.get(model, Writer).model.config
        held = Clamp(checked_whole("layer", layer), checked_units(units))
        held.check(config)
        if not -MAX_DEVIATIONS <= checked_number("direction", direction) <= MAX_DEVIATIONS:
            raise InputError(
                f"direction is {direction!r:.40}; give -{MAX_DEVIATIONS} to {MAX_DEVIATIONS}, or 0 for none"
            )
        if direction == 0:
            return held
        found = self.sentiment_direction(model, held.layer)
        if found is None:
            raise InputError(
                f"no sentiment direction is known of {model}: leave direction at 0, or make it with "
                f"`python train.py study {model}`"
            )
        return replace(held, direction=found.vector, projection=found.at(direction))

    def sentiment_direction(self, model: str, layer: int) -> SentimentDirection | None:
        """Return what the study of a model found of one of its layers; None where there is none."""
        section = self.store.study(model).get("sentiment_direction")
        return None if section is None else read_direction(section, layer)

    def next_tokens(
        self,
        prompt: str,
        model: str,
        k: float,
        temperature: float,
        *,
        domain: str = ANY_DOMAIN,
        top_k: float = 0,
        top_p: float = 1.0,
    ) -> list[TokenProbability]:
        """List the likeliest next tokens; settings as in `Writer.next_tokens`."""
        return self.store.get(model, Writer).next_tokens(
            checked_text("prompt", prompt),
            k=checked_whole("k", k),
            temperature=checked_number("temperature", temperature),
            domain=checked_domain(domain),
            top_k=checked_whole("top_k", top_k),
            top_p=checked_number("top_p", top_p),
        )

    def score(self, text: str, model: str) -> SentimentScore:
        """Score a text."""
        return self.store.get(model, SentimentScorer).predict([checked_text("text", text)])[0]

    def score_before(self, model: str) -> float:
        """Return the score before the first token of any text."""
        return self.store.get(model, SentimentScorer).score_before()

    def attribute(self, text: str, model: str, entity: float = 0) -> Attribution:
        """Share the verdict on a text out among its tokens; of an entity model, that on one of its entities."""
        if isinstance(tagger := self.store.find(model, "sentiment"), EntityTagger):
            return attribute_entity(tagger, checked_text("text", text), checked_whole("entity", entity))
        return attribute(self.store.get(model, SentimentScorer), checked_text("text", text))

    def leave_one_out(self, text: str, model: str) -> list[float]:
        """Return by how much the logit falls without each token."""
        return leave_one_out(self.store.get(model, SentimentScorer), checked_text("text", text))

    def leave_one_word_out(self, text: str, model: str, entity: float) -> tuple[AttributedToken, ...]:
        """Return by how much the log-odds of an entity fall without each word."""
        tagger = self.store.get(model, EntityTagger)
        return leave_one_word_out(tagger, checked_text("text", text), checked_whole("entity", entity))

    def tag(self, text: str, model: str) -> TaggedText:
        """Mark the entities of a text."""
        return self.store.get(model, EntityTagger).predict([checked_text("text", text)])[0]

    def surprisal(self, text: str, model: str) -> Surprisal:
        """Read a text with a language model and say how little it expected each token."""
        return measure_surprisal(self.store.get(model, Writer), checked_text("text", text))

    def gradients(self, text: str, task: str) -> dict[str, dict[str, list[float]]]:
        """Measure the gradient over distance for a network of each cell, trained and as it was drawn."""
        predictors, checked = self._predictors_by_cell(task), checked_text("text", text)
        return {
            cell: {
                "trained": gradient_over_distance(predictor, checked),
                "untrained": gradient_over_distance(random_init_baseline(predictor), checked),
            }
            for cell, predictor in predictors.items()
        }

    def singular_values(self, text: str, task: str) -> dict[str, JacobianNorms]:
        """Measure the recurrent Jacobians along a text, for the networks of `gradients`."""
        predictors, checked = self._predictors_by_cell(task), checked_text("text", text)
        return {cell: compare_jacobians(predictor, checked) for cell, predictor in predictors.items()}

    def clipped_step(self, text: str, model: str, clip_norm: float, step_size: float) -> ClippedStep:
        """Take a training step on a text, on a copy of a language model, with clipping and without."""
        return take_clipped_step(
            self.store.get(model, Writer),
            checked_text("text", text),
            checked_number("clip_norm", clip_norm),
            checked_number("step_size", step_size),
        )

    def _predictors_by_cell(self, task: str) -> dict[str, ForwardPredictor]:
        """Return a network of each cell, trained alike where there are such."""
        allowed = [name for name, known in TASKS.items() if issubclass(known.predictor, ForwardPredictor)]
        if task not in allowed:
            raise unknown_name("task", task, allowed)
        predictors = {cell: self.store.find(name) for cell, name in self.store.names_by_cell(task).items()}
        return {cell: predictor for cell, predictor in predictors.items() if isinstance(predictor, ForwardPredictor)}

    def trace(self, text: str, model: str, layer: float, quantity: str = "h") -> HiddenTrace:
        """Read a text with any model and keep one layer's states or gates."""
        predictor, checked = self.store.find(model), checked_text("text", text)
        return trace_hidden_states(predictor, checked, checked_whole("layer", layer), quantity)

    def units(self, text: str, model: str, layer: float, quantity: str = "h") -> UnitReading:
        """Read a text with any model and rank the units of one layer by what they keep track of."""
        predictor, checked = self.store.find(model), checked_text("text", text)
        return read_units(
            predictor, checked, checked_whole("layer", layer), quantity, self.store.study(model).get("units")
        )

    def contexts(
        self, model: str, layer: float, unit: float, quantity: str = "h"
    ) -> tuple[list[Context], list[Context]]:
        """Find where in the held-out text a unit is highest, and where lowest; takes seconds when first asked."""
        predictor = self.store.find(model)
        which, one = checked_place(predictor, layer, unit)
        if quantity not in quantities_of(predictor):
            raise unknown_name("quantity", quantity, quantities_of(predictor))
        reference = self.held_out.get(predictor, quantity)
        highest = find_contexts(reference, which, one, NUM_CONTEXTS)
        return highest, find_contexts(reference, which, one, NUM_CONTEXTS, highest=False)

    def has_contexts(self, model: str, quantity: str) -> bool:
        """Return whether `contexts` would answer at once."""
        return self.held_out.has(self.store.find(model), quantity)

    def similar_spans(
        self, text: str, words: str, model: str, layer: float, threshold: float, quantity: str = "h"
    ) -> SpanMatches:
        """Find the held-out spans over which most of the units are on that are on over some words of a text."""
        least = checked_number("threshold", threshold)
        if least < 0:
            raise InputError(f"threshold is {least}; give 0 or more")
        reading = self.units(text, model, layer, quantity)
        first, last = find_span(text, reading.spans, checked_text("words", words))
        reference = self.held_out.get(self.store.find(model), quantity)
        states = reading.trace.states[first : last + 1]
        units, matches = match_spans(reference, reading.trace.layer, states, least, NUM_MATCHES)
        span = text[reading.spans[first][0] : reading.spans[last][1]]
        return SpanMatches(span, tuple(units), tuple(matches))

    def basis(self, model: str, layer: int, quantity: str) -> Basis | None:
        """Return the axes of a layer's states, counted from 0; None where none were computed in advance."""
        return read_basis(self.store.study(model).get("basis"), layer, quantity)

    def fixed_points(self, model: str) -> Mapping[str, FixedPoints] | None:
        """Return what was found of a sentiment model in advance, trained and untrained; None where nothing was."""
        section = self.store.study(self.store.get(model, SentimentScorer).name).get("fixed_points")
        return None if section is None else fixed_points_of(section)

    def search_fixed_points(self, texts: Sequence[str], model: str) -> Iterator[float | Mapping[str, FixedPoints]]:
        """Search from the states of texts, the last MAX_TOKENS of each; yields shares done, then what was found."""
        predictor = self.store.get(model, SentimentScorer)
        token_ids = [predictor.encode(checked_text("text", text)).token_ids[-MAX_TOKENS:] for text in texts]
        found: dict[str, FixedPoints] = {}
        for state, network in (("trained", predictor), ("untrained", random_init_baseline(predictor))):
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
    for quantity in parts:
        text += quantity
        yield text


def checked_text(name: str, text: object) -> str:
    """Refuse what is not a text, or too long to answer in time."""
    if not isinstance(text, str):
        raise InputError(f"the {name} is {text!r:.40}; give a string")
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"the {name} has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read: shorten it")
    if (size := len(text.encode("utf-8", errors="replace"))) > MAX_BYTES:
        raise InputError(f"the {name} has {size:,} bytes (UTF-8); at most {MAX_BYTES:,} are read: shorten it")
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


def checked_place(predictor: Predictor, layer: object, unit: object) -> tuple[int, int]:
    """Refuse a layer or a unit that a predictor has not; give the layer counted from 0."""
    config = predictor.model.encoder.config
    which, one = checked_whole("layer", layer), checked_whole("unit", unit)
    if not -config.num_layers <= which < config.num_layers:
        raise InputError(f"layer is {which}; {predictor.name} has {config.num_layers}: give 0..{config.num_layers - 1}")
    if not 0 <= one < config.hidden_size:
        raise InputError(
            f"unit is {one}; a layer of {predictor.name} has {config.hidden_size}: give 0..{config.hidden_size - 1}"
        )
    return which % config.num_layers, one


def checked_units(units: object) -> dict[int, float]:
    """Read units and values, as JSON or Python has them.

    >>> checked_units({"12": 1, 40: -0.5})
    {12: 1.0, 40: -0.5}
    """
    if not isinstance(units, Mapping):
        raise InputError(f'units is {units!r:.40}; give units and values, such as {{"12": 1.0}}')
    if len(units) > MAX_CLAMPED_UNITS:
        raise InputError(f"{len(units):,} units are given; hold at most {MAX_CLAMPED_UNITS}")
    read: dict[int, float] = {}
    for unit, value in units.items():
        number = str(unit).strip()
        if not (number.isascii() and number.isdecimal() and len(number) < 10):
            raise InputError(f"unit is {unit!r:.40}; give its number, 0 or more")
        read[int(number)] = float(checked_number(f"the value of unit {number}", value))
    return read


def checked_domain(domain: object) -> str | None:
    """Read a domain's name; `any` is none in particular."""
    return None if domain in (ANY_DOMAIN, "", None) else str(domain)
