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
    """Read one text or two and colour their paths.

    Raises:
        InputError: a setting is unknown, or a text cannot be read.
    """
    offered = colourings_of(service.store.find(view.model).task)
    for name, choice, allowed in (("colour", view.colour, offered), ("space", view.space, SPACES)):
        if choice not in allowed:
            raise unknown_name(name, choice, allowed)
    paths = trace_paths(service, texts, view.model, view.layer, view.quantity, SPACES[view.space])
    traced = tuple(
        TracedPath(shortened(text), trace.tokens, trajectory, token_values(service, text, view, trace))
        for text, trace, trajectory in zip(texts, paths.traces, paths.trajectories, strict=True)
    )
    return Picture(paths, traced, offered[view.colour])


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
    """Return the longest step of each text and the distance between two, in these texts' own numbers."""
    sentences = []
    for which, over, trace in zip(("The", "The second text's"), (", over all units", ""), paths.traces, strict=False):
        step = longest_step(trace)
        if step is not None and step.median_length > 0:
            sentences.append(
                f"{which} longest step is at token {step.token_index + 1}, "
                f"**{plain(trace.tokens[step.token_index])}**: {step.length / step.median_length:.1f} times the median "
                f"step{over}."
            )
    if len(paths.traces) == 2:
        sentences.append(describe_pair(*paths.traces))
    if any(paths.num_skipped):
        sentences.append(f"Only the last {MAX_TOKENS:,} tokens are drawn.")
    return " ".join(sentences)


def describe_pair(first: HiddenTrace, second: HiddenTrace) -> str:
    """Return where two texts diverge, and how far apart they end."""
    if first.tokens == second.tokens:
        return "The two texts are the same."
    pairs = list(zip(first.tokens, second.tokens, strict=False))
    shared = next((i for i, (token, other) in enumerate(pairs) if token != other), len(pairs))
    distance = float(np.linalg.norm(first.states[-1].astype(np.float64) - second.states[-1]))
    steps = np.concatenate([step_lengths(first), step_lengths(second)])
    median = float(np.median(steps)) if len(steps) else 0.0
    compared = f" ({distance / median:.1f} × the median step)" if median > 0 else ""
    return f"The texts diverge at token {shared + 1}; their final states are {distance:.1f} apart{compared}."


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
