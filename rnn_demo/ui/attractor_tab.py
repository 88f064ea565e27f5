"""Attractor: where a sentiment network comes to rest when it reads nothing, trained beside untrained."""

from collections.abc import Iterator, Mapping
from typing import Any

import gradio as gr
import numpy as np

from rnn_demo.microscope.fixed_points import DRIFT_STEPS, LINE, MAX_SPEED, FixedPoints, is_line
from rnn_demo.plots import Figure, draw_fixed_points, draw_time_constants
from rnn_demo.ui.service import MAX_TOKENS, Service
from rnn_demo.ui.shared.events import INSTANT, LATEST, SLOW_LATEST, RequestToken, build_request_counter, shows_errors
from rnn_demo.ui.shared.examples import SENTIMENT_TEXTS
from rnn_demo.ui.shared.export import build_export, checked_shown
from rnn_demo.ui.shared.problems import build_problems

INTRO = (
    "To add up opinions, a network needs states that stay where they are. Each dot is a place where h hardly moves "
    "when nothing more is read. **Look for a line of them from orange, negative, to indigo, positive:** along such a "
    "line trained networks were found to keep their verdict (Maheswaranathan et al. 2019). Beside it stands the same "
    "network before training."
)
MODES_CAPTION = (
    "**How long a small change near one of the dots lasts,** until it is e times smaller, or larger: the modes that "
    "fade or grow most slowly; bars span the dots."
)
AGAIN = (
    f"The search starts from states visited while this text (its last {MAX_TOKENS:,} tokens) and some examples are "
    "read. It takes about a minute."
)
TO_SEE = "unfold “Compute it again” and press Compute"
NOT_YET = "This has not been computed yet for {model}. Unfold “Compute it again” below to do it now."
PUBLISHED_VARIANCE, PUBLISHED_TOKENS = 0.9, 1000
"""What Maheswaranathan et al. 2019 report."""
SAME = 0.01
"""P(positive) that differ by less are one verdict."""

Found = Mapping[str, FixedPoints]


def build_attractor_tab(service: Service) -> None:
    """Lay out the tab."""
    build_problems(service.store, "sentiment")
    models = service.store.names("sentiment")
    if not models:
        return

    @shows_errors
    def show_stored(model: str) -> tuple[Any, str, Any, str, Found | None, str]:
        found = service.fixed_points(model)
        if found is None:
            return gr.update(visible=False), NOT_YET.format(model=model), None, "", None, ""
        return *show(found), ""

    @shows_errors
    def search(
        turn: RequestToken,
        number: int,
        text: str,
        model: str,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Any]:
        unchanged = [gr.skip()] * 5
        searching = service.search_fixed_points([text, *SENTIMENT_TEXTS], model)
        for news in turn.lasting(number, (news if isinstance(news, float) else show(news) for news in searching)):
            if not isinstance(news, float):
                yield *news, "Done: the figures above are of your text’s states."
                return
            progress(news, desc="Searching")
            yield *unchanged, gr.skip()  # here the page can leave
        yield *unchanged, "Stopped."

    stored = service.fixed_points(models[0])
    first = (None, NOT_YET.format(model=models[0]), None, "") if stored is None else drawn(stored)

    gr.Markdown(INTRO)
    model = gr.Dropdown(models, value=models[0], label="Model", filterable=False, visible=len(models) > 1)
    points = gr.Plot(first[0], show_label=False, elem_id="fixed-points", visible=stored is not None)
    summary = gr.Markdown(first[1], elem_id="attractor-summary")
    shown = gr.State(stored)
    build_export(lambda found: checked_shown(found, TO_SEE), shown, "fixed-points.json")
    with gr.Accordion("How long it remembers", open=False):
        gr.Markdown(MODES_CAPTION)
        modes = gr.Plot(first[2], show_label=False, elem_id="time-constants")
        compared = gr.Markdown(first[3], elem_id="attractor-published")
    with gr.Accordion("Compute it again from my text’s states", open=False):
        gr.Markdown(AGAIN)
        text = gr.Textbox(SENTIMENT_TEXTS[0], label="Text", lines=3, max_lines=12)
        with gr.Row():
            start = gr.Button("Compute", variant="primary", min_width=80)
            stop = gr.Button("Stop", variant="stop", min_width=80)
        status = gr.Markdown(elem_id="attractor-status", min_height=60)

    outputs = [points, summary, modes, compared, shown, status]
    turn, counter = gr.State(RequestToken()), build_request_counter()
    start.click(lambda turn: turn.next(), turn, counter, **INSTANT)
    counter.change(search, [turn, counter, text, model], outputs, show_progress_on=status, **SLOW_LATEST)
    gr.on([stop.click, model.input], lambda turn: turn.end(), turn, **INSTANT)
    model.change(show_stored, model, outputs, **LATEST)


def show(found: Found) -> tuple[Any, str, Figure, str, Found]:
    """Put a result on the page, and keep it for those who save its numbers."""
    points, summary, modes, compared = drawn(found)
    return gr.update(value=points, visible=True), summary, modes, compared, found


def drawn(found: Found) -> tuple[Figure, str, Figure, str]:
    """Draw a result and say it."""
    return draw_fixed_points(found), describe(found), draw_time_constants(found), compare(found)


def describe(found: Found) -> str:
    """Return what the figure shows, the verdict first."""
    trained, untrained = found["trained"], found["untrained"]
    place = "where h stands still" if len(trained.memory_variance) else "in a fixed point"
    started = f"**{trained.num_converged} of {trained.num_started}** searches ended {place}"
    counts = f"Trained, {started}, {spread(trained)}; untrained, {untrained.num_converged}, {spread(untrained)}."
    return " ".join(filter(None, (liken(trained), counts, standing(trained))))


def liken(points: FixedPoints) -> str:
    """Return how far a network is like the published line attractor."""
    if not points.num_converged:
        return "**Unlike the published line attractor:** nowhere that was searched does h stand still."
    if np.ptp(points.logits) <= LINE:
        return "**Unlike the published line attractor:** all that it rests at is one verdict."
    if not is_line(points.logits):
        return "**Unlike the published line attractor:** its dots leave a wide gap, where no verdict was found to stay."
    if num_whole(points) < points.num_converged:
        return (
            "**Like the published line attractor in h alone:** h stands still along a line of verdicts, but c, which "
            "the next h is made from, moves on there, and in time h with it."
        )
    return "**Like the published line attractor:** it stands still along a line of verdicts."


def num_whole(points: FixedPoints) -> int:
    """Count the dots at which c stands still too, so that they are fixed points of the whole network."""
    return int(np.sum((points.speeds < MAX_SPEED) & (points.whole_speeds < MAX_SPEED)))


def spread(points: FixedPoints) -> str:
    """Return how far the fixed points lie apart as verdicts."""
    if not points.num_converged:
        return "so there is none to draw"
    low, high = (1 / (1 + np.exp(-value)) for value in (points.logits.min(), points.logits.max()))
    return f"all at P(positive) {low:.2f}" if high - low < SAME else f"P(positive) from {low:.2f} to {high:.2f}"


def standing(points: FixedPoints) -> str:
    """Return how still the points are: they pass by their h alone, and need not be exact."""
    if not points.num_converged:
        return ""
    memory = f"At {num_whole(points)} of the {points.num_converged} c stands still too. "
    return (
        f"{memory if len(points.memory_variance) else ''}Left alone for {DRIFT_STEPS} tokens, h moves off by "
        f"{np.median(points.drift):.1%} of how far visited states lie from their mean."
    )


def compare(found: Found) -> str:
    """Hold the numbers against the published ones."""
    trained, untrained = found["trained"], found["untrained"]
    held = " and ".join(
        f"{np.sum(share[:3]):.0%} of the variance of {name}"
        for name, share in (("h", trained.explained_variance), ("c", trained.memory_variance))
        if len(share)
    )
    variance = f"Three components hold {held}; published: about {PUBLISHED_VARIANCE:.0%} in two or three."
    return " ".join(filter(None, (lasting(trained, untrained), variance)))


def lasting(trained: FixedPoints, untrained: FixedPoints) -> str:
    """Compare the slowest mode, the median over the points, with the published one."""
    if not len(trained.time_constants):
        return ""
    before = f", {how_long(untrained)} untrained" if len(untrained.time_constants) else ""
    cosine, before_cosine = (median_of(found.alignments.max(axis=1, initial=0)) for found in (trained, untrained))
    rising = trained.growing[:, 0]
    grows = f"At {rising.sum()} of {len(rising)} points looked at it grows instead of fading. " if rising.any() else ""
    return (
        f"The slowest mode lasts {how_long(trained)}{before}; published: about {PUBLISHED_TOKENS:,}. {grows}"
        f"Of the slow modes the one nearest to the readout has |cosine| {cosine} with it, {before_cosine} untrained."
    )


def how_long(points: FixedPoints) -> str:
    """Return how long the slowest mode lasts; beyond what is ever read here the number means little."""
    tokens = float(np.median(points.time_constants[:, 0]))
    return f"longer than any text read here ({MAX_TOKENS:,} tokens)" if tokens > MAX_TOKENS else f"{tokens:,.0f} tokens"


def median_of(values: np.ndarray) -> str:
    """Write a median; a dash where there is none."""
    return f"{np.median(values):.2f}" if len(values) else "–"
