"""How many directions the hidden state of each model uses."""

import numpy as np

from bench.findings.report import Claim, Material, Section, table
from rnn_demo.microscope.basis import Basis
from rnn_demo.sentiment.score import SentimentScorer

SHOWN = (1, 2, 3, 10)
"""Numbers of components in the table."""
CLAIMED = 3
ENOUGH = 0.85
"""Share of the variance that counts as the published 90 %."""


def section(material: Material) -> Section:
    """Compare the variance that the first components explain."""
    shares = shares_by_model(material)
    rows = []
    for name, (num_units, cumulative) in shares.items():
        rows.append([name, f"{num_units}", *(f"{100 * cumulative[shown - 1]:.0f} %" for shown in SHOWN)])
    explained = {name: shares[name][1][CLAIMED - 1] for name in material.predictors(SentimentScorer) if name in shares}
    return Section(
        [table(["model", "units", "1 component", *map(str, SHOWN[1:])], rows)],
        "Share of the variance of the last layer's h that the first components explain, over 1,000 held-out texts. "
        "Published, for networks trained on sentiment alone from random weights: 2 or 3 components explain about 90 % "
        f"(Maheswaranathan et al. 2019, arXiv:1906.10720); {100 * ENOUGH:.0f} % counts here. A language model has to "
        "keep track of far more than one opinion.",
        [
            Claim(
                f"{CLAIMED} components explain about 90 % of the variance of {name}",
                bool(share > ENOUGH),
                f"{100 * share:.0f} %",
            )
            for name, share in explained.items()
        ],
    )


def shares_by_model(material: Material) -> dict[str, tuple[int, np.ndarray]]:
    """Return the units of the last layer, and the share that the first 1, 2, .. components explain together."""
    shares = {}
    for name, subject in material.subjects.items():
        entry = subject.precomputed.get("basis")
        if entry is not None and (basis := Basis.from_entry(entry, subject.last_layer, "h")):
            shares[name] = len(basis.mean), np.cumsum(basis.explained_variance)
    return shares
