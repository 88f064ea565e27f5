"""The sentences and colours of the Units tab. No gradio in here."""

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
"""Shares of the scale at which the weak and the strong colour start."""
CLEAR, FAINT = 0.4, 0.2
"""|r| from which a unit is shown first for its feature, and below which it tracks none."""
PLAIN = re.compile(r"""[^\W_]+|[.,;:!?"'’()]+""")
"""Letters and digits, or punctuation without a meaning in Markdown or HTML."""
HERE = "here"
"""The label of a passage's own token."""


def unit_choices(reading: UnitReading) -> list[tuple[str, int]]:
    """List every unit once: the best of each feature first, then the others, the clearest first."""
    names: dict[int, str] = {}
    for ranked in (*reading.by_feature, *reading.ranked):
        if ranked.correlation or ranked.feature is None:
            names.setdefault(ranked.unit, name_unit(ranked))
    names = names or {ranked.unit: f"unit {ranked.unit}" for ranked in reading.ranked}
    return [(name, unit) for unit, name in names.items()]


def name_unit(ranked: RankedUnit) -> str:
    """Return a unit's number and the feature that it tracks.

    >>> name_unit(RankedUnit(117, "inside quotes", 0.624)), name_unit(RankedUnit(3, None, None))
    ('unit 117: inside quotes, r = +0.62', 'unit 3')
    """
    feature = "" if ranked.feature is None else f": {ranked.feature}, r = {ranked.correlation:+.2f}"
    return f"unit {ranked.unit}{feature}"


def first_unit(reading: UnitReading, wanted: str) -> int:
    """Return the unit to show first: the best for the wanted feature if |r| is CLEAR, else the clearest of all.

    The clearest units track single punctuation marks, which shows little.
    """
    own = [ranked for ranked in reading.by_feature if ranked.feature == wanted]
    clear = (ranked.unit for ranked in own if abs(ranked.correlation or 0) >= CLEAR)
    return next(clear, unit_choices(reading)[0][1])


def scale_of(quantity: Quantity, contexts: Sequence[Context]) -> float | None:
    """Return the value that the strongest colour stands for in every text.

    Args:
        quantity: a state or a gate.
        contexts: the unit's highest and lowest values in held-out text; a bounded quantity needs none.

    Returns:
        None where there is no held-out text to tell.
    """
    if quantity.bounded:
        return 1.0
    return max((abs(context.value) for context in contexts), default=0.0) or None


def colour_unit(text: str, reading: UnitReading, unit: int, quantity: Quantity, scale: float | None) -> Highlights:
    """Cut a text into runs of words after which a unit had about the same value; joined, the parts are the text.

    Args:
        text: as typed.
        reading: of the text.
        unit: its number in the layer.
        quantity: the state or gate that was read.
        scale: as `scale_of` returns it; None takes the largest value of the text itself.
    """
    values = reading.trace.states[:, unit]
    full = scale or float(np.abs(values).max()) or 1.0
    name = name_gate_value if quantity.is_gate else name_value
    labelled: list[tuple[int, str | None]] = [(reading.trace.spans[0][0], None)]
    for (_, end), value in zip(reading.trace.spans, values.tolist(), strict=True):
        labelled.append((end, name(value / full)))
    return mark_runs(text, [*labelled, (len(text), None)])


def name_value(share: float) -> str | None:
    """Return the colour of a value by its share of the scale; None near 0.

    >>> [name_value(share) for share in (-1, -0.3, 0.1, 0.3, 0.7)]
    ['far below 0', 'below 0', None, 'above 0', 'far above 0']
    """
    if abs(share) < STEPS[0]:
        return None
    side = "above 0" if share > 0 else "below 0"
    return f"far {side}" if abs(share) >= STEPS[1] else side


def name_gate_value(value: float) -> str | None:
    """Return the colour of a gate's value; None near 0.

    >>> [name_gate_value(value) for value in (0.1, 0.3, 0.7)]
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
        return "There is no held-out text to compare with, so the colours are shares of the largest value in this text."
    weak, strong = (f"±{step * scale:.2f}" for step in STEPS)
    of = "" if quantity.bounded else ", 20% and 60% of the largest value in held-out text"
    return f"Colours start at {weak}, strong colours at {strong}{of}."


def mark_contexts(contexts: Sequence[Context]) -> Highlights:
    """Return passages, one per line: the value, the words around, and the token itself marked."""
    parts: Highlights = []
    for context in contexts:
        parts.append((f"{signed(context.value)}  … {one_line(context.before)}", None))
        parts.append((one_line(context.token), HERE))
        parts.append((f"{one_line(context.after)} …\n", None))
    return parts


def one_line(text: str) -> str:
    r"""Show line breaks as ⏎.

    >>> one_line("Rome.\n\nHe"), one_line("\n")
    ('Rome. ⏎ He', ' ⏎ ')
    """
    return re.sub(r"\s*\n\s*", " ⏎ ", text)


def describe(text: str, reading: UnitReading, unit: int, quantity: str) -> str:
    """Return where a unit is highest and lowest, and what it tracks. Only plain words of the visitor's text appear."""
    values, tokens = reading.trace.states[:, unit], reading.trace.tokens
    high, low = int(values.argmax()), int(values.argmin())
    sentences = (
        f"Unit {unit} of layer {reading.trace.layer} is highest after {name_token(tokens, high)} "
        f"({signed(values[high])}) and lowest after {name_token(tokens, low)} ({signed(values[low])})."
    )
    clear = clear_features(reading.by_feature, unit) or clear_features(reading.ranked, unit)
    if clear:
        features = ", ".join(f"**{ranked.feature}** (r = {ranked.correlation:+.2f})" for ranked in clear)
        feature = FEATURES.get(str(clear[0].feature))
        here = correlation(list(feature(text, reading.trace.spans)), values.tolist()) if feature else 0.0
        in_text = f"; in this text, with the first of these, r = {here:+.2f}" if here else ""
        sentences += f" On held-out text it correlates with {features}{in_text}."
    elif reading.by_feature:
        sentences += f" On held-out text it correlates with none of the features below (|r| is under {FAINT})."
    else:
        sentences += f" {say_why_unknown(quantity)}. The menu lists the units that change most over this text."
    if reading.num_skipped:
        sentences += f" Only the last {len(tokens):,} tokens are shown."
    return sentences


def clear_features(ranking: Sequence[RankedUnit], unit: int) -> list[RankedUnit]:
    """Return the entries of a ranking in which a unit tracks its feature."""
    return [ranked for ranked in ranking if ranked.unit == unit and abs(ranked.correlation or 0) >= FAINT]


def say_why_unknown(quantity: str) -> str:
    """Return why it is not known what the units track."""
    why = "was not computed in advance for this model" if quantity == "h" else "is known only for h"
    return f"What the units track {why}"


def signed(value: float) -> str:
    """Return a value with its sign and two decimals, and never -0.00.

    >>> signed(0.5), signed(-0.001)
    ('+0.50', '+0.00')
    """
    return f"{round(float(value), 2) + 0.0:+.2f}"


def name_token(tokens: Sequence[str], index: int) -> str:
    """Return a word's number, and its letters where none of them could be markup.

    >>> name_token([" old", "<b>"], 0), name_token([" old", "<b>"], 1)
    ('“old”, word 1', 'word 2')
    """
    word = tokens[index].strip()
    return f"“{word}”, word {index + 1}" if PLAIN.fullmatch(word) else f"word {index + 1}"


def describe_similar(matches: SpanMatches, threshold: float) -> str:
    """Return how many units the words activate, and how many of them each passage. Has none of the visitor's words."""
    if not matches.units:
        return f"No unit stays beyond ±{threshold:.2f} through these words: lower the threshold or take fewer words."
    active = f"**{len(matches.units)}** units stay beyond ±{threshold:.2f} through these words."
    if not matches.matches:
        return f"{active} No held-out passage activates most of them again: raise the threshold."
    best, last = matches.matches[0].num_shared, matches.matches[-1].num_shared
    return (
        f"{active} The first passage below activates **{best}** of them again, the last {last}. The number before "
        "each passage is the mean absolute value of these units there."
    )
