"""Whether the fixed points of the sentiment models form a line attractor, before and after training."""

from collections.abc import Iterator, Mapping

import numpy as np

from bench.findings.report import Claim, Material, Section, table, tenth
from rnn_demo.microscope.fixed_points import LINE, MAX_SPEED, FixedPoints, from_entry, is_line
from rnn_demo.microscope.joint_state import C_CAP
from rnn_demo.plots import draw_fixed_points

PUBLISHED_TOKENS, FACTOR = 1000, 3
"""The published time constant; within this factor of it counts."""
HEADER = [
    "model",
    "searches with q < 1e-8",
    "the same over h and c",
    "drift of h in 20 tokens",
    "variance in 3 components",
    "slowest mode, tokens",
    "points where it grows",
    "its alignment with the readout",
    "logit along the points",
]


def section(material: Material) -> Section:
    """Report the fixed points of every model that has them."""
    entries = {name: subject.precomputed.get("fixed_points") for name, subject in material.subjects.items()}
    searched = {name: from_entry(entry) for name, entry in entries.items() if entry is not None}
    rows = [row(f"{name}, {state}", each) for name, both in searched.items() for state, each in both.items()]
    return Section(
        [table(HEADER, rows)],
        "Published: nearly every search converges; the fixed points lie on a line that the readout reads; 2 or 3 "
        "components explain about 90 % of the variance; the slowest mode lasts about 1,000 tokens; and all this in "
        "the trained network only (Maheswaranathan et al. 2019). At each point examined, we take the longest time "
        "constant and the largest |cosine| of a slow mode with the readout; the table shows their medians. q is the "
        f"kinetic energy over h alone, with an LSTM's c limited to ±{C_CAP:g}, beyond which tanh(c) hardly changes; "
        "the next column counts q over h and c. The drift says how far h moves on: above 0 these are slow points, not "
        "exact fixed points, and some of their slowest modes grow instead of decaying. A line means here: logits that "
        f"span more than {LINE:g} without a gap of a quarter of the span. Whether it follows the readout is not "
        "tested, and the alignments are low.",
        [claim for name, both in searched.items() for claim in claims(name, both)],
        {
            f"fixed-points-{name}": (f"Fixed points of {name}", draw_fixed_points(both))
            for name, both in searched.items()
        },
    )


def row(name: str, points: FixedPoints) -> list[str]:
    """Write a line of the table; "-" where there is no fixed point."""
    examined, kept = len(points.growing), len(points.points)
    return [
        name,
        f"{kept} of {len(points.speeds)}",
        f"{np.sum(points.whole_speeds < MAX_SPEED)}",
        f"{100 * np.median(points.drift):.1f} %" if kept else "-",
        f"{100 * float(points.explained_variance[:3].sum()):.0f} %",
        f"{median_of_largest(points.time_constants):,.0f}" if examined else "-",
        f"{np.sum(points.growing[:, 0])} of {examined}" if examined else "-",
        f"{median_of_largest(points.alignments):.2f}" if examined else "-",
        f"{tenth(points.logits.min())} to {tenth(points.logits.max())}" if kept else "-",
    ]


def claims(name: str, both: Mapping[str, FixedPoints]) -> Iterator[Claim]:
    """Check one model."""
    trained, untrained = both["trained"], both["untrained"]
    yield Claim(
        f"{name} has a line of fixed points after training only",
        is_line(trained.logits) and not is_line(untrained.logits),
        f"{shape_of(trained.logits)}; before training {shape_of(untrained.logits)}",
    )
    if trained.time_constants.size:
        tokens = median_of_largest(trained.time_constants)
        near = PUBLISHED_TOKENS / FACTOR < tokens < PUBLISHED_TOKENS * FACTOR
        yield Claim(f"{name}'s slowest mode lasts about {PUBLISHED_TOKENS:,} tokens", near, f"{tokens:,.0f}")


def shape_of(logits: np.ndarray) -> str:
    """Return in words how fixed points are spread over the logits that they give."""
    if not len(logits):
        return "no fixed point"
    if np.ptp(logits) <= LINE:
        return f"all near logit {tenth(logits.mean())}"
    gap = np.diff(np.sort(logits)).max()
    return f"from logit {tenth(logits.min())} to {tenth(logits.max())}, widest gap {gap:.1f}"


def median_of_largest(by_point: np.ndarray) -> float:
    """Return the median over points of the largest over modes: (point, mode) -> ()."""
    return float(np.median(by_point.max(axis=1)))
