"""The line attractor: the fixed points of a sentiment network under zero input, and its slow modes there.

A network that adds up opinions needs, for each sum, a state that stays: a line of fixed points along the readout
(Maheswaranathan et al. 2019, arXiv:1906.10720). They are found by minimising how fast a state moves,

    q(s) = 1/N |s - F(s, 0)|^2

from on-trajectory states (Sussillo & Barak 2013). The network first takes some hundred zero-input steps, so that
counting memory cells reach their cap (see `joint_state.py`: there, too, why x = 0); then log q is lowered by Adam
(Kingma & Ba 2015, arXiv:1412.6980), each row by itself, over all that is carried. Kept are those with q < MAX_SPEED
over h, as published; `FixedPoints.whole_speeds` has q over c too. Slow points pass as well as exact ones:
`FixedPoints.drift` tells how far they move when the network runs on.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Self, TypeVar

import numpy as np
import torch
from torch import Tensor

from rnn_demo.microscope.baseline import random_init_baseline
from rnn_demo.microscope.basis import principal_components
from rnn_demo.microscope.joint_state import REST_CAP, JointState
from rnn_demo.microscope.slow_modes import jacobian_at, slowest_modes, time_constant
from rnn_demo.precomputed import Entry
from rnn_demo.sentiment.score import SentimentScorer

MAX_SPEED = 1e-8
RELAX_STEPS = 300
ADAM_STEPS, FIRST_LR, LAST_LR = 250, 2e-2, 2e-4
AT_REST = 1e-14
"""Nothing slower is told apart from standing still."""
STEPS_PER_YIELD = 10
NUM_MODE_POINTS, NUM_MODES = 8, 20
NUM_VISITED, NUM_COMPONENTS, NUM_SHARES = 1500, 3, 10
DRIFT_STEPS = 20
"""After which a fixed point is looked at again."""
SEARCH_SHARE = 0.7
"""Of the time; the Jacobians take the rest."""
LINE, MAX_GAP = 1.0, 0.25
"""Logits: a shorter line of fixed points is one place. Of its length: a wider gap parts it."""


@dataclass(frozen=True)
class FixedPoints:
    """The fixed points of a sentiment network under zero input. Every field is an array, so that it can be stored.

    Points are coordinates on the first components of the last layer's h over the on-trajectory states.
    """

    speeds: np.ndarray
    """float32 (start,); q over h of every layer, where each search ended."""
    whole_speeds: np.ndarray
    """float32 (start,); the same over all that is carried on, an LSTM's c too."""
    points: np.ndarray
    """float32 (point, 3); the ends with a q small enough to be kept."""
    logits: np.ndarray
    """float32 (point,); of P(positive) at the fixed point."""
    drift: np.ndarray
    """float32 (point,); how far h moves in 20 more steps, over the mean distance of `visited` from its mean."""
    visited: np.ndarray
    """float32 (state, 3); some of the on-trajectory states."""
    explained_variance: np.ndarray
    """float32 (component,); shares of the variance of the last layer's h, largest first."""
    memory_variance: np.ndarray
    """float32 (component,); the same of its c; empty in cells without one."""
    readout: np.ndarray
    """float32 (3,); the unit vector along which h moves the logit, in these coordinates."""
    mode_points: np.ndarray
    """int64 (linearised,); rows of `points` at which the Jacobian was taken."""
    time_constants: np.ndarray
    """float32 (linearised, mode); tokens, longest first."""
    growing: np.ndarray
    """bool (linearised, mode); the mode grows instead of fading."""
    alignments: np.ndarray
    """float32 (linearised, mode); |cosine| of the mode's h in the last layer with the readout."""
    mode_directions: np.ndarray
    """float32 (linearised, 3); of the mode that lasts longest, the unit vector of its h, in these coordinates."""

    @property
    def num_started(self) -> int:
        """Searches."""
        return len(self.speeds)

    @property
    def num_converged(self) -> int:
        """Fixed points kept."""
        return len(self.points)

    def to_arrays(self, name: str) -> dict[str, np.ndarray]:
        """Return the arrays to store, under a network's name."""
        return {f"{name}.{field.name}": getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_entry(cls, entry: Entry, name: str) -> Self:
        """Read the arrays of a network back."""
        return cls(**{field.name: entry.arrays[f"{name}.{field.name}"] for field in fields(cls)})


NETWORKS = ("trained", "untrained")
"""Names in an entry; untrained is the random-init baseline."""
Result = TypeVar("Result")


def to_entry(found: Mapping[str, FixedPoints]) -> Entry:
    """Return the entry to store, from the fixed points of each of NETWORKS."""
    return Entry({key: array for name in NETWORKS for key, array in found[name].to_arrays(name).items()}, {})


def from_entry(entry: Entry) -> dict[str, FixedPoints]:
    """Read a stored entry."""
    return {name: FixedPoints.from_entry(entry, name) for name in NETWORKS}


def compare_fixed_points(
    scorer: SentimentScorer, texts: Sequence[Sequence[int]], num_starts: int
) -> Generator[float, None, dict[str, FixedPoints]]:
    """Find the fixed points of a network and of its random-init baseline; otherwise as `find_fixed_points`."""
    results: dict[str, FixedPoints] = {}
    for name, network in zip(NETWORKS, (scorer, random_init_baseline(scorer)), strict=True):
        search = find_fixed_points(network, texts, num_starts)
        while name not in results:
            try:
                yield (len(results) + next(search)) / len(NETWORKS)
            except StopIteration as end:
                results[name] = end.value
    return results


def result_of(work: Generator[object, None, Result]) -> Result:
    """Run a generator to its end and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def find_fixed_points(
    scorer: SentimentScorer, texts: Sequence[Sequence[int]], num_starts: int, seed: int = 0
) -> Generator[float, None, FixedPoints]:
    """Find the fixed points of a sentiment classifier.

    Args:
        scorer: the classifier.
        texts: token ids of each text; the states after their tokens are the on-trajectory states.
        num_starts: searches, from states drawn among these; fewer where there are fewer.
        seed: of that draw.

    Yields:
        The fraction of the work that is done, in [0, 1). The search may be dropped at any of them.

    Returns:
        The fixed points.
    """
    joint = JointState(scorer)
    visited = joint.visit(texts)
    order = torch.randperm(len(visited), generator=torch.Generator().manual_seed(seed))
    starts = visited[order[:num_starts]]
    ends = yield from search(joint, starts)
    energies = kinetic_energy(joint.shown(ends), joint.shown(rest(joint, ends)))
    points = ends[energies < MAX_SPEED]
    points = points[joint.logits(points).argsort()]

    mean, components, shares = pca_of(joint.last(visited))
    mode_points = np.unique(np.linspace(0, len(points) - 1, min(NUM_MODE_POINTS, len(points))).round().astype(np.int64))
    modes = []
    for i, point in enumerate(mode_points):
        yield SEARCH_SHARE + (1 - SEARCH_SHARE) * i / len(mode_points)
        modes.append(linearise(joint, points[point]))
    directions = [direction for *_, direction in modes]
    return FixedPoints(
        speeds=as_array(energies),
        whole_speeds=as_array(kinetic_energy(ends, rest(joint, ends))),
        points=as_array((joint.last(points) - mean) @ components),
        logits=as_array(joint.logits(points)),
        drift=as_array(drift(joint, points, visited)),
        visited=as_array((joint.last(visited[order[:NUM_VISITED]]) - mean) @ components),
        explained_variance=as_array(shares),
        memory_variance=as_array(pca_of(joint.last(visited, 1))[2] if joint.num_parts > 1 else shares[:0]),
        readout=as_array(unit_readout(joint) @ components),
        mode_points=mode_points,
        time_constants=stacked([constants for constants, *_ in modes]),
        growing=stacked([growing for _, growing, *_ in modes]).astype(bool),
        alignments=stacked([alignments for *_, alignments, _ in modes]),
        mode_directions=as_array(torch.stack(directions).to(components) @ components)
        if directions
        else np.zeros((0, NUM_COMPONENTS), np.float32),
    )


def search(joint: JointState, starts: Tensor) -> Generator[float, None, Tensor]:
    """Take zero-input steps, then lower log q by Adam; yield the fraction done, return the slower end of each row."""
    states = starts.clamp(-REST_CAP, REST_CAP)
    for step in range(RELAX_STEPS):
        states = rest(joint, states)
        if step % STEPS_PER_YIELD == 0:
            yield SEARCH_SHARE / 3 * step / RELAX_STEPS
    relaxed, states = states, states.clone()
    optimizer = torch.optim.Adam([states])
    for step in range(ADAM_STEPS):
        energies, states.grad = log_energy_gradient(joint, states)
        if bool((energies < AT_REST).all()):
            break
        optimizer.param_groups[0]["lr"] = FIRST_LR * (LAST_LR / FIRST_LR) ** (step / ADAM_STEPS)
        optimizer.step()
        states.clamp_(-REST_CAP, REST_CAP)
        if step % STEPS_PER_YIELD == 0:
            yield SEARCH_SHARE * (1 + 2 * step / ADAM_STEPS) / 3
    slower = kinetic_energy(states, rest(joint, states)) < kinetic_energy(relaxed, rest(joint, relaxed))
    return torch.where(slower[:, None], states, relaxed)


@torch.no_grad()
def rest(joint: JointState, states: Tensor) -> Tensor:
    """Take a zero-input step F(s, 0) without a gradient."""
    return joint.rest(states)


@torch.enable_grad()
def log_energy_gradient(joint: JointState, states: Tensor) -> tuple[Tensor, Tensor]:
    """Return q of each row over all that is carried, and d log q / ds; 0 where it stands still."""
    leaf = states.detach().requires_grad_()
    energies = kinetic_energy(leaf, joint.rest(leaf))
    (gradient,) = torch.autograd.grad(energies.clamp_min(AT_REST).log().sum(), leaf)
    return energies.detach(), gradient


def kinetic_energy(states: Tensor, moved: Tensor) -> Tensor:
    """Measure q = 1/N |s - F(s)|^2: (row, state) twice -> (row,)."""
    return (states - moved).square().mean(-1)


def drift(joint: JointState, points: Tensor, visited: Tensor) -> Tensor:
    """Return how far h moves in DRIFT_STEPS steps, over the mean distance of `visited` from its mean: (point,)."""
    states = points
    for _ in range(DRIFT_STEPS):
        states = rest(joint, states)
    shown = joint.shown(visited)
    return (joint.shown(states) - joint.shown(points)).norm(dim=1) / (shown - shown.mean(0)).norm(dim=1).mean()


def linearise(joint: JointState, point: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """At one fixed point: time constants, which modes grow, alignments, and the direction of the longest, in last h."""
    eigenvalues, vectors = slowest_modes(jacobian_at(joint.rest, point), len(joint.cells), NUM_MODES)
    directions = joint.last(vectors.real.T)  # (mode, hidden)
    directions = directions / directions.norm(dim=1, keepdim=True).clamp_min(torch.finfo(directions.dtype).tiny)
    alignments = (directions @ unit_readout(joint).double()).abs()
    return time_constant(eigenvalues), eigenvalues.abs() > 1, alignments, directions[0]


def unit_readout(joint: JointState) -> Tensor:
    """Return the direction, of length 1, along which the last layer's h moves the logit: (hidden,)."""
    readout = joint.model.fixed_point_readout
    return readout / readout.norm()


def pca_of(states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return mean (unit,), first components (unit, component) and shares of the variance, in the type of the states."""
    mean, components, shares = principal_components(states.numpy())
    return states.new_tensor(mean), states.new_tensor(components.T), states.new_tensor(shares)


def as_array(values: Tensor) -> np.ndarray:
    """Return a float32 array."""
    array: np.ndarray = values.detach().float().numpy()
    return array


def stacked(rows: list[Tensor]) -> np.ndarray:
    """Stack one row a linearised point; (0, NUM_MODES) where there is none."""
    return as_array(torch.stack(rows)) if rows else np.zeros((0, NUM_MODES), np.float32)


def is_line(logits: np.ndarray) -> bool:
    """Whether fixed points reach over more than LINE, and no gap between neighbours is MAX_GAP of that.

    >>> is_line(np.linspace(-1, 1, 9)), is_line(np.array([-1, -0.9, 0.9, 1]))
    (True, False)
    """
    length = np.ptp(logits) if len(logits) > 2 else 0.0
    return bool(length > LINE and np.diff(np.sort(logits)).max() < MAX_GAP * length)
