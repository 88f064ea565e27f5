"""What the Units tab makes of a reading: the parts of a text are the text, and nothing typed is said as markup."""

import re
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_demo.cells import CELLS
from rnn_demo.microscope.contexts import Context, SpanMatch, SpanMatches
from rnn_demo.microscope.correlations import RankedUnit
from rnn_demo.microscope.trace import HiddenTrace
from rnn_demo.microscope.units import UnitReading
from rnn_demo.ui.model_store import ModelStore
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.quantities import describe_gate
from rnn_demo.ui.shared.theme import GATE_COLOURS, HERE_COLOUR, UNIT_COLOURS
from rnn_demo.ui.units.captions import (
    HERE,
    colour_unit,
    describe,
    describe_colours,
    describe_similar,
    first_unit,
    mark_contexts,
    say_why_unknown,
    scale_of,
    unit_choices,
)
from rnn_demo.ui.units.tab import WAIT, make_show

H, C, FORGET = (CELLS["lstm"].quantities[name] for name in ("h", "c", "forget"))
RANKED = (RankedUnit(1, "digits", -0.5), RankedUnit(0, "comma", 0.25), RankedUnit(2, "comma", 0.0))


def reading_of(text: str, columns: list[list[float]], ranked: tuple[RankedUnit, ...] = RANKED) -> UnitReading:
    """Make a reading of a text, a token a character."""
    states = np.array(columns, dtype=np.float32).T
    by_feature = (RankedUnit(1, "digits", -0.5), RankedUnit(1, "comma", 0.3)) if ranked[0].feature else ()
    spans = tuple((i, i + 1) for i in range(len(text)))
    return UnitReading(HiddenTrace(tuple(text), spans, states, 1), ranked, by_feature, 0)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.characters(), st.floats(-1, 1, width=32)), min_size=1, max_size=12))
def test_a_coloured_text_is_the_text(tokens: list[tuple[str, float]]) -> None:
    text, values = "".join(token for token, _ in tokens), [value for _, value in tokens]
    for quantity, colours in ((H, UNIT_COLOURS), (FORGET, GATE_COLOURS)):
        parts = colour_unit(text, reading_of(text, [values]), 0, quantity, 1.0)
        assert "".join(part for part, _ in parts) == text
        assert {label for _, label in parts} <= {None, *colours}


@pytest.mark.parametrize("scale", [2.0, None])
def test_colours_are_shares_of_the_scale_or_of_the_largest_value(scale: float | None) -> None:
    values = [-2.0, -1.0, 0.1, 0.5, 1.3]
    assert [label for _, label in colour_unit("abcde", reading_of("abcde", [values]), 0, C, scale)] == [
        "far below 0",
        "below 0",
        None,
        "above 0",
        "far above 0",
    ]


def test_a_unit_that_is_silent_all_text_long_has_no_colour() -> None:
    """It was coloured by its share of the text's own largest value: +0.08 was "far above 0"."""
    reading = reading_of("abc", [[0.02, 0.08, 0.05]])
    assert colour_unit("abc", reading, 0, H, scale_of(H, [])) == [("abc", None)]
    assert colour_unit("ab", reading_of("ab", [[0.0, 0.0]]), 0, C, None) == [("ab", None)]


def test_a_gate_is_coloured_by_how_far_it_is_open() -> None:
    reading = reading_of("abc", [[0.1, 0.3, 0.9]])
    assert [label for _, label in colour_unit("abc", reading, 0, FORGET, 1.0)] == [None, *GATE_COLOURS]


def test_memory_is_coloured_on_the_scale_of_held_out_text() -> None:
    far = [Context("", "x", "", 4.0), Context("", "y", "", -10.0)]
    assert scale_of(C, far) == 10
    assert scale_of(C, []) is None
    assert re.findall(r"±[\d.]+\d", describe_colours(C, 10.0)) == ["±2.00", "±6.00"]
    assert re.findall(r"±[\d.]+\d", describe_colours(H, 1.0)) == ["±0.20", "±0.60"]
    assert "this text" in describe_colours(C, None)
    assert describe_colours(FORGET, 1.0) == f"{describe_gate(FORGET)}."


def test_the_first_unit_goes_with_the_tasks_own_feature_where_that_is_clear() -> None:
    """A unit was shown for "inside quotes" whose r was -0.06."""
    reading = reading_of("a", [[0], [0], [0]])
    for r, shown in ((0.67, 2), (-0.4, 2), (-0.06, 1)):
        own = RankedUnit(2, "how positive the review is", r)
        assert first_unit(replace(reading, by_feature=(*reading.by_feature, own)), str(own.feature)) == shown
    assert first_unit(reading, "another") == 1


def test_a_unit_that_follows_nothing_is_said_to() -> None:
    reading = replace(
        reading_of("a", [[0.5], [0]]), ranked=(RankedUnit(0, "comma", -0.06), RankedUnit(1, "comma", 0.5))
    )
    assert "r = " not in describe("a", reading, 0, "h")
    weak = replace(reading, by_feature=(RankedUnit(1, "digits", 0.1),))
    assert describe("a", weak, 1, "h").endswith("with **comma** (r = +0.50).")


def test_every_unit_is_offered_once_the_best_of_each_feature_first() -> None:
    assert unit_choices(reading_of("a", [[0], [0], [0]])) == [
        ("unit 1: digits, r = -0.50", 1),
        ("unit 0: comma, r = +0.25", 0),
    ]
    active = (RankedUnit(2, None, None), RankedUnit(0, None, None))
    assert unit_choices(reading_of("a", [[0], [0], [0]], active)) == [("unit 2", 2), ("unit 0", 0)]


def test_the_sentence_has_the_numbers_of_this_text() -> None:
    reading = reading_of("a1b2", [[0, 0, 0, 0], [0.5, -0.5, 0.5, -0.75], [0, 0, 0, 0]])
    assert describe("a1b2", reading, 1, "h") == (
        "Unit 1 of layer 1 is highest after “a”, word 1 (+0.50) and lowest after “2”, word 4 (-0.75). On "
        "held-out text it correlates with **digits** (r = -0.50), **comma** (r = +0.30); in this text, with the first "
        "of these, r = -0.99."
    )
    assert describe("a1b2", reading, 0, "h").endswith("with **comma** (r = +0.25).")  # the text has none


def test_the_sentence_says_that_nothing_was_computed_in_advance() -> None:
    reading = reading_of("<*", [[0.5, 0.0]], (RankedUnit(0, None, None),))
    described = describe("<*", reading, 0, "h")
    assert "word 1 (+0.50) and lowest after word 2 (+0.00)." in described
    assert say_why_unknown("h") in described
    assert say_why_unknown("c") in describe("<*", reading, 0, "c")


def test_contexts_are_a_line_each_with_the_place_marked() -> None:
    parts = mark_contexts([Context("He\nsaid ", "<b>", " no", 0.5), Context("", "\n", "", -1.0)])
    assert parts == [
        ("+0.50  … He ⏎ said ", None),
        ("<b>", HERE),
        (" no …\n", None),
        ("-1.00  … ", None),
        (" ⏎ ", HERE),
        (" …\n", None),
    ]
    assert set(HERE_COLOUR) == {HERE}


def test_similar_places_are_counted() -> None:
    place = Context("", "x", "", 0.5)
    found = SpanMatches("x", (1, 4, 6), (SpanMatch(place, 3), SpanMatch(place, 2)))
    assert re.findall(r"\d[\d.]*", describe_similar(found, 0.3)) == ["3", "0.30", "3", "2."]
    assert "raise the threshold" in describe_similar(SpanMatches("x", (1,), ()), 0.3)
    assert "lower the threshold" in describe_similar(SpanMatches("x", (), ()), 0.3)


def test_the_tab_works_without_a_reference_text_and_says_so(checkpoints_dir: Path, tmp_path: Path) -> None:
    folder = Path(copytree(checkpoints_dir, tmp_path / "checkpoints"))
    show = make_show(Service(ModelStore(folder)))
    early, (_, _, _, highest, lowest, caption, table, read, _) = show("Ada met Babbage.", "lm-lstm", 1, "h", 3)
    assert early[3] == early[4] == [(WAIT, None)]
    assert [label for _, label in highest].count(HERE) >= 2
    assert highest != lowest
    assert (table["value"], table["visible"]) == ([], False)
    assert caption == f"{say_why_unknown('h')}."
    assert read == ("Ada met Babbage.", "lm-lstm", 1, "h")
    (_, gate, _, _, _, caption, *_) = list(show("Ada met Babbage.", "lm-lstm", 1, "forget", 3))[-1]
    assert gate["color_map"] == GATE_COLOURS
    assert caption == f"{say_why_unknown('forget')}."
    once = list(show("Ada met", "lm-lstm", 1, "h", 3))
    assert len(once) == 1
    assert once[0][3:5] == (highest, lowest)
    (folder / "reference.txt").unlink()
    show = make_show(Service(ModelStore(folder)))
    early, (_, marked, _, highest, lowest, *_) = show("Ada met Babbage.", "lm-lstm", 1, "h", 3)
    assert early[1] == marked
    assert "".join(part for part, _ in marked["value"]) == "Ada met Babbage."
    assert highest == lowest
    assert "python train.py reference" in highest[0][0]


@pytest.mark.parametrize("unit", [None, 99])
def test_a_unit_that_is_not_listed_gives_way_to_the_first(checkpoints_dir: Path, unit: int | None) -> None:
    (update, *_), *_ = make_show(Service(ModelStore(checkpoints_dir)))("Ada met", "lm-gru", 0, "h", unit)
    assert update["value"] == update["choices"][0][1]
