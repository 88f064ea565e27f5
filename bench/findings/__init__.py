"""What the microscope finds in the shipped models, beside published claims: `python -m bench.findings`.

A section is a file with a function from the material to a `Section`, and a line in SECTIONS. Nothing is chosen here; a
number that disagrees with the paper is printed as it is.
"""

from collections.abc import Callable

from bench.findings import beginnings, clamped, components, features, gates, line_attractor, reach
from bench.findings.report import Material, Section

SECTIONS: dict[str, Callable[[Material], Section]] = {
    "How many directions a state moves in": components.section,
    "The line attractor": line_attractor.section,
    "How far back a cell can learn from": reach.section,
    "What units keep track of": features.section,
    "Clamping a direction or a unit": clamped.section,
    "What a gate buys": gates.section,
    "How a text begins": beginnings.section,
}
"""Title -> what measures and writes it, in order."""
