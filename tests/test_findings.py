"""The seven sections of docs/what-we-found.md, on tiny models and on arrays made by hand."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from tiny import checkpoint_of, language_model, sentiment_model
from torch import nn

from bench.findings import SECTIONS, beginnings, clamped, components, features, gates, line_attractor, reach
from bench.findings.__main__ import CHUNK_CHARS, NUM_CHUNKS, report, spread
from bench.findings.report import Claim, Material, Section, Subject, table
from rnn_demo.cells import CELLS
from rnn_demo.language.write import Writer
from rnn_demo.microscope.basis import fit_basis
from rnn_demo.microscope.basis import to_entry as basis_entry
from rnn_demo.microscope.fixed_points import FixedPoints, is_line
from rnn_demo.microscope.fixed_points import to_entry as fixed_points_entry
from rnn_demo.microscope.gradients import gradient_over_distance
from rnn_demo.microscope.sentiment_direction import LayerStates, find_sentiment_direction
from rnn_demo.microscope.sentiment_direction import to_entry as direction_entry
from rnn_demo.precomputed import Entry, Precomputed
from rnn_demo.predictor import ForwardPredictor, Predictor
from rnn_demo.sentiment.score import SentimentScorer
from rnn_demo.tasks import TASKS
from rnn_demo.tokenizer import Tokenizer

CHUNKS = ["Ada met Babbage in London.", "It was a fine evening, he said.", "Rome is old.", "Is Paris a good city?"]
KINDS: dict[str, tuple[type[Predictor], Any]] = {
    "lm": (Writer, language_model),
    "sentiment": (SentimentScorer, sentiment_model),
}


def subject(name: str, tokenizer: Tokenizer, entries: dict[str, Entry] | None = None, **known: Any) -> Subject:
    """Make a tiny model of one layer, by its name, with what was precomputed of it."""
    task, cell = name.split("-")[:2]
    kind, make = KINDS[task]
    predictor = kind(name, make(tokenizer.vocab_size, cell), tokenizer, checkpoint_of(task, cell, **known))
    return Subject(predictor, Precomputed(entries or {}))


def test_a_section_has_its_tables_claims_and_figures_in_order() -> None:
    section = Section([table(["a"], [["1"]])], "note", [Claim("x", True, "1")], {"f": ("Caption", go.Figure())})
    blocks = [["| a |", "| --- |", "| 1 |"], ["note"], ["- x: **holds** (1)"], ["![Caption](figures/f.png)"]]
    assert section.lines == [line for block in blocks for line in ("", *block)]
    assert Claim("x", False, "2").line == "- x: **does not hold** (2)"


def test_the_report_counts_the_claims_that_hold() -> None:
    claims = [Claim("a", True, "1"), Claim("b", False, "2"), Claim("c", True, "3")]
    lines = report({"First": Section([], "note", claims), "Second": Section([], "note")}).splitlines()
    assert numbers_in(next(line for line in lines if line.startswith("Of "))) == [3, 2]
    assert [line for line in lines if line.startswith("## ")] == ["## 1. First", "## 2. Second"]


def numbers_in(line: str) -> list[int]:
    return [int(word) for word in line.split() if word.isdecimal()]


def test_held_out_chunks_are_spread_over_the_text_and_cut() -> None:
    texts = (*(f"{i:03}" + "x" * 2 * CHUNK_CHARS for i in range(100)), "short")
    chunks = spread(texts)
    assert [chunk[:3] for chunk in chunks] == [f"{i:03}" for i in range(0, 100, 5)]
    assert len(chunks) == NUM_CHUNKS
    assert {len(chunk) for chunk in chunks} == {CHUNK_CHARS}


@pytest.mark.parametrize(("spread_of_units", "holds"), [([5, 4, 3, 0.1, 0.1, 0.1], True), ([1] * 6, False)])
def test_components_add_up_the_variance(tokenizer: Tokenizer, spread_of_units: list[float], holds: bool) -> None:
    states = np.random.default_rng(0).normal(size=(400, 6)) * spread_of_units
    basis = fit_basis(states.astype(np.float32))
    entry = basis_entry({(0, "h"): basis}, 9, 400)
    subjects = {name: subject(name, tokenizer, {"basis": entry}) for name in ("lm-rnn", "sentiment-gru")}
    section = components.section(Material({**subjects, "lm-gru": subject("lm-gru", tokenizer)}, []))
    percents = [f"{100 * share:.0f} %" for share in np.cumsum(basis.explained_variance)[[0, 1, 2, 9]]]
    assert section.tables[0][2:] == [f"| {name} | 6 | {' | '.join(percents)} |" for name in subjects]
    (claim,) = section.claims  # only a sentiment model was published on
    assert claim.holds is holds
    assert claim.evidence == percents[2]


def fixed_points(logits: list[float], tokens: list[float]) -> FixedPoints:
    """Make up what a search found."""
    kept, examined = len(logits), len(tokens)
    values = {field.name: np.zeros((0, 3), np.float32) for field in fields(FixedPoints)}
    values |= {
        "speeds": np.full(10, 1e-9),
        "whole_speeds": np.array([1e-9] * 4 + [1e-3] * 6),
        "points": np.zeros((kept, 3)),
        "logits": np.array(logits),
        "drift": np.full(kept, 0.015),
        "visited": np.ones((5, 3)),
        "explained_variance": np.array([0.5, 0.3, 0.1, 0.05]),
        "readout": np.array([1.0, 0.0, 0.0]),
        "mode_points": np.arange(examined),
        "time_constants": np.array([[number, 1.0] for number in tokens]).reshape(-1, 2),
        "growing": np.array([[i == 0, False] for i in range(examined)], bool).reshape(-1, 2),
        "alignments": np.array([[0.1, 0.4]] * examined).reshape(-1, 2),
        "mode_directions": np.zeros((examined, 3)),
    }
    return FixedPoints(**values)


@pytest.mark.parametrize(
    ("trained", "tokens", "line", "near"),
    [(np.linspace(-3, 3, 20), [900.0, 1100.0], True, True), ([-3, -2.9, 2.9, 3], [5.0], False, False)],
)
def test_a_line_of_fixed_points_and_its_time_constant_are_checked(
    tokenizer: Tokenizer, trained: list[float], tokens: list[float], line: bool, near: bool
) -> None:
    both = {"trained": fixed_points(list(trained), tokens), "untrained": fixed_points([0.0, 0.01], [3.0])}
    entry = fixed_points_entry(both)
    subjects = {"sentiment-lstm": subject("sentiment-lstm", tokenizer, {"fixed_points": entry})}
    section = line_attractor.section(Material({**subjects, "lm-rnn": subject("lm-rnn", tokenizer)}, []))
    assert [claim.holds for claim in section.claims] == [line, near]
    row = section.tables[0][2].strip("| ").split(" | ")
    assert row[1:6] == [f"{len(trained)} of 10", "4", "1.5 %", "90 %", f"{np.median(tokens):,.0f}"]
    assert row[6:] == [f"1 of {len(tokens)}", "0.40", "-3.0 to 3.0"]
    assert list(section.figures) == ["fixed-points-sentiment-lstm"]


def test_a_search_without_fixed_points_is_reported() -> None:
    nothing = fixed_points([], [])
    assert line_attractor.row("x", nothing)[3:] == ["-", "90 %", "-", "-", "-", "-"]
    (claim,) = line_attractor.claims("x", {"trained": nothing, "untrained": nothing})
    assert not claim.holds


def test_fixed_points_are_a_line_only_where_they_fill_it() -> None:
    assert is_line(np.linspace(-3, 3, 20))
    assert not is_line(np.array([-3.0, -2.9, 2.9, 3.0])), "two clusters"
    assert not is_line(np.linspace(0, 0.1, 20)), "one point"
    assert not is_line(np.zeros(0)), "none"


def test_the_median_is_that_of_each_points_largest_mode() -> None:
    assert line_attractor.median_of_largest(np.array([[1.0, 5.0], [9.0, 2.0], [3.0, 4.0]])) == 5.0


def test_the_reach_of_a_gradient_is_where_it_has_shrunk_for_good() -> None:
    assert reach.reach([1.0, 1e-4, 0.5, 1e-4, 1e-5]) == 3
    assert reach.reach([2.0, 1.0]) == 2


def test_the_reach_is_measured_over_every_chunk_trained_and_untrained(tokenizer: Tokenizer) -> None:
    subjects = {name: subject(name, tokenizer) for name in ("lm-rnn", "lm-lstm", "sentiment-gru")}
    section = reach.section(Material(subjects, CHUNKS))
    for name, line in zip(subjects, section.tables[0][2:], strict=True):
        predictor = subjects[name].predictor
        assert isinstance(predictor, ForwardPredictor)
        reaches = [reach.reach(gradient_over_distance(predictor, predictor.encode(text))) for text in CHUNKS]
        shown = line.strip("| ").split(" | ")
        assert shown[0] == name
        assert shown[1] == f"{round(np.median(reaches))} ({min(reaches)} to {max(reaches)})"
        assert shown[3] != "", "the random-init baseline has its own"
    (claim,) = section.claims  # the sentiment models have no cell without gates here
    assert "rnn" in claim.evidence
    assert list(section.figures) == ["gradients"]


@pytest.mark.parametrize(("tokens", "holds"), [(2, True), (9, False)])
def test_the_cell_without_gates_has_to_forget_first(tokenizer: Tokenizer, tokens: int, holds: bool) -> None:
    material = Material({name: subject(name, tokenizer) for name in ("lm-rnn", "lm-gru")}, CHUNKS)
    trained = {"lm-rnn": reach.Reach([tokens], 1.0), "lm-gru": reach.Reach([5], 1.0)}
    (claim,) = reach.claims(material, Writer, trained)
    assert claim.holds is holds
    shortest = min(len(each.predictor.encode(text).tokens) for each in material.subjects.values() for text in CHUNKS)
    assert ("at least" in claim.evidence) is (max(tokens, 5) >= shortest)


@pytest.mark.parametrize(("r", "holds"), [(-0.7, True), (0.5, False)])
def test_units_are_listed_by_their_clearest_feature(tokenizer: Tokenizer, r: float, holds: bool) -> None:
    correlations = np.array([[0.1, 0.3], [r, 0.2]], np.float32)
    entry = Entry({"0.correlations": correlations}, {"features": ["comma", features.QUOTES]})
    names = ("lm-gru", "sentiment-gru")
    section = features.section(Material({name: subject(name, tokenizer, {"units": entry}) for name in names}, []))
    expected = f"{features.QUOTES} {r:+.2f} (unit 0); comma +0.30 (unit 1)"
    assert section.tables[0][2:] == [f"| {name} | {expected} |" for name in names]
    (claim,) = section.claims  # of the language model
    assert claim.holds is holds


@pytest.fixture
def direction() -> Entry:
    states = np.random.default_rng(0).normal(size=(3, 40, 6)).astype(np.float32)
    return direction_entry([find_sentiment_direction(LayerStates(*states), np.arange(40) % 3 == 0)], 40)


def test_clamping_is_measured_in_the_last_layer(tokenizer: Tokenizer, direction: Entry) -> None:
    subjects = {
        clamped.WRITER: subject(clamped.WRITER, tokenizer, {"sentiment_direction": direction}),
        clamped.JUDGE: subject(clamped.JUDGE, tokenizer),
    }
    section = clamped.section(Material(subjects, []), samples=4, length=5)
    settings = [line.strip("| ").split(" | ")[0] for line in section.tables[0][2:]]
    assert len(settings) == 1 + 7 + 4
    assert sum(setting.startswith("direction") for setting in settings) == 7
    assert len(section.claims) == 3
    without = {**subjects, clamped.WRITER: subject(clamped.WRITER, tokenizer)}
    assert clamped.section(Material(without, [])).claims == ()


def test_clamping_steers_only_where_intervals_are_apart() -> None:
    def rows(high: float) -> list[Any]:
        base = clamped.ClampedTexts("unit 1 at -1.00", 0, 4, 0.2, 0.1, 0.3, 9.0, "")
        return [
            replace(base, setting=f"{what} {i}", score=score, low=score - 0.1, high=score + 0.1)
            for what in ("direction", "unit")
            for i, score in enumerate((0.2, high))
        ]

    assert [claim.holds for claim in clamped.claims(rows(0.9))] == [True, True]
    assert [claim.holds for claim in clamped.claims(rows(0.3))] == [False, False]


@pytest.mark.parametrize(("rnn", "holds"), [(1.9, True), (1.6, False)])
def test_gates_are_compared_between_models_trained_alike(tokenizer: Tokenizer, rnn: float, holds: bool) -> None:
    (headline,) = TASKS["lm"].headlines
    values = {"rnn": rnn, "gru": 1.7, "lstm": 1.5}
    assert values.keys() <= CELLS.keys()
    subjects = {
        f"lm-{cell}": subject(f"lm-{cell}", tokenizer, metrics={headline.data: {headline.metric: bits}})
        for cell, bits in values.items()
    }
    longer = {"metrics": {headline.data: {headline.metric: 1.2}}, "training": {"tokens": 99e6}, "minutes": 80.0}
    subjects["lm-lstm-more"] = subject("lm-lstm-more", tokenizer, **longer)
    section = gates.section(Material(subjects, []))
    lines = [line.strip("| ").split(" | ") for line in section.tables[0][2:]]
    assert [(line[0], line[1]) for line in lines] == [
        ("lm-rnn", "yes"),
        ("lm-gru", "yes"),
        ("lm-lstm", "yes"),
        ("lm-lstm-more", "no"),
    ]
    assert lines[3][3:] == ["99.0 M, 80 min", "random weights", "1.2000"]
    (claim,) = section.claims
    assert claim.holds is holds
    assert claim.evidence == f"rnn {rnn:.4f}, gru 1.7000, lstm 1.5000"


@torch.inference_mode()
def test_a_beginning_costs_what_the_model_says_from_both_states(tokenizer: Tokenizer) -> None:
    writer = subject("lm-gru", tokenizer).predictor
    assert isinstance(writer, Writer)
    encoded = writer.encode(CHUNKS[1])
    state = writer.model.predict(torch.tensor([writer.encode(CHUNKS[0]).token_ids]))[1]
    token_ids, first = torch.tensor([encoded.token_ids]), len(encoded.prefix_ids)
    for before, start in ((None, None), (CHUNKS[:1], state)):
        logits = writer.model.predict(token_ids, start)[0][0, first - 1 : -1]
        nats = nn.functional.cross_entropy(logits, token_ids[0, first:], reduction="none")
        carried = beginnings.state_after(writer, before) if before else None
        torch.testing.assert_close(beginnings.mean_nats(writer, CHUNKS[1:2], carried), nats)
        part = f"{float(nats[: beginnings.FIRST].mean()):.2f}"
        section = beginnings.section(Material({"lm-gru": subject("lm-gru", tokenizer)}, CHUNKS[:2]))
        assert part in section.tables[0][2]


def test_every_section_has_a_title_in_the_report() -> None:
    text = (Path(__file__).parents[1] / "docs/what-we-found.md").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        f"## {number}. {title}" for number, title in enumerate(SECTIONS, start=1)
    ]
