"""The line attractor: the fixed points of a sentiment network under zero input, and its slow modes there.

A network that accumulates sentiment needs a stationary state for each sum: a line of fixed points along the readout
(Maheswaranathan et al. 2019, arXiv:1906.10720). The search minimises the kinetic energy

    q(s) = 1/N |s - F(s, 0)|^2

from on-trajectory states (Sussillo & Barak 2013). It first takes some hundred zero-input steps, so that counting cells
reach their cap (`joint_state.py`, which also says why x = 0). Adam (Kingma & Ba 2015, arXiv:1412.6980) then minimises
log q over the joint state, row by row. Points with q < MAX_SPEED over h are kept, as published;
`FixedPoints.whole_speeds` includes c. Slow points pass as well as exact ones; `FixedPoints.drift` measures how far they
move.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Self, TypeVar

import numpy as np
import torch
from torch import Tensor

from rnn_demo.microscope.baseline import random_init_baseline
from rnn_demo.microscope.basis import principal_components
from rnn_demo.microscope.joint_state import C_CAP, JointState
from rnn_demo.microscope.slow_modes import jacobian_at, slowest_modes, time_constant
from rnn_demo.precomputed import Entry
from rnn_demo.sentiment.score import SentimentScorer

MAX_SPEED = 1e-8
RELAX_STEPS = 300
ADAM_STEPS, FIRST_LR, LAST_LR = 250, 2e-2, 2e-4
MIN_ENERGY = 1e-14
"""A smaller q counts as stationary."""
STEPS_PER_YIELD = 10
NUM_MODE_POINTS, NUM_MODES = 8, 20
NUM_ON_TRAJECTORY, NUM_COMPONENTS = 1500, 3
DRIFT_STEPS = 20
"""Zero-input steps over which the drift of a fixed point is measured."""
SEARCH_SHARE = 0.7
"""Fraction of the run time; the Jacobians take the remainder."""
LINE, MAX_GAP = 1.0, 0.25
"""Minimum length of a line attractor in logits, and its widest gap as a fraction of that length."""


@dataclass(frozen=True)
class FixedPoints:
    """The fixed points of a sentiment network under zero input. Every field is an array and is stored.

    Points are coordinates on the first components of the last layer's h over the on-trajectory states.
    """

    speeds: np.ndarray
    """float32 (start,); kinetic energy over h of all layers at the end of each search."""
    whole_speeds: np.ndarray
    """float32 (start,); kinetic energy over the joint state, including an LSTM's c."""
    points: np.ndarray
    """float32 (point, 3); the fixed points kept."""
    logits: np.ndarray
    """float32 (point,); logit of P(positive) at each fixed point."""
    drift: np.ndarray
    """float32 (point,); distance h moves in 20 more steps, over the mean distance of `visited` from its mean."""
    visited: np.ndarray
    """float32 (state, 3); a sample of the on-trajectory states."""
    explained_variance: np.ndarray
    """float32 (component,); explained variance ratios of the last layer's h, largest first."""
    memory_variance: np.ndarray
    """float32 (component,); the same for its c; empty for cells without c."""
    readout: np.ndarray
    """float32 (3,); unit vector of the readout, in these coordinates."""
    mode_points: np.ndarray
    """int64 (linearised,); rows of `points` at which the Jacobian was computed."""
    time_constants: np.ndarray
    """float32 (linearised, mode); tokens, longest first."""
    growing: np.ndarray
    """bool (linearised, mode); the mode grows instead of decaying."""
    alignments: np.ndarray
    """float32 (linearised, mode); |cosine| of the mode's h in the last layer with the readout."""
    mode_directions: np.ndarray
    """float32 (linearised, 3); unit vector of the slowest mode's h, in these coordinates."""

    @property
    def num_started(self) -> int:
        """Return the number of searches."""
        return len(self.speeds)

    @property
    def num_converged(self) -> int:
        """Return the number of fixed points kept."""
        return len(self.points)

    def to_arrays(self, name: str) -> dict[str, np.ndarray]:
        """Return the arrays to store for a network of this name."""
        return {f"{name}.{field.name}": getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_entry(cls, entry: Entry, name: str) -> Self:
        """Read the stored arrays of a network."""
        return cls(**{field.name: entry.arrays[f"{name}.{field.name}"] for field in fields(cls)})


NETWORKS = ("trained", "untrained")
"""Names in an entry; untrained is the random-init baseline."""
Result = TypeVar("Result")


def to_entry(results: Mapping[str, FixedPoints]) -> Entry:
    """Return the entry to store, from the fixed points of each of NETWORKS."""
    return Entry({key: array for name in NETWORKS for key, array in results[name].to_arrays(name).items()}, {})


def from_entry(entry: Entry) -> dict[str, FixedPoints]:
    """Read a stored entry."""
    return {name: FixedPoints.from_entry(entry, name) for name in NETWORKS}


def compare_fixed_points(
    scorer: SentimentScorer, texts: Sequence[Sequence[int]], num_starts: int
) -> Generator[float, None, dict[str, FixedPoints]]:
    """Find the fixed points of a network and of its random-init baseline; arguments as in `find_fixed_points`."""
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
        num_starts: maximum number of searches, each from a random on-trajectory state.
        seed: of the random starts.

    Yields:
        The fraction of the work done, in [0, 1). The caller may stop at any point.

    Returns:
        The fixed points.
    """
    joint = JointState(scorer)
    on_trajectory = joint.on_trajectory_states(texts)
    order = torch.randperm(len(on_trajectory), generator=torch.Generator().manual_seed(seed))
    starts = on_trajectory[order[:num_starts]]
    ends = yield from search(joint, starts)
    energies = kinetic_energy(joint.hidden(ends), joint.hidden(zero_input_step(joint, ends)))
    points = ends[energies < MAX_SPEED]
    points = points[joint.logits(points).argsort()]

    mean, components, shares = pca_of(joint.last(on_trajectory))
    mode_points = np.unique(np.linspace(0, len(points) - 1, min(NUM_MODE_POINTS, len(points))).round().astype(np.int64))
    modes = []
    for i, point in enumerate(mode_points):
        yield SEARCH_SHARE + (1 - SEARCH_SHARE) * i / len(mode_points)
        modes.append(linearise(joint, points[point]))
    directions = [direction for *_, direction in modes]
    return FixedPoints(
        speeds=as_array(energies),
        whole_speeds=as_array(kinetic_energy(ends, zero_input_step(joint, ends))),
        points=as_array((joint.last(points) - mean) @ components),
        logits=as_array(joint.logits(points)),
        drift=as_array(drift(joint, points, on_trajectory)),
        visited=as_array((joint.last(on_trajectory[order[:NUM_ON_TRAJECTORY]]) - mean) @ components),
        explained_variance=as_array(shares),
        memory_variance=as_array(pca_of(joint.last(on_trajectory, 1))[2] if joint.num_parts > 1 else shares[:0]),
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
    """Take zero-input steps, then minimise log q with Adam; return the end with the lower q for each row."""
    states = starts.clamp(-C_CAP, C_CAP)
    for step in range(RELAX_STEPS):
        states = zero_input_step(joint, states)
        if step % STEPS_PER_YIELD == 0:
            yield SEARCH_SHARE / 3 * step / RELAX_STEPS
    relaxed, states = states, states.clone()
    optimizer = torch.optim.Adam([states])
    for step in range(ADAM_STEPS):
        energies, states.grad = log_energy_gradient(joint, states)
        if bool((energies < MIN_ENERGY).all()):
            break
        optimizer.param_groups[0]["lr"] = FIRST_LR * (LAST_LR / FIRST_LR) ** (step / ADAM_STEPS)
        optimizer.step()
        states.clamp_(-C_CAP, C_CAP)
        if step % STEPS_PER_YIELD == 0:
            yield SEARCH_SHARE * (1 + 2 * step / ADAM_STEPS) / 3
    energies, before = (kinetic_energy(ends, zero_input_step(joint, ends)) for ends in (states, relaxed))
    return torch.where((energies < before)[:, None], states, relaxed)


@torch.no_grad()
def zero_input_step(joint: JointState, states: Tensor) -> Tensor:
    """Return F(s, 0) without a gradient."""
    return joint.zero_input_step(states)


@torch.enable_grad()
def log_energy_gradient(joint: JointState, states: Tensor) -> tuple[Tensor, Tensor]:
    """Return q of each row of joint states, and d log q / ds; the gradient is 0 at stationary states."""
    leaf = states.detach().requires_grad_()
    energies = kinetic_energy(leaf, joint.zero_input_step(leaf))
    (gradient,) = torch.autograd.grad(energies.clamp_min(MIN_ENERGY).log().sum(), leaf)
    return energies.detach(), gradient


def kinetic_energy(states: Tensor, after: Tensor) -> Tensor:
    """Return q = 1/N |s - F(s)|^2 of states and the states one step later: (row, state) twice -> (row,)."""
    return (states - after).square().mean(-1)


def drift(joint: JointState, points: Tensor, on_trajectory: Tensor) -> Tensor:
    """Return `FixedPoints.drift` after DRIFT_STEPS zero-input steps: (point,)."""
    states = points
    for _ in range(DRIFT_STEPS):
        states = zero_input_step(joint, states)
    hidden = joint.hidden(on_trajectory)
    return (joint.hidden(states) - joint.hidden(points)).norm(dim=1) / (hidden - hidden.mean(0)).norm(dim=1).mean()


def linearise(joint: JointState, point: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return one fixed point's time constants, growing modes, alignments and the slowest mode's direction in last h."""
    eigenvalues, vectors = slowest_modes(jacobian_at(joint.zero_input_step, point), len(joint.cells), NUM_MODES)
    directions = joint.last(vectors.real.T)  # (mode, hidden)
    directions = directions / directions.norm(dim=1, keepdim=True).clamp_min(torch.finfo(directions.dtype).tiny)
    alignments = (directions @ unit_readout(joint).double()).abs()
    return time_constant(eigenvalues), eigenvalues.abs() > 1, alignments, directions[0]


def unit_readout(joint: JointState) -> Tensor:
    """Return the unit vector of the readout from the last layer's h to the logit: (hidden,)."""
    readout = joint.model.fixed_point_readout
    return readout / readout.norm()


def pca_of(states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return mean (unit,), components (unit, component) and explained variance ratios, in the dtype of the states."""
    mean, components, shares = principal_components(states.numpy())
    return states.new_tensor(mean), states.new_tensor(components.T), states.new_tensor(shares)


def as_array(values: Tensor) -> np.ndarray:
    """Return a float32 array."""
    array: np.ndarray = values.detach().float().numpy()
    return array


def stacked(rows: list[Tensor]) -> np.ndarray:
    """Stack one row per linearised point; (0, NUM_MODES) if there is none."""
    return as_array(torch.stack(rows)) if rows else np.zeros((0, NUM_MODES), np.float32)


def is_line(logits: np.ndarray) -> bool:
    """Return whether logits of fixed points span more than LINE with every gap below MAX_GAP of the span.

    >>> is_line(np.linspace(-1, 1, 9)), is_line(np.array([-1, -0.9, 0.9, 1]))
    (True, False)
    """
    length = np.ptp(logits) if len(logits) > 2 else 0.0
    return bool(length > LINE and np.diff(np.sort(logits)).max() < MAX_GAP * length)
