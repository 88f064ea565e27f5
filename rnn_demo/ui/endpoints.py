"""The named endpoints, for gradio_client and plain HTTP: numbers and texts, no figures."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, cast

import numpy as np
from gradio.events import api

from rnn_demo.microscope.fixed_points import FixedPoints
from rnn_demo.ui.hidden_states.paths import numbers_of
from rnn_demo.ui.service import ANY_DOMAIN, Service, WritingSettings
from rnn_demo.ui.shared.events import QUICK, SLOW, WRITING, shows_errors, throttled
from rnn_demo.ui.shared.examples import SENTIMENT_TEXTS
from rnn_demo.ui.shared.export import attribution_numbers

LANES = {
    "generate": WRITING,
    "generate_holding": WRITING,
    "attribute": SLOW,
    "clipped_step": SLOW,
    "fixed_points": SLOW,
}
"""Endpoint -> lane; the others are QUICK."""


class Endpoints:
    """What programs may call: each public method is an endpoint. "Use via API" on the page shows the docstrings.

    gradio reads one line a parameter.

    Args:
        service: computes the answers.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def generate(
        self,
        prompt: str,
        model: str = "lm-lstm",
        max_new_tokens: int = 60,
        temperature: float = 0.8,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int = 0,
        style: str = ANY_DOMAIN,
        repetition_penalty: float | None = None,
        finish_sentence: bool = False,
    ) -> Iterator[str]:
        """Continue a prompt, streamed: each value is the prompt with all text written so far.

        Args:
            prompt: the text to continue; may be empty.
            model: a language model.
            max_new_tokens: the most tokens to write, 1 to 2000.
            temperature: 0 always takes the likeliest token, 1 samples from the model's own distribution; at most 2.
            top_k: sample from this many of the likeliest tokens; 0 = no limit.
            top_p: sample from the likeliest tokens that together reach this probability; 1 = no limit.
            seed: the same seed, model and prompt write the same text.
            style: the domain, such as novel, review, news or play; any = chosen from the prompt.
            repetition_penalty: 1 = off, up to 2; without a value 1.2 at temperatures below 0.3, else off.
            finish_sentence: go on beyond max_new_tokens until a sentence ends, by at most 60 tokens or 240 characters.
        """
        settings = WritingSettings(
            temperature, max_new_tokens, top_k, top_p, seed, style, finish_sentence, repetition_penalty
        )
        yield from throttled(self._service.write(prompt, model, settings))

    def generate_holding(
        self,
        prompt: str,
        units: dict[str, float] = {"12": 1.0},  # noqa: B006 - only read; gradio shows it as the default
        model: str = "lm-lstm",
        layer: int = -1,
        max_new_tokens: int = 60,
        temperature: float = 0.8,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int = 0,
        style: str = ANY_DOMAIN,
        direction: float = 0.0,
        repetition_penalty: float | None = None,
        finish_sentence: bool = False,
    ) -> Iterator[str]:
        """Continue a prompt with units of one layer clamped to values of your choice; streamed as by /generate.

        Args:
            prompt: the text to continue; may be empty. Clamping starts at its last token.
            units: unit to value, such as {"12": 1.0, "40": -1}; {} clamps none. Most cells keep h within -1..1.
            model: a language model.
            layer: 0 is nearest to the words; -1 is the last.
            max_new_tokens: the most tokens to write, 1 to 2000.
            temperature: 0 always takes the likeliest token, 1 samples from the model's own distribution; at most 2.
            top_k: sample from this many of the likeliest tokens; 0 = no limit.
            top_p: sample from the likeliest tokens that together reach this probability; 1 = no limit.
            seed: the same seed, model and prompt write the same text.
            style: the domain, such as novel, review, news or play; any = chosen from the prompt.
            direction: clamp the layer's sentiment direction this many standard deviations from its mean; 0 = off.
            repetition_penalty: 1 = off, up to 2; without a value 1.2 at temperatures below 0.3, else off.
            finish_sentence: go on beyond max_new_tokens until a sentence ends, by at most 60 tokens or 240 characters.
        """
        clamp = self._service.clamp(model, units, layer, direction)
        settings = WritingSettings(
            temperature, max_new_tokens, top_k, top_p, seed, style, finish_sentence, repetition_penalty
        )
        yield from throttled(self._service.write(prompt, model, settings, clamp))

    generate_clamped = generate_holding  # the former name stays for the programs that call it

    def next_tokens(
        self, prompt: str, model: str = "lm-lstm", k: int = 10, temperature: float = 1.0
    ) -> list[dict[str, Any]]:
        """Return the likeliest next tokens as [{token, probability}], likeliest first.

        Args:
            prompt: the text so far; may be empty.
            model: a language model.
            k: the number of tokens.
            temperature: 0 gives one token all the probability, 1 is the model's own distribution; at most 2.
        """
        settings = WritingSettings(temperature=temperature)
        return [asdict(candidate) for candidate in self._service.next_tokens(prompt, model, k, settings)]

    def score_sentiment(self, text: str, model: str = "sentiment-lstm") -> dict[str, Any]:
        """Score a text: {score, label, tokens: [{token, start, end, score}]}, with the running score after each token.

        Args:
            text: the text to score, such as a review.
            model: a sentiment model.
        """
        return asdict(self._service.score(text, model))

    def attribute(self, text: str, model: str = "sentiment-lstm", entity: int = 0) -> dict[str, Any]:
        """Attribute a prediction to the tokens of a text, by integrated gradients from a blank input.

        Returns {tokens: [{token, start, end, attribution}], difference, gap}, in logits. `gap` is the completeness
        error: the sum of the attributions minus the difference.

        Args:
            text: the text to explain, at most 2,000 tokens.
            model: a sentiment model; or an entity model, whose log-odds of one entity are attributed.
            entity: of an entity model, the index in the list that /tag_entities returns, from 0.
        """
        return attribution_numbers(self._service.attribute(text, model, entity))

    def tag_entities(self, text: str, model: str = "ner-lstm") -> dict[str, Any]:
        """Find the named entities of a text.

        Returns {text, entities: [{label, start, end, confidence}], tokens: [{token, start, end, tag, confidence,
        pos}]}. Offsets count code points.

        Args:
            text: the text to tag.
            model: an entity model.
        """
        return asdict(self._service.tag(text, model))

    def trace_hidden_states(
        self, text: str, model: str = "sentiment-lstm", layer: int = -1, part: str = "h"
    ) -> dict[str, Any]:
        """Read a text and return {tokens, points: [[x, y]], explained_variance, states: [[...]], basis, num_skipped}.

        One point and one state for each of the last 2,000 tokens. The points are projections on the principal
        components of the states of "held-out texts", or of "this text" where there are none.

        Args:
            text: the text to read.
            model: any model.
            layer: 0 is nearest to the words; -1 is the last.
            part: the quantity: h, the cell state c of an LSTM, or a gate by its name, such as forget or update.
        """
        return numbers_of(self._service, text, model, layer, part)

    def unit_activations(self, text: str, model: str = "lm-lstm", layer: int = -1) -> dict[str, Any]:
        """Read a text and return the activations of each unit of a layer, with the feature it correlates with best.

        Returns {tokens, activations: a row of units for each token, ranked_units: [{unit, feature, correlation}],
        num_skipped} for the last 2,000 tokens; feature and correlation are null where they were not precomputed.

        Args:
            text: the text to read.
            model: any model.
            layer: 0 is nearest to the words; -1 is the last.
        """
        reading = self._service.units(text, model, layer)
        return {
            "tokens": list(reading.trace.tokens),
            "activations": rounded(reading.trace.states),
            "ranked_units": [asdict(ranked) for ranked in reading.ranked],
            "num_skipped": reading.num_skipped,
        }

    def cell_steps(
        self, text: str, model: str = "sentiment-lstm", layer: int = -1, units: list[int] | None = None
    ) -> dict[str, Any]:
        """Read a text and return every number of the cell's equations at each step, for a few units of a layer.

        Returns {cell, layer, hidden_size, tokens, spans, num_skipped, units, entries, inputs: a row of entries of x_t
        for each token, before: {state: a value for each unit}, values: {name: a row of units for each token}} for the
        first 200 tokens. Names are the states, the gates and terms such as forget_sum, the argument of a sigmoid.

        Args:
            text: the text to read.
            model: any model.
            layer: 0 is nearest to the words; -1 is the last.
            units: at most 64 units of the layer; without a value the 12 that change most.
        """
        steps = self._service.cell_steps(text, model, layer, units)
        values = {name: rounded(part) for name, part in steps.values.items()}
        before = {name: rounded(part) for name, part in steps.before.items()}
        return {**asdict(steps), "inputs": rounded(steps.inputs), "before": before, "values": values}

    def surprisal(self, text: str, model: str = "lm-lstm") -> dict[str, Any]:
        """Return how surprising a language model finds each token.

        Returns {tokens: [{token, start, end, bits}], bits_per_char, perplexity, num_skipped} for the last 2,000 tokens.

        Args:
            text: the text to read.
            model: a language model.
        """
        return asdict(self._service.surprisal(text, model))

    def gradient_over_distance(self, text: str, task: str = "sentiment") -> dict[str, dict[str, list[float]]]:
        """Measure how far back each cell can learn from: {cell: {trained: [norm, ..], untrained: [norm, ..]}}.

        The norms of dL_T / ds_t at distance 0, 1, 2, .. tokens from the end of the text.

        Args:
            text: the text to read, two tokens or more.
            task: lm or sentiment.
        """
        return self._service.gradients(text, task)

    def singular_values(self, text: str, task: str = "sentiment") -> dict[str, dict[str, Any]]:
        """Measure how much each step can amplify the gradient: {cell: {tokens, trained: [..], untrained: [..]}}.

        The largest singular value of the Jacobian ds_k / ds_{k-1} of the last layer, one for each token.

        Args:
            text: the text to read.
            task: lm or sentiment.
        """
        return {cell: asdict(norms) for cell, norms in self._service.singular_values(text, task).items()}

    def clipped_step(
        self, text: str, model: str = "lm-lstm", clip_norm: float = 1.0, step_size: float = 1.0
    ) -> dict[str, Any]:
        """Take one training step on a text, on a copy of a language model, with gradient clipping and without.

        Returns {norm, clipped_norm, groups: [{name, norm, clipped_norm}], loss, loss_clipped, loss_unclipped,
        clipped_length, lengths: [..], losses: [..]}. Losses are nats per token; `losses` are those along the step.

        Args:
            text: the text to learn from, of which the last 500 tokens are used.
            model: a language model.
            clip_norm: the maximum gradient norm, above 0.
            step_size: the step against the gradient, above 0; 1 = a step as long as the gradient.
        """
        return asdict(self._service.clipped_step(text, model, clip_norm, step_size))

    def fixed_points(self, model: str) -> dict[str, Any]:
        """Return the fixed points of a sentiment model under a zero-input step, trained and `untrained`.

        Returns {converged, num_started, speeds: [q], explained_variance, memory_variance, time_constants, alignments,
        points: [[x, y, z]], logits, readout, drift, untrained: {the same}}; q is the kinetic energy. Where nothing was
        precomputed, the search runs now, which takes a minute or more.

        Args:
            model: a sentiment model, such as sentiment-lstm.
        """
        points = self._service.fixed_points(model)
        if points is None:
            *_, last = self._service.search_fixed_points(SENTIMENT_TEXTS, model)
            points = cast("Mapping[str, FixedPoints]", last)
        return {**plain_fixed_points(points["trained"]), "untrained": plain_fixed_points(points["untrained"])}


def register_endpoints(endpoints: Endpoints) -> None:
    """Add the endpoints to the page that is being built."""
    for name, function in vars(Endpoints).items():
        if not name.startswith("_"):
            lane = LANES.get(function.__name__, QUICK)
            api(shows_errors(getattr(endpoints, name)), api_name=name, **lane)


def plain_fixed_points(points: FixedPoints) -> dict[str, Any]:
    """Return fixed points as lists; of the modes, the median over the points, longest first."""
    return {
        "converged": points.num_converged,
        "num_started": points.num_started,
        "speeds": points.speeds.tolist(),
        "explained_variance": points.explained_variance.tolist(),
        "memory_variance": points.memory_variance.tolist(),
        "time_constants": np.median(points.time_constants, axis=0).tolist() if points.num_converged else [],
        "alignments": np.median(points.alignments, axis=0).tolist() if points.num_converged else [],
        "points": points.points.tolist(),
        "logits": points.logits.tolist(),
        "readout": points.readout.tolist(),
        "drift": points.drift.tolist(),
    }


def rounded(states: np.ndarray) -> list[Any]:
    """Return states as lists. Six digits halve the size of the answer, and float32 has hardly more."""
    rows: list[Any] = np.round(states.astype(np.float64), 6).tolist()
    return rows
