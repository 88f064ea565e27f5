"""The named endpoints, for gradio_client and plain HTTP: numbers and texts, no figures.

Their docstrings are what a visitor of "Use via API" reads.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, cast

import gradio as gr
import numpy as np
from gradio.events import api

from rnn_demo.microscope.fixed_points import FixedPoints
from rnn_demo.ui.hidden_states.paths import numbers_of
from rnn_demo.ui.service import ANY_DOMAIN, Service
from rnn_demo.ui.shared.events import CPU, shows_errors, throttled
from rnn_demo.ui.shared.examples import SENTIMENT_TEXTS


class Page(gr.Blocks):
    """Blocks whose endpoints may be called over HTTP with fewer values than parameters, as gradio_client may."""

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """Fill in the defaults, then check as ever. A required value that is missing becomes None, which is refused."""
        inputs += [getattr(block, "value", None) for block in block_fn.inputs[len(inputs) :]]
        super().validate_inputs(block_fn, inputs)


def register_endpoints(service: Service) -> None:
    """Add the endpoints to the page that is being built."""

    @shows_errors
    def generate(
        prompt: str,
        model: str = "lm-lstm",
        max_new_tokens: int = 60,
        temperature: float = 0.8,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int = 0,
        style: str = ANY_DOMAIN,
    ) -> Iterator[str]:
        """Write on from a prompt, streamed: each value is the prompt and all that was written so far.

        Args:
            prompt: the text to go on from; may be empty.
            model: a language model, such as lm-rnn, lm-gru or lm-lstm.
            max_new_tokens: tokens to write at most, 1 to 2000.
            temperature: 0 takes the likeliest token each time, 1 draws as the model believes, up to 2.
            top_k: draw from so many of the likeliest tokens; 0 is all.
            top_p: draw from the likeliest tokens that reach this probability together; 1 is all.
            seed: the same seed writes the same text.
            style: novel, review, news, play, or any.
        """
        text = service.write(
            prompt,
            model,
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            seed=seed,
            domain=style,
        )
        yield from throttled(text)

    @shows_errors
    def generate_holding(
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
    ) -> Iterator[str]:
        """Write on from a prompt with units of one layer held at values of your choice; streamed as by generate.

        Args:
            prompt: the text to go on from; may be empty. It is read freely: the hold begins at its last token.
            units: unit to value, such as {"12": 1.0, "40": -1}; {} holds none. Most cells keep h in -1..1.
            model: a language model, such as lm-rnn, lm-gru or lm-lstm.
            layer: 0 is nearest to the words; -1 is the last.
            max_new_tokens: tokens to write at most, 1 to 2000.
            temperature: 0 takes the likeliest token each time, 1 draws as the model believes, up to 2.
            top_k: draw from so many of the likeliest tokens; 0 is all.
            top_p: draw from the likeliest tokens that reach this probability together; 1 is all.
            seed: the same seed writes the same text.
            style: novel, review, news, play, or any.
            direction: hold the layer's sentiment direction so many standard deviations from its mean; 0 does not.
        """
        text = service.write(
            prompt,
            model,
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            seed=seed,
            domain=style,
            clamp=service.clamp(model, units, layer, direction),
        )
        yield from throttled(text)

    @shows_errors
    def next_tokens(prompt: str, model: str = "lm-lstm", k: int = 10, temperature: float = 1.0) -> list[dict[str, Any]]:
        """List the likeliest next tokens as [{token, probability}], likeliest first.

        Args:
            prompt: the text so far; may be empty.
            model: a language model, such as lm-rnn, lm-gru or lm-lstm.
            k: how many to list.
            temperature: 0 puts everything on one token, 1 is what the model believes, up to 2.
        """
        return [asdict(candidate) for candidate in service.next_tokens(prompt, model, k, temperature)]

    @shows_errors
    def score_sentiment(text: str, model: str = "sentiment-lstm") -> dict[str, Any]:
        """Score a text: {score, label, tokens: [{token, start, end, score}]}, with the running score after each token.

        Args:
            text: what to judge, such as a review.
            model: a sentiment model.
        """
        return asdict(service.score(text, model))

    @shows_errors
    def attribute(text: str, model: str = "sentiment-lstm", entity: int = 0) -> dict[str, Any]:
        """Share a verdict out among the tokens of a text, by integrated gradients.

        Gives {tokens: [{token, start, end, attribution}], difference, gap}, in logits, from a text of empty tokens.

        Args:
            text: what to judge, at most 2,000 tokens.
            model: a sentiment model; or an entity model, whose log-odds of one entity are shared out.
            entity: which of the entities that /tag_entities lists, from 0; of no meaning for sentiment.
        """
        return asdict(service.attribute(text, model, entity))

    @shows_errors
    def tag_entities(text: str, model: str = "ner-lstm") -> dict[str, Any]:
        """Mark the named entities of a text.

        Gives {text, entities: [{label, start, end, confidence}], tokens: [{token, start, end, tag, confidence, pos}]}.
        Offsets count code points.

        Args:
            text: what to read.
            model: an entity model.
        """
        return asdict(service.tag(text, model))

    @shows_errors
    def trace_hidden_states(
        text: str, model: str = "sentiment-lstm", layer: int = -1, part: str = "h"
    ) -> dict[str, Any]:
        """Read a text and give {tokens, points: [[x, y]], explained_variance, states: [[...]], basis, num_skipped}.

        One point and one state a token, of the last 2,000. The points lie on the main components of the states of
        "held-out texts", or of "this text" where there are none.

        Args:
            text: what to read.
            model: any model.
            layer: 0 is nearest to the words; -1 is the last.
            part: h; c in an LSTM; or a gate: input, forget, candidate, output, or reset, update, candidate.
        """
        return numbers_of(service, text, model, layer, part)

    @shows_errors
    def unit_activations(text: str, model: str = "lm-lstm", layer: int = -1) -> dict[str, Any]:
        """Read a text and say what each unit of a layer did, and what it keeps track of.

        Gives {tokens, activations: one row of units a token, ranked_units: [{unit, feature, correlation}], num_skipped}
        of the last 2,000 tokens; feature and correlation are null where they were not computed in advance.

        Args:
            text: what to read.
            model: any model.
            layer: 0 is nearest to the words; -1 is the last.
        """
        reading = service.units(text, model, layer)
        return {
            "tokens": list(reading.trace.tokens),
            "activations": np.round(reading.trace.states.astype(np.float64), 6).tolist(),
            "ranked_units": [asdict(ranked) for ranked in reading.ranked],
            "num_skipped": reading.num_skipped,
        }

    @shows_errors
    def surprisal(text: str, model: str = "lm-lstm") -> dict[str, Any]:
        """Return how little a language model expected each token.

        Gives {tokens: [{token, start, end, bits}], bits_per_char, perplexity, num_skipped}, of the last 2,000 tokens.

        Args:
            text: what to read.
            model: a language model, such as lm-rnn, lm-gru or lm-lstm.
        """
        return asdict(service.surprisal(text, model))

    @shows_errors
    def gradient_over_distance(text: str, task: str = "sentiment") -> dict[str, dict[str, list[float]]]:
        """Measure how far back each cell can learn from: {cell: {trained: [norm, ..], untrained: [norm, ..]}}.

        The norms of dL_T / ds_t at distance 0, 1, 2, .. tokens from the end of the text.

        Args:
            text: what to read, two tokens or more.
            task: lm or sentiment.
        """
        return service.gradients(text, task)

    @shows_errors
    def singular_values(text: str, task: str = "sentiment") -> dict[str, dict[str, Any]]:
        """Measure by how much each step can stretch the state: {cell: {tokens, trained: [..], untrained: [..]}}.

        The largest singular value of the Jacobian ds_k / ds_{k-1} of the last layer, one a token.

        Args:
            text: what to read.
            task: lm or sentiment.
        """
        return {cell: asdict(norms) for cell, norms in service.singular_values(text, task).items()}

    @shows_errors
    def clipped_step(
        text: str, model: str = "lm-lstm", clip_norm: float = 1.0, step_size: float = 1.0
    ) -> dict[str, Any]:
        """Take a training step on a text, on a copy of a language model, with clipping and without.

        Gives {norm, clipped_norm, groups: [{name, norm, clipped_norm}], loss, loss_clipped, loss_unclipped,
        clipped_length, lengths: [..], losses: [..]}; losses in nats a token, the last ones along the way of the step.

        Args:
            text: what to learn, of which the last 500 tokens count.
            model: a language model, such as lm-rnn, lm-gru or lm-lstm.
            clip_norm: the longest gradient that is let through, above 0.
            step_size: how far to go against the gradient, above 0; 1 goes as far as it is long.
        """
        return asdict(service.clipped_step(text, model, clip_norm, step_size))

    @shows_errors
    def fixed_points(model: str) -> dict[str, Any]:
        """Return where a sentiment model comes to rest when it reads nothing, trained and `untrained`.

        Gives {converged, num_started, speeds: [q], explained_variance, memory_variance, time_constants, alignments,
        points: [[x, y, z]], logits, readout, drift, untrained: {the same}}. What was not computed in advance is
        computed now, which takes a minute or more.

        Args:
            model: a sentiment model, such as sentiment-lstm.
        """
        found = service.fixed_points(model)
        if found is None:
            *_, last = service.search_fixed_points(SENTIMENT_TEXTS, model)
            found = cast("Mapping[str, FixedPoints]", last)
        return {**plain_fixed_points(found["trained"]), "untrained": plain_fixed_points(found["untrained"])}

    for endpoint in (
        generate,
        generate_holding,
        next_tokens,
        score_sentiment,
        attribute,
        tag_entities,
        trace_hidden_states,
        unit_activations,
        surprisal,
        gradient_over_distance,
        singular_values,
        clipped_step,
        fixed_points,
    ):
        api(endpoint, api_name=endpoint.__name__, **CPU)


def plain_fixed_points(found: FixedPoints) -> dict[str, Any]:
    """Turn what was found into lists; of the modes, the median over the points, longest first."""
    return {
        "converged": found.num_converged,
        "num_started": found.num_started,
        "speeds": found.speeds.tolist(),
        "explained_variance": found.explained_variance.tolist(),
        "memory_variance": found.memory_variance.tolist(),
        "time_constants": np.median(found.time_constants, axis=0).tolist() if found.num_converged else [],
        "alignments": np.median(found.alignments, axis=0).tolist() if found.num_converged else [],
        "points": found.points.tolist(),
        "logits": found.logits.tolist(),
        "readout": found.readout.tolist(),
        "drift": found.drift.tolist(),
    }
