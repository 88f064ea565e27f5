"""Every question to a model: checked, computed and remembered. Tabs and endpoints ask here, and only here.

Knows nothing of gradio. Arguments may be any JSON value, of any size: they come as a visitor sent them.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache, wraps
from inspect import signature
from itertools import chain, islice
from threading import Lock, RLock
from typing import Any, Concatenate, ParamSpec, TypeVar

from rnn_demo.cells import Quantity
from rnn_demo.checks import require_integer, require_layer, require_number, require_unit
from rnn_demo.entities.clamping import Correction
from rnn_demo.entities.tag import EntityTagger
from rnn_demo.errors import InputError, unknown_name
from rnn_demo.language.cache import CacheOptions
from rnn_demo.language.clamping import Clamp
from rnn_demo.language.write import Writer
from rnn_demo.microscope.attribution import AttributedToken, Attribution, attribute, leave_one_out
from rnn_demo.microscope.baseline import random_init_baseline
from rnn_demo.microscope.basis import Basis
from rnn_demo.microscope.cell_steps import CellSteps, trace_cell_steps
from rnn_demo.microscope.clipping import ClippedStep, take_clipped_step
from rnn_demo.microscope.contexts import Context, SpanMatches, find_contexts, find_span, match_spans
from rnn_demo.microscope.correlations import UnitCorrelations
from rnn_demo.microscope.entity_attribution import attribute_entity, leave_one_word_out
from rnn_demo.microscope.fixed_points import FixedPoints, compare_fixed_points, from_entry
from rnn_demo.microscope.gradients import gradient_over_distance
from rnn_demo.microscope.held_out_corpus import HELD_OUT_NAME, HeldOutCorpus, HeldOutStore
from rnn_demo.microscope.jacobians import JacobianNorms, compare_jacobians
from rnn_demo.microscope.sentiment_direction import SentimentDirection
from rnn_demo.microscope.surprisal import Surprisal, measure_surprisal
from rnn_demo.microscope.trace import HiddenTrace, quantities_of, trace_hidden_states
from rnn_demo.microscope.units import UnitReading, rank_trace
from rnn_demo.predictor import ForwardPredictor, Predictor, Reading
from rnn_demo.results import GeneratedToken, SentimentScore, TaggedText, TokenProbability
from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.tasks import TASKS
from rnn_demo.tokenizer import EncodedText
from rnn_demo.ui.model_store import ModelStore
from rnn_demo.ui.shared_pass import SharedPass

MAX_CHARACTERS, MAX_BYTES = 20_000, 40_000
"""Of a text: what is not in the vocabulary is read byte by byte. The longest answer takes some seconds a model."""
LONG_TEXT_BYTES = 4000
"""About a thousand tokens of English."""
MAX_ANSWERS = 32
"""The last answers that are remembered; of a text of LONG_TEXT_BYTES the largest, a trace, takes 2 MB."""
NUM_READINGS = 4
"""The last readings that are kept for all answers about the same text; one of MAX_CHARACTERS takes 24 MB."""
MAX_TOGETHER = 8
"""Short texts that are read in one pass."""
MAX_CLAMPED_UNITS = 100
MAX_DEVIATIONS = 30
"""No layer of a model that can still write goes beyond it."""
NUM_CANDIDATES = 10
"""Likeliest tokens at each step of a text."""
NUM_CONTEXTS, NUM_MATCHES = 6, 8
"""Held-out contexts and spans in an answer."""
NUM_STARTS, MAX_TOKENS = 64, 2000
"""Of a search for fixed points while a visitor waits: searches, and tokens of a text whose states they start from."""
ANY_DOMAIN = "any"
"""Lets the language model choose its domain."""

Params = ParamSpec("Params")
Result = TypeVar("Result")


@dataclass(frozen=True)
class WritingSettings:
    """How to continue a prompt. `Writer.stream` checks the ranges; the Write tab passes its fields in this order."""

    temperature: float = 0.8
    max_new_tokens: int = 60
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0
    domain: str | None = ANY_DOMAIN
    finish_sentence: bool = False
    repetition_penalty: float | None = None

    def __post_init__(self) -> None:
        """Refuse an empty field of the page, which comes as None."""
        if self.seed is None:
            raise InputError("the seed is empty; give a whole number, such as 1")


def reads_text(
    method: Callable[Concatenate["Service", str, Params], Result],
) -> Callable[Concatenate["Service", str, Params], Result]:
    """Make a method of Service check its first argument, a text, and remember its last answers.

    What a visitor saves is then what the page shows, and no text is read twice for the same answer. Long texts take
    seconds: they are read one at a time, so that short ones pass them, and are not remembered, as a trace of one takes
    up to 80 MB.
    """
    _, name, *_ = signature(method).parameters

    @wraps(method)
    def answer(self: "Service", text: str, /, *args: Params.args, **kwargs: Params.kwargs) -> Result:
        if is_long(checked_text(name, text)):
            with self.long_work:
                return method(self, text, *args, **kwargs)
        key = (method.__name__, text, repr((args, kwargs)))
        return self.remember(key, lambda: method(self, text, *args, **kwargs))

    return answer


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
        self.long_work = RLock()
        """Held by what takes seconds in the lane of quick answers: a long text, held-out text read for the first time.
        Reentrant, because such an answer may be made of others."""
        self._read = lru_cache(maxsize=NUM_READINGS)(self._read_in_company)
        self._passes: dict[str, SharedPass[EncodedText, Reading]] = {}
        self._answers: OrderedDict[tuple[str, ...], Any] = OrderedDict()
        self._lock = Lock()

    def _read_in_company(self, predictor: Predictor, text: str) -> Reading:
        """Read a text; short ones that arrive while the model reads are read together."""
        if is_long(text):
            return predictor.read(text)
        with self._lock:
            share = self._passes.setdefault(predictor.name, SharedPass(predictor.read_together, MAX_TOGETHER))
        return share(predictor.encode(text))

    def remember(self, key: tuple[str, ...], compute: Callable[[], Result]) -> Result:
        """Return the answer of this key, computed unless it is among the last MAX_ANSWERS."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                remembered: Result = self._answers[key]
                return remembered
        answer = compute()
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > MAX_ANSWERS:
                self._answers.popitem(last=False)
        return answer

    def write(self, prompt: str, model: str, settings: WritingSettings, clamp: Clamp | None = None) -> Iterator[str]:
        """Continue a prompt: return an iterator over the prompt and all text so far, after each token."""
        tokens = self._stream(prompt, model, settings, clamp=clamp)
        return growing(prompt, (token.token for token in tokens))

    def write_steps(
        self, prompt: str, model: str, settings: WritingSettings, forced: object = ()
    ) -> Iterator[GeneratedToken]:
        """Continue a prompt: return an iterator over its tokens, with the NUM_CANDIDATES likeliest at each step.

        The last step is the one after the text. With `forced`, a list of token ids, the continuation begins with them.
        """
        if not isinstance(forced, Sequence) or isinstance(forced, str):
            raise InputError(f"the forced tokens are {forced!r:.40}; give a list of token ids")
        return self._stream(prompt, model, settings, forced=forced, num_candidates=NUM_CANDIDATES)

    def _stream(self, prompt: str, model: str, settings: WritingSettings, **more: Any) -> Iterator[GeneratedToken]:
        writer = self.store.get(model, Writer)
        domain = self._domain(writer, checked_text("prompt", prompt), settings)
        tokens = writer.stream(prompt, **{**asdict(settings), "domain": domain}, **more)
        return self._begun(tokens) if is_long(prompt) else tokens

    def _begun(self, tokens: Iterator[GeneratedToken]) -> Iterator[GeneratedToken]:
        """Yield the tokens after a long prompt, which is read when the first one is."""
        with self.long_work:
            first = list(islice(tokens, 1))
        yield from chain(first, tokens)

    @reads_text
    def next_tokens(self, prompt: str, model: str, k: int, settings: WritingSettings) -> list[TokenProbability]:
        """Return the likeliest next tokens, likeliest first; the settings shape them as they shape what is written."""
        writer = self.store.get(model, Writer)
        domain = self._domain(writer, prompt, settings)
        return writer.next_tokens(prompt, k, settings.temperature, domain, top_k=settings.top_k, top_p=settings.top_p)

    def _domain(self, writer: Writer, prompt: str, settings: WritingSettings) -> str | None:
        """Return the domain to write in: the chosen one, or the likeliest, which is found once for a prompt."""
        if settings.domain not in (ANY_DOMAIN, "", None):
            return str(settings.domain)
        prompt = prompt.rstrip()
        return self.remember(("domain", writer.name, prompt), lambda: writer.likeliest_domain(prompt))

    def clamp(self, model: str, units: object, layer: int, direction: float = 0.0) -> Clamp:
        """Return what to clamp.

        Args:
            model: a language model.
            units: unit -> value; the units may be strings, as in JSON.
            layer: negative numbers count from the end.
            direction: clamp the sentiment direction at this many standard deviations from its mean; 0 = off.
        """
        config = self.store.get(model, Writer).model.config
        clamp = Clamp(require_layer(layer, config.num_layers), checked_units(units))
        clamp.check(config)
        allowed = f"in -{MAX_DEVIATIONS}..{MAX_DEVIATIONS}; 0 = off"
        if require_number("direction", direction, lambda number: abs(number) <= MAX_DEVIATIONS, allowed) == 0:
            return clamp
        sentiment = self.sentiment_direction(model, clamp.layer)
        if sentiment is None:
            raise InputError(
                f"no sentiment direction was precomputed for {model}: leave direction at 0, or compute it with "
                f"`python train.py precompute {model}`"
            )
        return replace(clamp, direction=sentiment.vector, projection=sentiment.at(direction))

    def sentiment_direction(self, model: str, layer: int) -> SentimentDirection | None:
        """Return the sentiment direction of a layer; None where none was precomputed."""
        entry = self.store.precomputed(model).get("sentiment_direction")
        return None if entry is None else SentimentDirection.from_entry(entry, layer)

    @reads_text
    def score(self, text: str, model: str) -> SentimentScore:
        """Score a text."""
        scorer = self.store.get(model, SentimentScorer)
        return scorer.score(self._read(scorer, text))

    def score_before(self, model: str) -> float:
        """Return the score before the first token of any text."""
        return self.remember(("score_before", str(model)), self.store.get(model, SentimentScorer).score_before)

    @reads_text
    def attribute(self, text: str, model: str, entity: int = 0) -> Attribution:
        """Attribute a score to the tokens of a text; of an entity model, the log-odds of one entity."""
        if isinstance(tagger := self.store.find(model, "sentiment"), EntityTagger):
            return attribute_entity(tagger, self.tag(text, model), require_integer("entity", entity, 0))
        scorer = self.store.get(model, SentimentScorer)
        return attribute(scorer, self._read(scorer, text).encoded)

    @reads_text
    def leave_one_out(self, text: str, model: str) -> tuple[AttributedToken, ...]:
        """Return by how much the logit drops without each token."""
        scorer = self.store.get(model, SentimentScorer)
        return leave_one_out(scorer, self._read(scorer, text).encoded)

    @reads_text
    def leave_one_word_out(self, text: str, model: str, entity: int) -> tuple[AttributedToken, ...]:
        """Return by how much the log-odds of an entity fall without each word."""
        return leave_one_word_out(
            self.store.get(model, EntityTagger), self.tag(text, model), require_integer("entity", entity, 0)
        )

    @reads_text
    def tag(self, text: str, model: str) -> TaggedText:
        """Find the entities of a text."""
        return self.store.get(model, EntityTagger).predict([text])[0]

    @reads_text
    def correct(self, text: str, model: str, corrections: tuple[Correction, ...]) -> TaggedText:
        """Find the entities of a text in which somebody has said what some words are."""
        return self.store.get(model, EntityTagger).correct(text, corrections)

    def tags(self, model: str) -> tuple[str, ...]:
        """Return the tags that a tagger gives words: O, B-PER, .."""
        return self.store.get(model, EntityTagger).model.crf.tags

    @reads_text
    def surprisal(self, text: str, model: str, cache: bool = False) -> Surprisal:
        """Return how surprising a language model finds each token of a text, alone or with a neural cache."""
        writer = self.store.get(model, Writer)
        return measure_surprisal(writer, self._read(writer, text), CacheOptions() if cache else None)

    @reads_text
    def gradients(self, text: str, task: str) -> dict[str, dict[str, list[float]]]:
        """Measure the gradient over distance for a network of each cell, trained and untrained."""
        norms = {}
        for cell, predictor in self._predictors_by_cell(task).items():
            encoded, baseline = predictor.encode(text), random_init_baseline(predictor)
            norms[cell] = {
                "trained": gradient_over_distance(predictor, encoded),
                "untrained": gradient_over_distance(baseline, encoded),
            }
        return norms

    @reads_text
    def singular_values(self, text: str, task: str) -> dict[str, JacobianNorms]:
        """Measure the recurrent Jacobians along a text, for the networks of `gradients`."""
        predictors = self._predictors_by_cell(task)
        return {cell: compare_jacobians(predictor, predictor.encode(text)) for cell, predictor in predictors.items()}

    @reads_text
    def clipped_step(self, text: str, model: str, clip_norm: float, step_size: float) -> ClippedStep:
        """Take a training step on a text, on a copy of a language model, with gradient clipping and without."""
        writer = self.store.get(model, Writer)
        return take_clipped_step(writer, writer.encode(text), clip_norm, step_size)

    @reads_text
    def cell_steps(self, text: str, model: str, layer: int = -1, units: Sequence[int] | None = None) -> CellSteps:
        """Return every number of the equations at each step of one layer, for a few of its units."""
        predictor = self.store.find(model)
        return trace_cell_steps(predictor, predictor.encode(text), layer, units)

    @reads_text
    def gradient(self, text: str, model: str) -> list[float]:
        """Measure the gradient over distance for one network that reads forwards only."""
        predictor = self.store.find(model)
        if not isinstance(predictor, ForwardPredictor):
            raise InputError(f"{model} reads in both directions; choose a language model or a sentiment model")
        return gradient_over_distance(predictor, predictor.encode(text))

    def names_of_cells(self, model: str) -> dict[str, str]:
        """Return a model for each cell: this one, and of the other cells those that are compared for its task."""
        predictor = self.store.find(model)
        return {**self.store.names_by_cell(predictor.task), predictor.checkpoint.cell: predictor.name}

    def _predictors_by_cell(self, task: str) -> dict[str, ForwardPredictor]:
        """Return a network of each cell; they were trained alike where there are such."""
        allowed = [name for name, known in TASKS.items() if issubclass(known.predictor, ForwardPredictor)]
        if task not in allowed:
            raise unknown_name("task", task, allowed)
        predictors = {cell: self.store.find(name) for cell, name in self.store.names_by_cell(task).items()}
        return {cell: predictor for cell, predictor in predictors.items() if isinstance(predictor, ForwardPredictor)}

    def num_layers(self, model: str) -> int:
        """Return the number of layers of a model."""
        return int(self.store.find(model).model.encoder.config.num_layers)

    def quantities(self, model: str) -> dict[str, Quantity]:
        """Return the states and gates of a model's cells, the states first, h at their head."""
        return quantities_of(self.store.find(model))

    @reads_text
    def trace(self, text: str, model: str, layer: int, quantity: str = "h") -> HiddenTrace:
        """Read a text with any model and return the states or gates of one layer."""
        predictor = self.store.find(model)
        return trace_hidden_states(predictor, self._read(predictor, text), layer, quantity)

    @reads_text
    def units(self, text: str, model: str, layer: int, quantity: str = "h") -> UnitReading:
        """Read a text with any model and rank the units of one layer by the features that they track."""
        entry = self.store.precomputed(model).get("units") if quantity == "h" else None
        known = None if entry is None else UnitCorrelations.from_entry(entry)
        return rank_trace(self.trace(text, model, layer, quantity), known)

    def contexts(self, model: str, layer: int, unit: int, quantity: str = "h") -> tuple[list[Context], list[Context]]:
        """Return the held-out contexts where a unit is highest, and where lowest; the first call takes seconds."""
        predictor = self.store.find(model)
        config = predictor.model.encoder.config
        layer, unit = require_layer(layer, config.num_layers), require_unit(unit, config.hidden_size)
        if quantity not in quantities_of(predictor):
            raise unknown_name("quantity", quantity, quantities_of(predictor))
        corpus = self._held_out_corpus(predictor, quantity)
        highest = find_contexts(corpus, layer, unit, NUM_CONTEXTS)
        return highest, find_contexts(corpus, layer, unit, NUM_CONTEXTS, highest=False)

    def has_contexts(self, model: str, quantity: str) -> bool:
        """Return whether `contexts` would answer at once."""
        return self.held_out.has(self.store.find(model), quantity)

    def _held_out_corpus(self, predictor: Predictor, quantity: str) -> HeldOutCorpus:
        if self.held_out.has(predictor, quantity):
            return self.held_out.get(predictor, quantity)
        with self.long_work:
            return self.held_out.get(predictor, quantity)

    def similar_spans(
        self, text: str, words: str, model: str, layer: int, threshold: float, quantity: str = "h"
    ) -> SpanMatches:
        """Find the held-out spans in which most of the units are on that are on over some words of a text."""
        threshold = require_number("threshold", threshold, lambda number: number >= 0, "0 or more")
        reading = self.units(text, model, layer, quantity)
        first, last = find_span(text, reading.trace.spans, checked_text("words", words))
        corpus = self._held_out_corpus(self.store.find(model), quantity)
        states = reading.trace.states[first : last + 1]
        units, matches = match_spans(corpus, reading.trace.layer, states, threshold, NUM_MATCHES)
        span = text[reading.trace.spans[first][0] : reading.trace.spans[last][1]]
        return SpanMatches(span, tuple(units), tuple(matches))

    def basis(self, model: str, layer: int, quantity: str) -> Basis | None:
        """Return the principal axes of a layer's states, counted from 0; None where none were precomputed."""
        entry = self.store.precomputed(model).get("basis")
        return None if entry is None else Basis.from_entry(entry, layer, quantity)

    def fixed_points(self, model: str) -> Mapping[str, FixedPoints] | None:
        """Return the fixed points of a sentiment model, trained and untrained; None where none were precomputed."""
        entry = self.store.precomputed(self.store.get(model, SentimentScorer).name).get("fixed_points")
        return None if entry is None else from_entry(entry)

    def search_fixed_points(self, texts: Sequence[str], model: str) -> Iterator[float | Mapping[str, FixedPoints]]:
        """Search from the states of texts, the last MAX_TOKENS of each; yield the fraction done, then the result."""
        predictor = self.store.get(model, SentimentScorer)
        token_ids = [predictor.encode(checked_text("text", text)).token_ids[-MAX_TOKENS:] for text in texts]
        yield (yield from compare_fixed_points(predictor, token_ids, NUM_STARTS))


def growing(start: str, parts: Iterator[str]) -> Iterator[str]:
    """Yield a text as it grows by parts; the start alone comes first.

    >>> list(growing("It", iter([" was", "."])))
    ['It', 'It was', 'It was.']
    """
    text = start
    yield text
    for part in parts:
        text += part
        yield text


def is_long(text: str) -> bool:
    """Return whether a text has more than LONG_TEXT_BYTES."""
    return len(text.encode(errors="replace")) > LONG_TEXT_BYTES


def checked_text(name: str, text: object) -> str:
    """Refuse what is not a string, or too long to answer in time."""
    if not isinstance(text, str):
        raise InputError(f"the {name} is {text!r:.60}; give a string")
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"the {name} has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read: shorten it")
    if (size := len(text.encode("utf-8", errors="replace"))) > MAX_BYTES:
        raise InputError(f"the {name} has {size:,} bytes (UTF-8); at most {MAX_BYTES:,} are read: shorten it")
    return text


def checked_units(units: object) -> dict[int, float]:
    """Return units with their values, as JSON or Python has them.

    >>> checked_units({"12": 1, 40: -0.5})
    {12: 1.0, 40: -0.5}
    """
    if not isinstance(units, Mapping):
        raise InputError(f'units is {units!r:.40}; give units and values, such as {{"12": 1.0}}')
    if len(units) > MAX_CLAMPED_UNITS:
        raise InputError(f"{len(units):,} units are given; clamp at most {MAX_CLAMPED_UNITS}")
    values: dict[int, float] = {}
    for unit, value in units.items():
        number = str(unit).strip()
        if not (number.isascii() and number.isdecimal() and len(number) < 10):
            raise InputError(f"unit is {unit!r:.40}; give its number, 0 or more")
        values[int(number)] = require_number(f"the value of unit {number}", value)
    return values
