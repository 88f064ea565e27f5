"""Paths coloured by what the model says of each token, drawn, and described in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rnn_demo.errors import unknown_name
from rnn_demo.microscope.trace import HiddenTrace
from rnn_demo.microscope.trajectory import longest_step, step_lengths
from rnn_demo.plots import (
    BY_POSITION,
    BY_SCORE,
    BY_SURPRISAL,
    Colouring,
    Figure,
    TracedPath,
    draw_trajectory,
    draw_trajectory_3d,
    is_close_up,
)
from rnn_demo.ui.hidden_states.paths import MAX_TOKENS, Paths, trace_paths
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.highlights import plain
from rnn_demo.ui.shared.names import ENTITY_NAMES
from rnn_demo.ui.shared.theme import ENTITY_COLOURS
from rnn_demo.words import sums

NAME_CHARACTERS = 28
"""The most characters of a text that the legend shows."""
POSITION = "position"
BY_ENTITY = Colouring("entity", names=ENTITY_COLOURS)
OF_TASK = {
    "sentiment": {"P(positive)": BY_SCORE},
    "lm": {"surprisal": BY_SURPRISAL},
    "ner": {"entity": BY_ENTITY},
}
SPACES = {"2-D": 2, "3-D": 3}
"""Name -> number of dimensions."""


@dataclass(frozen=True)
class View:
    """What a visitor chose to see of a model."""

    model: str
    layer: int
    """0 is nearest to the words."""
    quantity: str = "h"
    """A state or a gate. Only states have axes that were computed in advance."""
    colour: str = POSITION
    """A name in `colourings_of` the model's task."""
    space: str = "2-D"
    """A name in SPACES."""
    subwords: bool = False
    """A point per subword instead of one per word."""


@dataclass(frozen=True)
class Picture:
    """Paths with their colours, ready to be drawn."""

    paths: Paths
    traced: tuple[TracedPath, ...]
    colouring: Colouring


def colourings_of(task: str) -> dict[str, Colouring]:
    """Return what the tokens of a task's models can be coloured by; what the model says of each token comes first."""
    return {**OF_TASK.get(task, {}), POSITION: BY_POSITION}


def views_of_cells(service: Service, view: View) -> dict[str, View]:
    """Return the same view of a model of each cell of the same task: cell -> view, in the order of CELLS.

    A model with fewer layers shows its last, and a cell without the quantity shows h.
    """
    views = {}
    for cell, name in service.store.names_by_cell(service.store.find(view.model).task).items():
        last = service.num_layers(name) - 1
        quantity = view.quantity if view.quantity in service.quantities(name) else "h"
        views[cell] = replace(view, model=name, layer=min(view.layer, last), quantity=quantity)
    return views


def picture_of(service: Service, texts: Sequence[str], view: View) -> Picture:
    """Read some texts and colour their paths.

    Raises:
        InputError: a setting is unknown, or a text cannot be read.
    """
    offered = colourings_of(service.store.find(view.model).task)
    for name, choice, allowed in (("colour", view.colour, offered), ("space", view.space, SPACES)):
        if choice not in allowed:
            raise unknown_name(name, choice, allowed)
    paths = trace_paths(
        service, texts, view.model, view.layer, view.quantity, dimensions=SPACES[view.space], by_word=not view.subwords
    )
    traced = tuple(
        TracedPath(shortened(text), trace.tokens, trajectory, point_values(service, text, view, trace))
        for text, trace, trajectory in zip(texts, paths.traces, paths.trajectories, strict=True)
    )
    return Picture(paths, traced, offered[view.colour])


def point_values(service: Service, text: str, view: View, trace: HiddenTrace) -> Sequence[float | str]:
    """Return what the points of a trace, at the end of a text, are coloured by: a word has its surprisals' sum."""
    if view.subwords or view.colour not in ("P(positive)", "surprisal"):
        return token_values(service, text, view, trace)
    tokens = service.trace(text, view.model, view.layer, view.quantity).cut(slice(-MAX_TOKENS, None))
    values = [float(value) for value in token_values(service, text, view, tokens)]
    words = tokens.words()
    return sums(words, values) if view.colour == "surprisal" else [values[word.last] for word in words]


def token_values(service: Service, text: str, view: View, trace: HiddenTrace) -> Sequence[float | str]:
    """Return what the tokens of a trace, the last ones of a text, are coloured by."""
    model, colour, num_tokens = view.model, view.colour, len(trace.tokens)
    if colour == "P(positive)":
        return [token.score for token in service.score(text, model).tokens][-num_tokens:]
    if colour == "surprisal":
        return [token.bits for token in service.surprisal(text, model).tokens][-num_tokens:]
    if colour == "entity":
        entities = service.tag(text, model).entities
        around = [next((e for e in entities if e.start <= start < e.end), None) for start, _ in trace.spans]
        return ["" if entity is None else ENTITY_NAMES.get(entity.label, entity.label) for entity in around]
    return list(range(1, num_tokens + 1))


def shortened(text: str) -> str:
    """Cut a text down to a name.

    >>> shortened("one two three four five six seven")
    'one two three four five six …'
    """
    text = " ".join(text.split())
    return text if len(text) <= NAME_CHARACTERS else text[:NAME_CHARACTERS].rstrip() + " …"


def draw_picture(picture: Picture, height: int | None = None) -> Figure:
    """Draw the paths in the plane or in space, as they were projected."""
    size = {} if height is None else {"height": height}
    if is_flat(picture):
        return draw_trajectory(picture.traced, picture.colouring, picture.paths.basis, **size)
    return draw_trajectory_3d(picture.traced, picture.colouring, **size)


def describe_paths(paths: Paths) -> str:
    """Return the longest step of the first text and where the others part from it, in these texts' own numbers."""
    first, *others = paths.traces
    sentences = [describe_longest_step(first), *(describe_pair(first, other) for other in others)]
    if any(paths.num_skipped):
        sentences.append(f"Only the last {MAX_TOKENS:,} tokens are drawn.")
    return " ".join(filter(None, sentences))


def describe_longest_step(trace: HiddenTrace) -> str:
    """Return where a text moves the state most; nothing where it does not move."""
    step = longest_step(trace)
    if step is None or step.median_length == 0:
        return ""
    return (
        f"The longest step is at **{plain(trace.tokens[step.token_index])}** (number {step.token_index + 1}): "
        f"{step.length / step.median_length:.1f} times the median step, over all units."
    )


def describe_pair(first: HiddenTrace, second: HiddenTrace) -> str:
    """Return at which word two texts part, by how much there, and how far apart they end, in median steps."""
    if first.tokens == second.tokens:
        return "The two texts are the same."
    pairs = list(zip(first.tokens, second.tokens, strict=False))
    parting = next((i for i, (token, other) in enumerate(pairs) if token != other), None)
    steps = np.concatenate([step_lengths(first), step_lengths(second)])
    median = float(np.median(steps)) if len(steps) else 0.0
    end = say_distance(first.states[-1], second.states[-1], median)
    if parting is None:
        return f"One text goes on where the other ends; their final states are {end} apart."
    there = say_distance(first.states[parting], second.states[parting], median)
    words = f"**{plain(first.tokens[parting])}** / **{plain(second.tokens[parting])}** (number {parting + 1})"
    return f"The paths part at {words}, {there} apart; their final states are {end} apart."


def say_distance(state: np.ndarray, other: np.ndarray, median: float) -> str:
    """Return the distance of two states, in median steps where there are any."""
    distance = float(np.linalg.norm(state.astype(np.float64) - other))
    return f"{distance / median:.1f} median steps" if median else f"{distance:.1f}"


def describe_axes(picture: Picture) -> str:
    """Return what the axes are."""
    basis = picture.paths.basis
    if basis.density is None:
        return f"The axes are the principal components of {basis.source} alone, so another text has other axes."
    shade = "; the shading behind shows where the states of held-out text lie" if is_flat(picture) else ""
    return f"The axes are the same for every text{shade}.{describe_close_up(picture)}"


def describe_close_up(picture: Picture) -> str:
    """Return a warning where the figure is zoomed in, else nothing."""
    if not (is_flat(picture) and is_close_up(picture.traced, picture.paths.basis)):
        return ""
    return " **Zoomed in:** on the full axes this path would be a dot. Compare texts by the numbers on the axes."


def is_flat(picture: Picture) -> bool:
    """Return whether the paths are drawn in the plane."""
    return picture.traced[0].trajectory.points.shape[1] == SPACES["2-D"]
