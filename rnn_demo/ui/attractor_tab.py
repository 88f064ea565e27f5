"""Attractor: the fixed points of a sentiment network that reads nothing, trained beside untrained."""

from collections.abc import Iterator, Mapping
from typing import Any

import gradio as gr
import numpy as np
from scipy.special import expit

from rnn_demo.microscope.fixed_points import DRIFT_STEPS, LINE, MAX_SPEED, FixedPoints, is_line
from rnn_demo.plots import Figure, draw_fixed_points, draw_time_constants
from rnn_demo.ui.service import MAX_TOKENS, Service
from rnn_demo.ui.shared.events import (
    INSTANT,
    LATEST,
    SLOW_LATEST,
    RequestToken,
    build_note,
    build_request_counter,
    clears_on_empty,
    shows_errors,
)
from rnn_demo.ui.shared.examples import SENTIMENT_TEXTS
from rnn_demo.ui.shared.export import build_export, require_displayed
from rnn_demo.ui.shared.problems import build_problems

INTRO = (
    "Advanced: dots are states in which a network stays when it reads no more, its memory of the score: **look for a "
    "line of dots from negative to positive.**"
)
MORE = (
    "To add up evidence, a network needs states that last. Along a line of such states trained networks were found to "
    "keep their score (Maheswaranathan et al. 2019). Each dot is a state in which h hardly moves."
)
MODES_CAPTION = (
    "**How long a small change near a dot lasts:** the time constants of the slowest modes, the directions in which it "
    "fades or grows most slowly, by a factor of e. Bars span the dots."
)
AGAIN = (
    f"The search starts from the states along this text (its last {MAX_TOKENS:,} tokens) and some examples. It takes "
    "about a minute."
)
TO_SEE = "unfold “Compute it again” and press Compute"
NOT_YET = "Not computed yet for {model}. Unfold “Compute it again” below to do it now."
PUBLISHED_VARIANCE, PUBLISHED_TOKENS = 0.9, 1000
"""As reported by Maheswaranathan et al. 2019."""
SAME = 0.01
"""Values of P(positive) that differ by less are the same score."""

Networks = Mapping[str, FixedPoints]
"""The fixed points of the trained and the untrained network."""


def build_attractor_tab(service: Service) -> None:
    """Lay out the tab."""
    build_problems(service.store, "sentiment")
    models = service.store.names("sentiment")
    if not models:
        return

    @shows_errors
    def show_stored(model: str) -> tuple[Any, str, Any, str, Networks | None, str]:
        networks = service.fixed_points(model)
        if networks is None:
            return gr.update(visible=False), NOT_YET.format(model=service.store.title(model)), None, "", None, ""
        return *show(networks), ""

    @shows_errors
    @clears_on_empty(*[gr.skip()] * 5, "")
    def search(
        turn: RequestToken,
        number: int,
        text: str,
        model: str,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Any]:
        unchanged = [gr.skip()] * 5
        searching = service.search_fixed_points([text, *SENTIMENT_TEXTS], model)
        steps = (step if isinstance(step, float) else show(step) for step in searching)
        for step in turn.lasting(number, steps):
            if not isinstance(step, float):
                yield *step, "Done: the figures above now start from the states of your text."
                return
            progress(step, desc="Searching")
            yield *unchanged, gr.skip()  # lets gradio end the search where the visitor has left
        yield *unchanged, "Stopped."

    stored = service.fixed_points(models[0])
    first = (None, NOT_YET.format(model=service.store.title(models[0])), None, "") if stored is None else drawn(stored)

    gr.Markdown(INTRO, elem_classes="intro")
    with gr.Row(elem_classes="ask"):
        model = gr.Dropdown(
            service.store.choices("sentiment"),
            value=models[0],
            label="Model",
            filterable=False,
            visible=len(models) > 1,
            elem_classes="ask-model",
        )
    points = gr.Plot(first[0], show_label=False, elem_id="fixed-points", visible=stored is not None)
    summary = gr.Markdown(first[1], elem_id="attractor-summary")
    gr.Markdown(MORE)
    results = gr.State(stored)
    build_export(lambda networks: require_displayed(networks, TO_SEE), results, "fixed-points.json")
    with gr.Accordion("How long it remembers", open=False):
        gr.Markdown(MODES_CAPTION)
        modes = gr.Plot(first[2], show_label=False, elem_id="time-constants")
        compared = gr.Markdown(first[3], elem_id="attractor-published")
    with gr.Accordion("Compute it again from my text", open=False):
        gr.Markdown(AGAIN)
        text = gr.Textbox(SENTIMENT_TEXTS[0], label="Text", lines=3, max_lines=12)
        note = build_note()
        with gr.Row():
            start = gr.Button("Compute", variant="primary", min_width=80)
            stop = gr.Button("Stop", variant="stop", min_width=80)
        status = gr.Markdown(elem_id="attractor-status", min_height=60)

    outputs = [points, summary, modes, compared, results, status]
    turn, counter = gr.State(RequestToken()), build_request_counter()
    start.click(lambda turn: turn.next(), turn, counter, **INSTANT)
    counter.change(search, [turn, counter, text, model], [*outputs, note], show_progress_on=status, **SLOW_LATEST)
    gr.on([stop.click, model.input], lambda turn: turn.end(), turn, **INSTANT)
    model.change(show_stored, model, outputs, **LATEST)


def show(networks: Networks) -> tuple[Any, str, Figure, str, Networks]:
    """Fill the tab with a result, and keep its numbers for the download."""
    points, summary, modes, compared = drawn(networks)
    return gr.update(value=points, visible=True), summary, modes, compared, networks


def drawn(networks: Networks) -> tuple[Figure, str, Figure, str]:
    """Draw a result and describe it."""
    return draw_fixed_points(networks), describe(networks), draw_time_constants(networks), compare(networks)


def describe(networks: Networks) -> str:
    """Return what the figure shows, the verdict first."""
    trained, untrained = networks["trained"], networks["untrained"]
    counts = (
        f"Trained: **{trained.num_converged} of {trained.num_started}** searches ended at a {kind_of(trained)}, "
        f"{spread(trained)}. Untrained: {untrained.num_converged}, {spread(untrained)}."
    )
    return " ".join(filter(None, (liken(trained), counts, describe_drift(trained))))


def kind_of(points: FixedPoints) -> str:
    """Return what a dot is: in an LSTM c can move on where h stands still."""
    return "point where h stands still" if len(points.memory_variance) else "fixed point"


def liken(points: FixedPoints) -> str:
    """Return how far a network is like the published line attractor."""
    kind = kind_of(points)
    if not points.num_converged:
        return f"**Unlike the published line attractor:** the search found no {kind}."
    if np.ptp(points.logits) <= LINE:
        return f"**Unlike the published line attractor:** every {kind} gives the same score."
    if not is_line(points.logits):
        return (
            f"**Unlike the published line attractor:** there is a gap in the line: no {kind} for the scores in between."
        )
    if num_still(points) < points.num_converged:
        return (
            "**Like the published line attractor in h alone:** h stands still along a line of scores, but c, from "
            "which the next h is computed, moves on there, and in time h with it."
        )
    return "**Like the published line attractor:** the whole state stands still along a line of scores."


def num_still(points: FixedPoints) -> int:
    """Count the dots at which c stands still too, so that they are fixed points of the whole network."""
    return int(np.sum((points.speeds < MAX_SPEED) & (points.whole_speeds < MAX_SPEED)))


def spread(points: FixedPoints) -> str:
    """Return the range of scores over the dots."""
    if not points.num_converged:
        return "so there is none to draw"
    low, high = expit(points.logits.min()), expit(points.logits.max())
    return f"all at P(positive) {low:.2f}" if high - low < SAME else f"P(positive) from {low:.2f} to {high:.2f}"


def describe_drift(points: FixedPoints) -> str:
    """Return how still the dots are: the search looks at h alone, and slow points pass too."""
    if not points.num_converged:
        return ""
    still = f"At {num_still(points)} of the {points.num_converged} points c stands still too. "
    return (
        f"{still if len(points.memory_variance) else ''}Over {DRIFT_STEPS} steps without input h drifts by "
        f"{np.median(points.drift):.1%} of the distance of the states along texts from their mean."
    )


def compare(networks: Networks) -> str:
    """Return the numbers beside the published ones."""
    trained, untrained = networks["trained"], networks["untrained"]
    variances = " and ".join(
        f"{np.sum(share[:3]):.0%} of the variance of {name}"
        for name, share in (("h", trained.explained_variance), ("c", trained.memory_variance))
        if len(share)
    )
    variance = f"Three components explain {variances}; published: about {PUBLISHED_VARIANCE:.0%} in two or three."
    return " ".join(filter(None, (describe_slowest(trained, untrained), variance)))


def describe_slowest(trained: FixedPoints, untrained: FixedPoints) -> str:
    """Return the time constant of the slowest mode, the median over the dots, beside the published one."""
    if not len(trained.time_constants):
        return ""
    before = f", {duration(untrained)} untrained" if len(untrained.time_constants) else ""
    cosine, before_cosine = (median_of(points.alignments.max(axis=1, initial=0)) for points in (trained, untrained))
    rising = trained.growing[:, 0]
    grows = f"At {rising.sum()} of {len(rising)} points it grows instead of fading. " if rising.any() else ""
    return (
        f"The slowest mode lasts {duration(trained)}{before}; published: about {PUBLISHED_TOKENS:,}. {grows}"
        f"The slow mode closest to the readout has |cosine| {cosine} with it, {before_cosine} untrained."
    )


def duration(points: FixedPoints) -> str:
    """Return how long the slowest mode lasts; beyond MAX_TOKENS the number means little."""
    tokens = float(np.median(points.time_constants[:, 0]))
    return f"longer than any text read here ({MAX_TOKENS:,} tokens)" if tokens > MAX_TOKENS else f"{tokens:,.0f} tokens"


def median_of(values: np.ndarray) -> str:
    """Return a median with two decimals, or a dash where there are no values."""
    return f"{np.median(values):.2f}" if len(values) else "–"
