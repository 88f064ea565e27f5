"""Calibrated confidence of a sentiment classifier: temperatures by length, and a middle wide enough for neutral.

A network that is in doubt between neutral and praise says 0.75, halfway, where the label is "positive"; of the texts
that get 0.75 more than half are neutral. So the log-odds x are drawn in to x - w tanh(x / w), which is flat at 0 and
x - w far out: a width w that lets the labels be right most often, and with it the temperature (training/calibration.py)
that keeps clear texts likeliest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from rnn_demo.sentiment.batches import MAX_SHORT
from rnn_demo.sentiment.config import SentimentConfig
from rnn_demo.sentiment.score import NEGATIVE_BELOW, POSITIVE_ABOVE
from rnn_demo.training.calibration import best_temperature
from rnn_demo.training.metrics import expected_calibration_error

WIDTHS = np.linspace(0, 2, 21)
MAX_NEUTRAL = 0.25
"""Share of neutral rows in a data set that hardly has any."""
MAX_ERROR = 0.02
"""Calibration error on clear texts that a width may bring."""


@dataclass(frozen=True)
class Scored:
    """Held-out rows of a data set, and what the network says of them."""

    lengths: np.ndarray
    """(row,); tokens."""
    log_odds: np.ndarray
    """float64 (row,); not calibrated."""
    targets: np.ndarray
    """(row,); 0 negative .. 1 positive, 0.5 neutral."""

    FIELDS = ("lengths", "log_odds", "targets")


def draw_in(log_odds: np.ndarray, width: float) -> np.ndarray:
    """Draw log-odds in towards 0.

    >>> draw_in(np.array([-4.0, 0.5, 4.0]), 1.0).round(2).tolist()
    [-3.0, 0.04, 3.0]
    """
    return log_odds - width * np.tanh(log_odds / width) if width else log_odds


def calibrate(config: SentimentConfig, held_out: Sequence[Scored]) -> SentimentConfig:
    """Choose temperatures and widths: one of each for the data sets of short texts, and one for those of long ones."""
    temperatures, widths = [], []
    is_short = [float(np.median(rows.lengths)) <= MAX_SHORT for rows in held_out]
    for short in (True, False):
        group = [rows for rows, its in zip(held_out, is_short, strict=True) if its == short]
        clear = clear_rows(group)
        if not len(clear.targets):
            continue
        width, temperature = _best_width(group, clear)
        length = float(np.median(clear.lengths))
        temperatures.append((length, temperature))
        widths.append((length, width))
    return replace(config, temperatures=tuple(sorted(temperatures)), neutral_widths=tuple(sorted(widths)))


def clear_rows(group: Sequence[Scored]) -> Scored:
    """Join the rows that are not neutral, of the data sets that hardly have any neutral ones if there are such.

    Where many texts are neutral a network that is unsure stays in the middle; of a clear one it could be surer.
    """
    hardly = [rows for rows in group if (rows.targets == 0.5).mean() <= MAX_NEUTRAL]
    joined = [np.concatenate([getattr(rows, field) for rows in hardly or group] or [[]]) for field in Scored.FIELDS]
    return Scored(*(column[joined[-1] != 0.5] for column in joined))


def _best_width(group: Sequence[Scored], clear: Scored) -> tuple[float, float]:
    """The smallest width that makes most labels right, and its temperature; 0 where no row is neutral."""
    with_neutral = [rows for rows in group if (rows.targets == 0.5).any()]
    positive = clear.targets > 0.5
    best = (-1.0, -0.0, 1.0)
    for width in WIDTHS if with_neutral else (0.0,):
        temperature = best_temperature(partial(_nats_at, clear.log_odds, positive, float(width)))
        scores = 1 / (1 + np.exp(-draw_in(clear.log_odds / temperature, float(width))))
        if width and expected_calibration_error(scores, positive.astype(int)) > MAX_ERROR:
            continue
        right = float(np.mean([_three_way(rows, temperature, float(width)) for rows in with_neutral] or [0.0]))
        best = max(best, (right, -float(width), temperature))
    return -best[1], best[2]


def _nats_at(odds: np.ndarray, positive: np.ndarray, width: float, temperature: float) -> float:
    """Mean cross-entropy of clear rows."""
    return float(np.logaddexp(0, -np.where(positive, 1, -1) * draw_in(odds / temperature, width)).mean())


def _three_way(rows: Scored, temperature: float, width: float) -> float:
    """The share of rows whose label is right."""
    scores = 1 / (1 + np.exp(-draw_in(rows.log_odds / temperature, width)))
    labels = (scores > POSITIVE_ABOVE).astype(int) - (scores < NEGATIVE_BELOW)
    return float((labels == np.sign(rows.targets - 0.5)).mean())
