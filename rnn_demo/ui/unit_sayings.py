"""What the Units tab says and colours, from a reading. No gradio in here."""

import re
from collections.abc import Sequence

import numpy as np

from rnn_demo.microscope.correlations import correlation
from rnn_demo.microscope.features import FEATURES
from rnn_demo.results import Context, RankedUnit, SpanMatches, UnitReading
from rnn_demo.ui.marks import Marks, mark_runs

__all__ = ["HERE", "colour_unit", "describe", "describe_similar", "mark_contexts", "unit_choices"]

STEPS = (0.2, 0.6)
"""From which share of the largest value on a colour begins, and the stronger colour."""
PLAIN = re.compile(r"""[^\W_]+|[.,;:!?"'’()]+""")
"""Letters and digits, or signs that mean nothing in Markdown or HTML."""
HERE = "here"
"""Marks the place itself in a context."""


def unit_choices(reading: UnitReading) -> list[tuple[str, int]]:
    """List every unit once: the best of each feature first, then the others, the clearest first."""
    names: dict[int, str] = {}
    for one in (*reading.by_feature, *reading.ranked):
        if one.correlation or one.feature is None:
            names.setdefault(one.unit, name_unit(one))
    return [(name, unit) for unit, name in names.items()] or [(f"unit {one.unit}", one.unit) for one in reading.ranked]


def name_unit(one: RankedUnit) -> str:
    """Name a unit by what it goes with.

    >>> name_unit(RankedUnit(117, "inside quotes", 0.624)), name_unit(RankedUnit(3, None, None))
    ('unit 117: inside quotes, r = +0.62', 'unit 3')
    """
    return f"unit {one.unit}" if one.feature is None else f"unit {one.unit}: {one.feature}, r = {one.correlation:+.2f}"


def colour_unit(text: str, reading: UnitReading, unit: int) -> Marks:
    """Cut a text into runs of tokens after which a unit held about the same; the parts, joined, give it back."""
    values = reading.trace.states[:, unit]
    largest = float(np.abs(values).max()) or 1.0
    labelled: list[tuple[int, str | None]] = [(reading.spans[0][0], None)]
    for (_, end), value in zip(reading.spans, values.tolist(), strict=True):
        labelled.append((end, name_value(value / largest)))
    return mark_runs(text, [*labelled, (len(text), None)])


def name_value(share: float) -> str | None:
    """Name a value by its share of the largest one; None is near 0.

    >>> [name_value(share) for share in (-1, -0.3, 0.1, 0.3, 0.7)]
    ['far below 0', 'below 0', None, 'above 0', 'far above 0']
    """
    if abs(share) < STEPS[0]:
        return None
    side = "above 0" if share > 0 else "below 0"
    return f"far {side}" if abs(share) >= STEPS[1] else side


def mark_contexts(contexts: Sequence[Context]) -> Marks:
    """Write places a line each: the value, the words around it, and the place itself marked."""
    parts: Marks = []
    for context in contexts:
        parts.append((f"{signed(context.value)}  … {one_line(context.before)}", None))
        parts.append((one_line(context.token), HERE))
        parts.append((f"{one_line(context.after)} …\n", None))
    return parts


def one_line(text: str) -> str:
    r"""Show a line break as a sign.

    >>> one_line("Rome.\n\nHe"), one_line("\n")
    ('Rome. ⏎ He', ' ⏎ ')
    """
    return re.sub(r"\s*\n\s*", " ⏎ ", text)


def describe(text: str, reading: UnitReading, unit: int, part: str) -> str:
    """Say in numbers what the colours show. Of what a visitor typed only plain words go in here."""
    values, tokens = reading.trace.states[:, unit], reading.trace.tokens
    high, low = int(values.argmax()), int(values.argmin())
    said = (
        f"Unit {unit} of layer {reading.trace.layer} is highest after {name_token(tokens, high)} "
        f"({signed(values[high])}) and lowest after {name_token(tokens, low)} ({signed(values[low])})."
    )
    known = [one for one in reading.by_feature if one.unit == unit and one.correlation]
    known = known or [one for one in reading.ranked if one.unit == unit and one.correlation]
    if known:
        features = ", ".join(f"**{one.feature}** (r = {one.correlation:+.2f})" for one in known)
        said += f" Over held-out texts it goes with {features}"
        feature = FEATURES.get(str(known[0].feature))
        here = correlation(list(feature(text, reading.spans)), values.tolist()) if feature else 0.0
        said += f"; here, with the first of these, r = {here:+.2f}." if here else "."
    elif not reading.by_feature:
        why = "was not computed in advance for this model" if part == "h" else "is only known of h"
        said += f" What the units keep track of {why}: those that change most over this text are listed."
    if reading.num_skipped:
        said += f" Only the last {len(tokens):,} tokens are shown."
    return said


def signed(value: float) -> str:
    """Write a value with its sign and two decimals; what rounds to 0 has no minus.

    >>> signed(0.5), signed(-0.001)
    ('+0.50', '+0.00')
    """
    return f"{round(float(value), 2) + 0.0:+.2f}"


def name_token(tokens: Sequence[str], place: int) -> str:
    """Name a token by its number, and by its letters or signs where none of them could be markup.

    >>> name_token([" old", "<b>"], 0), name_token([" old", "<b>"], 1)
    ('“old” at token 1', 'token 2')
    """
    word = tokens[place].strip()
    return f"“{word}” at token {place + 1}" if PLAIN.fullmatch(word) else f"token {place + 1}"


def describe_similar(found: SpanMatches, threshold: float) -> str:
    """Say in numbers what was looked for and found. Nothing that a visitor typed goes in here."""
    if not found.units:
        return f"No unit stays beyond ±{threshold:.2f} through these words: lower the threshold, or take fewer words."
    looked_for = f"**{len(found.units)}** units stay beyond ±{threshold:.2f} through these words"
    if not found.matches:
        return f"{looked_for}; nowhere in the held-out text are most of them on again: raise the threshold."
    best, last = found.matches[0].num_shared, found.matches[-1].num_shared
    return (
        f"{looked_for}. In the first place below **{best}** of them are on again, in the last {last}; the number "
        "before each is the mean size of all of them there."
    )
