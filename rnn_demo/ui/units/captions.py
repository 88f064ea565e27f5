"""What the Units tab says and colours, from a reading. No gradio in here."""

import re
from collections.abc import Sequence

import numpy as np

from rnn_demo.cells import Quantity
from rnn_demo.microscope.contexts import Context, SpanMatches
from rnn_demo.microscope.correlations import RankedUnit, correlation
from rnn_demo.microscope.features import FEATURES
from rnn_demo.microscope.units import UnitReading
from rnn_demo.ui.shared.highlights import Highlights, mark_runs
from rnn_demo.ui.shared.quantities import describe_gate

STEPS = (0.2, 0.6)
"""From which share of the scale on a colour begins, and the stronger colour."""
CLEAR, FAINT = 0.4, 0.2
"""|r| from which on a unit is shown first for its feature, and below which it goes with none."""
PLAIN = re.compile(r"""[^\W_]+|[.,;:!?"'’()]+""")
"""Letters and digits, or signs that mean nothing in Markdown or HTML."""
HERE = "here"
"""Highlights the place itself in a context."""


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


def first_unit(reading: UnitReading, wanted: str) -> int:
    """Choose the unit to show first: the best unit of the wanted feature if that is clear, else the clearest of all.

    The clearest units follow single punctuation marks, which shows little.
    """
    clear = (one.unit for one in reading.by_feature if one.feature == wanted and abs(one.correlation or 0) >= CLEAR)
    return next(clear, unit_choices(reading)[0][1])


def scale_of(quantity: Quantity, contexts: Sequence[Context]) -> float | None:
    """Return the value that the strongest colour stands for in every text.

    Args:
        quantity: a state or a gate.
        contexts: where held-out text drives the unit farthest; what is bounded needs none.

    Returns:
        None where it is not known, nor ever will be without a held-out text.
    """
    if quantity.bounded:
        return 1.0
    return max((abs(context.value) for context in contexts), default=0.0) or None


def colour_unit(text: str, reading: UnitReading, unit: int, quantity: Quantity, scale: float | None) -> Highlights:
    """Cut a text into runs of tokens after which a unit held about the same; the parts, joined, give it back.

    Args:
        text: as typed.
        reading: of it.
        unit: of its layer.
        quantity: what was read of each unit.
        scale: as `scale_of` gives it; None takes the largest value of the text itself.
    """
    values = reading.trace.states[:, unit]
    full = scale or float(np.abs(values).max()) or 1.0
    name = name_opening if quantity.is_gate else name_value
    labelled: list[tuple[int, str | None]] = [(reading.spans[0][0], None)]
    for (_, end), value in zip(reading.spans, values.tolist(), strict=True):
        labelled.append((end, name(value / full)))
    return mark_runs(text, [*labelled, (len(text), None)])


def name_value(share: float) -> str | None:
    """Name a value by its share of the scale; None is near 0.

    >>> [name_value(share) for share in (-1, -0.3, 0.1, 0.3, 0.7)]
    ['far below 0', 'below 0', None, 'above 0', 'far above 0']
    """
    if abs(share) < STEPS[0]:
        return None
    side = "above 0" if share > 0 else "below 0"
    return f"far {side}" if abs(share) >= STEPS[1] else side


def name_opening(value: float) -> str | None:
    """Name the value of a gate; None is nearly shut.

    >>> [name_opening(value) for value in (0.1, 0.3, 0.7)]
    [None, '0.2 to 0.6', 'over 0.6']
    """
    weak, strong = STEPS
    if value < weak:
        return None
    return f"over {strong}" if value >= strong else f"{weak} to {strong}"


def describe_colours(quantity: Quantity, scale: float | None) -> str:
    """Return what the colours stand for."""
    if quantity.is_gate:
        return f"{describe_gate(quantity)}."
    if scale is None:
        return "There is no held-out text to compare with: the colours are shares of the largest value in this text."
    weak, strong = (f"±{step * scale:.2f}" for step in STEPS)
    of = "" if quantity.bounded else ", a fifth and three fifths of the farthest that held-out text drives it"
    return f"Colours begin at {weak} and the strong ones at {strong}{of}."


def mark_contexts(contexts: Sequence[Context]) -> Highlights:
    """Write places a line each: the value, the words around it, and the place itself marked."""
    parts: Highlights = []
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


def describe(text: str, reading: UnitReading, unit: int, quantity: str) -> str:
    """Say in numbers what the colours show. Of what a visitor typed only plain words go in here."""
    values, tokens = reading.trace.states[:, unit], reading.trace.tokens
    high, low = int(values.argmax()), int(values.argmin())
    said = (
        f"Unit {unit} of layer {reading.trace.layer} is highest after {name_token(tokens, high)} "
        f"({signed(values[high])}) and lowest after {name_token(tokens, low)} ({signed(values[low])})."
    )
    clear = clear_features(reading.by_feature, unit) or clear_features(reading.ranked, unit)
    if clear:
        features = ", ".join(f"**{one.feature}** (r = {one.correlation:+.2f})" for one in clear)
        said += f" Over held-out texts it goes with {features}"
        feature = FEATURES.get(str(clear[0].feature))
        here = correlation(list(feature(text, reading.spans)), values.tolist()) if feature else 0.0
        said += f"; here, with the first of these, r = {here:+.2f}." if here else "."
    elif reading.by_feature:
        said += f" Over held-out texts it follows nothing that is asked here: no |r| is {FAINT} or more."
    else:
        said += f" {say_why_unknown(quantity)}: those that change most over this text are listed."
    if reading.num_skipped:
        said += f" Only the last {len(tokens):,} tokens are shown."
    return said


def clear_features(found: Sequence[RankedUnit], unit: int) -> list[RankedUnit]:
    """Take out of a ranking what a unit goes with, as far as it does."""
    return [one for one in found if one.unit == unit and abs(one.correlation or 0) >= FAINT]


def say_why_unknown(quantity: str) -> str:
    """Return why nothing is known of what the units keep track of."""
    why = "was not computed in advance for this model" if quantity == "h" else "is only known of h"
    return f"What the units keep track of {why}"


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
