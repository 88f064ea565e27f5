"""Texts -> paths that can be drawn: traced, on one basis, each token with what it is coloured by.

And what such a picture shows, in a sentence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnn_demo.errors import unknown_name
from rnn_demo.microscope.trace import quantities_of
from rnn_demo.microscope.trajectory import basis_of_traces, longest_step, project_trajectory, step_lengths
from rnn_demo.plots import (
    BY_PLACE,
    BY_SCORE,
    BY_SURPRISAL,
    Colouring,
    Figure,
    TracedPath,
    draw_trajectory,
    draw_trajectory_3d,
    is_close_up,
)
from rnn_demo.results import Basis, HiddenTrace
from rnn_demo.ui.entities.tab import TYPES
from rnn_demo.ui.model_store import ModelStore
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.highlights import plain
from rnn_demo.ui.shared.theme import ENTITY_COLOURS

MAX_TOKENS = 2000
"""Of a longer text the last so many are drawn."""
NAME_CHARACTERS = 28
"""Of a text, as the legend calls it."""
PLACE = "place in the text"
BY_ENTITY = Colouring("entity", names=ENTITY_COLOURS)
OF_TASK = {
    "sentiment": {"P(positive)": BY_SCORE},
    "lm": {"surprisal": BY_SURPRISAL},
    "ner": {"entity": BY_ENTITY},
}


SPACES = {"2-D": 2, "3-D": 3}


@dataclass(frozen=True)
class View:
    """What a visitor chose to see of a model."""

    model: str
    layer: int
    """0 is nearest to the words."""
    quantity: str = "h"
    """A state or a gate; a gate has no basis but that of the texts themselves."""
    colour: str = PLACE
    """A name in `colourings_of` the model's task."""
    space: str = "2-D"
    """A name in SPACES."""


@dataclass(frozen=True)
class Paths:
    """One text or two, read by one model and ready to be drawn."""

    traces: tuple[HiddenTrace, ...]
    """As they are drawn: of each text, its last MAX_TOKENS tokens at most."""
    paths: tuple[TracedPath, ...]
    basis: Basis
    colouring: Colouring
    num_skipped: tuple[int, ...]
    """Of each text, tokens that are not drawn."""


def colourings_of(task: str) -> dict[str, Colouring]:
    """List what the paths of a task's models can be coloured by: what the model says of each token first."""
    return {**OF_TASK.get(task, {}), PLACE: BY_PLACE}


def views_of_cells(store: ModelStore, view: View) -> dict[str, View]:
    """Look in the same way at a model of each cell of the same task: cell -> view, in the order of CELLS.

    Where a model has fewer layers its last is shown, and where its cell has no such quantity, h.
    """
    views = {}
    for cell, name in store.names_by_cell(store.find(view.model).task).items():
        predictor = store.find(name)
        last = predictor.model.encoder.config.num_layers - 1
        quantity = view.quantity if view.quantity in quantities_of(predictor) else "h"
        views[cell] = replace(view, model=name, layer=min(view.layer, last), quantity=quantity)
    return views


def trace_paths(service: Service, texts: Sequence[str], view: View) -> Paths:
    """Read one text or two with a model.

    Raises:
        InputError: a setting is unknown, or a text cannot be read.
    """
    offered = colourings_of(service.store.find(view.model).task)
    for name, given, allowed in (("colour", view.colour, offered), ("space", view.space, SPACES)):
        if given not in allowed:
            raise unknown_name(name, given, allowed)
    whole = [service.trace(text, view.model, view.layer, view.quantity) for text in texts]
    traces = [replace(one, tokens=one.tokens[-MAX_TOKENS:], states=one.states[-MAX_TOKENS:]) for one in whole]
    basis = service.basis(view.model, traces[0].layer, view.quantity) or basis_of_traces(traces)
    paths = [
        TracedPath(
            shortened(text),
            trace.tokens,
            project_trajectory(trace, basis, SPACES[view.space]),
            token_values(service, text, view, len(trace.tokens)),
        )
        for text, trace in zip(texts, traces, strict=True)
    ]
    num_skipped = tuple(len(one.tokens) - len(drawn.tokens) for one, drawn in zip(whole, traces, strict=True))
    return Paths(tuple(traces), tuple(paths), basis, offered[view.colour], num_skipped)


def numbers_of(service: Service, text: str, model: str, layer: int, quantity: str) -> dict[str, Any]:
    """Read a text and give the numbers behind the figures, of its last MAX_TOKENS tokens, as plain values."""
    return numbers_of_texts(trace_paths(service, [text], View(model, layer, quantity)))[0]


def numbers_of_texts(found: Paths) -> list[dict[str, Any]]:
    """Return the numbers behind the figures of each text, as plain values."""
    return [
        {
            "tokens": list(trace.tokens),
            "points": path.trajectory.points.tolist(),
            "explained_variance": list(path.trajectory.explained_variance),
            "states": np.round(trace.states.astype(np.float64), 6).tolist(),  # half the size, and nothing is lost
            "basis": found.basis.source,
            "num_skipped": num_skipped,
        }
        for trace, path, num_skipped in zip(found.traces, found.paths, found.num_skipped, strict=True)
    ]


def token_values(service: Service, text: str, view: View, num_tokens: int) -> Sequence[float | str]:
    """Return what the last tokens of a text are coloured by."""
    model, colour = view.model, view.colour
    if colour == "P(positive)":
        return [token.score for token in service.score(text, model).tokens][-num_tokens:]
    if colour == "surprisal":
        return [token.bits for token in service.surprisal(text, model).tokens][-num_tokens:]
    if colour == "entity":
        entities = service.tag(text, model).entities
        pieces = service.store.find(model).encode(text).tokens[-num_tokens:]
        inside = [next((e for e in entities if e.start <= piece.start < e.end), None) for piece in pieces]
        return ["" if entity is None else TYPES.get(entity.label, entity.label) for entity in inside]
    return list(range(1, num_tokens + 1))


def shortened(text: str) -> str:
    """Cut a text down to a name.

    >>> shortened("one two three four five six seven")
    'one two three four five six …'
    """
    text = " ".join(text.split())
    return text if len(text) <= NAME_CHARACTERS else text[:NAME_CHARACTERS].rstrip() + " …"


def draw_paths(found: Paths, height: int | None = None) -> Figure:
    """Draw paths in the plane or in space, as they were projected."""
    size = {} if height is None else {"height": height}
    if is_flat(found):
        return draw_trajectory(found.paths, found.colouring, found.basis, **size)
    return draw_trajectory_3d(found.paths, found.colouring, **size)


def describe_paths(found: Paths) -> str:
    """Return what the figure shows, in this text's own numbers."""
    said = []
    for which, over, trace in zip(("The", "The second text's"), (", over all units", ""), found.traces, strict=False):
        step = longest_step(trace)
        if step is not None and step.median_length > 0:
            said.append(
                f"{which} longest step is at token {step.token_index + 1}, "
                f"**{plain(trace.tokens[step.token_index])}**: {step.length / step.median_length:.1f} times the median "
                f"step{over}."
            )
    if len(found.traces) == 2:
        said.append(describe_pair(*found.traces))
    if any(found.num_skipped):
        said.append(f"Only the last {MAX_TOKENS:,} tokens are drawn.")
    return " ".join(said)


def describe_basis(found: Paths) -> str:
    """Return what the axes are."""
    if found.basis.density is None:
        return f"The axes are the main components of {found.basis.source} alone: another text has others."
    shade = "; the shade behind is where the states of held-out texts lie" if is_flat(found) else ""
    return f"The axes are the same for every text{shade}.{describe_close_up(found)}"


def describe_close_up(found: Paths) -> str:
    """Say so where the figure does not show all of the plane."""
    if not (is_flat(found) and is_close_up(found.paths, found.basis)):
        return ""
    return " **A close-up:** in all of the plane this would be a spot, so compare texts by the numbers on the axes."


def is_flat(found: Paths) -> bool:
    """Return whether paths are drawn in the plane."""
    return found.paths[0].trajectory.points.shape[1] == SPACES["2-D"]


def describe_pair(first: HiddenTrace, second: HiddenTrace) -> str:
    """Return where two texts quantity, and how far apart they end."""
    if first.tokens == second.tokens:
        return "The two texts are the same."
    pairs = list(zip(first.tokens, second.tokens, strict=False))
    same = next((i for i, (one, other) in enumerate(pairs) if one != other), len(pairs))
    apart = float(np.linalg.norm(first.states[-1].astype(np.float64) - second.states[-1]))
    steps = np.concatenate([step_lengths(first), step_lengths(second)])
    median = float(np.median(steps)) if len(steps) else 0.0
    compared = f", {apart / median:.1f} median steps" if median > 0 else ""
    return f"The two texts quantity at token {same + 1} and end {apart:.1f} apart{compared}."
