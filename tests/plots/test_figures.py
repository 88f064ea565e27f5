"""Every figure through one contract, and what each must say."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from rnn_demo.microscope.basis import Basis
from rnn_demo.microscope.clipping import ClippedStep
from rnn_demo.microscope.fixed_points import FixedPoints
from rnn_demo.microscope.jacobians import JacobianNorms
from rnn_demo.microscope.trace import HiddenTrace
from rnn_demo.microscope.trajectory import Trajectory
from rnn_demo.plots import (
    BY_POSITION,
    BY_SCORE,
    FIGURES,
    Colouring,
    Score,
    TracedPath,
    draw_clipped_steps,
    draw_fixed_points,
    draw_gradients,
    draw_heatmap,
    draw_model_scores,
    draw_running_score,
    draw_singular_values,
    draw_surprisal,
    draw_time_constants,
    draw_trajectory,
)
from rnn_demo.plots.running_score import RunningScore
from rnn_demo.plots.style import PageFigure

HOSTILE = ("<b>bold</b>", "</s>", "", " ", "\n", "\x00", "%{x}", "👩‍👧", "&amp;", "a", "a")


def trace_of(tokens: tuple[str, ...]) -> HiddenTrace:
    return HiddenTrace(
        tokens,
        ((0, 0),) * len(tokens),
        np.random.default_rng(0).normal(size=(len(tokens), 5)).astype(np.float32),
        layer=1,
    )


def path_of(tokens: tuple[str, ...], dimensions: int = 2, name: str = "<b>a</b> text") -> TracedPath:
    points = np.random.default_rng(len(tokens)).normal(size=(len(tokens), dimensions)).astype(np.float32)
    return TracedPath(name, tokens, Trajectory(points, (0.6, 0.2, 0.1)[:dimensions]), range(1, len(tokens) + 1))


def fixed_points_of(num_points: int) -> FixedPoints:
    """Make up as many fixed points, linearised at the first and the last."""
    draw, at = np.random.default_rng(0), np.unique([0, num_points - 1]) if num_points else np.zeros(0, np.int64)
    return FixedPoints(
        speeds=np.full(num_points + 3, 1e-9),
        whole_speeds=np.full(num_points + 3, 1e-9),
        points=draw.normal(size=(num_points, 3)),
        logits=np.linspace(-4, 4, num_points),
        drift=np.zeros(num_points),
        visited=draw.normal(size=(50, 3)),
        explained_variance=np.array([0.6, 0.2, 0.1]),
        memory_variance=np.zeros(0),
        readout=np.array([0.8, 0.1, 0.0]),
        mode_points=at,
        time_constants=np.tile([900.0, 20.0, 0.0], (len(at), 1)),
        growing=np.zeros((len(at), 3), bool),
        alignments=np.full((len(at), 3), 0.5),
        mode_directions=np.tile([1.0, 0.0, 0.0], (len(at), 1)),
    )


STEP = ClippedStep(4.0, 1.0, (), 5.0, 3.0, 9.0, 1.0, (0.0, 1.0, 2.0, 4.0), (5.0, 3.0, 4.0, 9.0))


def scores_of(tokens: tuple[str, ...]) -> list[RunningScore]:
    scores = [i / len(tokens) for i in range(len(tokens))]
    return [RunningScore("<b>bold", "mine", 0.6, scores), RunningScore("RNN", "rnn", 1.0, scores)]


def gradients_of(tokens: tuple[str, ...]) -> dict[str, dict[str, list[float]]]:
    norms = [0.5**i for i in range(len(tokens))]
    return {"lm-rnn": {"trained": norms, "untrained": [0.0] * len(norms)}}


def jacobians_of(tokens: tuple[str, ...]) -> dict[str, JacobianNorms]:
    values = tuple(0.5 * i for i in range(len(tokens)))
    return {"lm-rnn": JacobianNorms(tokens, values, values)}


def both_of(tokens: tuple[str, ...]) -> dict[str, FixedPoints]:
    return {"trained": fixed_points_of(len(tokens)), "untrained": fixed_points_of(0)}


ARGUMENTS: dict[str, Callable[[tuple[str, ...]], tuple[Any, ...]]] = {
    "trajectory": lambda tokens: ([path_of(tokens)],),
    "trajectory_3d": lambda tokens: ([path_of(tokens, 3)] * 2, Colouring("entity", names={"2": "red"})),
    "heatmap": lambda tokens: (trace_of(tokens), [4, 0, 2]),
    "running_score": lambda tokens: (tokens, scores_of(tokens), True),
    "surprisal": lambda tokens: (tokens, {name: [3.0 * i for i in range(len(tokens))] for name in CELLS_OF}, CELLS_OF),
    "gradients": lambda tokens: (gradients_of(tokens), CELLS_OF, tokens),
    "singular_values": lambda tokens: (jacobians_of(tokens), CELLS_OF),
    "clipped_steps": lambda _: (dict.fromkeys(CELLS_OF, STEP), CELLS_OF),
    "fixed_points": lambda tokens: (both_of(tokens),),
    "time_constants": lambda tokens: (both_of(tokens),),
    "model_scores": lambda tokens: ([Score(token, 0.5, "rnn") for token in tokens], [Score("<b>bold", 0.9)], "models"),
}
"""Figure -> what it takes, made up for some tokens."""
CELLS_OF = {"lm-rnn": "rnn", "<b>bold": "mine"}


def draw(name: str, tokens: tuple[str, ...]) -> go.Figure:
    """Draw a figure of the registry."""
    return FIGURES[name](*ARGUMENTS[name](tokens))


def test_every_figure_of_the_registry_is_drawn_here() -> None:
    assert set(ARGUMENTS) == set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("tokens", [HOSTILE, ("one",), ("word",) * 300], ids=["hostile", "one", "many"])
def test_figure_is_transparent_and_draws_every_token(name: str, tokens: tuple[str, ...]) -> None:
    figure = draw(name, tokens)
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    text = figure.to_json()
    figure_json = json.loads(text)
    assert figure_json["data"]
    assert figure_json["config"]["displaylogo"] is False
    assert figure_json["config"]["toImageButtonOptions"]["filename"] != PageFigure.file_name
    assert "<b>bold" not in text
    assert "\\u003cb\\u003ebold" not in text


def test_trajectory_numbers_its_tokens_and_states_the_variance() -> None:
    figure = draw("trajectory", ("It", " was"))
    assert [list(row) for row in figure.data[0].customdata] == [[1, "It", ""], [2, "was", ""]]
    assert figure.layout.xaxis.title.text == "component 1 (60% of the variance)"
    in_space = draw("trajectory_3d", ("It", " was"))
    assert [in_space.layout.scene[f"{axis}axis"].title.text for axis in "xyz"] == ["1 (60%)", "2 (20%)", "3 (10%)"]


def test_trajectory_of_a_long_text_leaves_the_names_to_hover() -> None:
    assert draw("trajectory", ("word",) * 61).data[0].mode == "lines+markers"


@pytest.mark.parametrize("count", [1, 7, 2000])
def test_a_path_can_be_walked_to_its_last_word(count: int) -> None:
    figure = draw_trajectory([path_of(("word",) * count), path_of(("other",) * 3)])
    meta = figure.layout.meta
    assert [len(path["x"]) for path in meta["paths"]] == [count, 3]
    path, trail, other, _ = figure.data[meta["first"] : meta["first"] + 4]
    assert meta["paths"][0]["y"] == list(path.y)
    assert set(trail.y) == {None}
    assert len(trail.y) == len(trail.marker.color) == count
    assert other.line.dash != path.line.dash
    assert figure.layout.updatemenus[0].buttons[0].method == "skip"


def test_labels_stand_only_where_a_path_jumps() -> None:
    steps = path_over([[float(i), 0.0] for i in (0, 1, 2, 9, 10, 11)], tuple("abcdef"))
    assert "".join(draw_trajectory([steps]).data[0].text) == "adf"


def test_trajectory_stands_before_the_density_in_a_window_that_holds_both() -> None:
    density = np.zeros((2, 4), dtype=np.float32)
    density[0, 3] = 1.0  # lower right
    basis = Basis(np.zeros(5), np.zeros((3, 5)), np.zeros(10), "held-out texts", density, np.array([[0, 8], [-2, 2]]))
    figure = draw_trajectory([path_of(("far", " away"))], BY_POSITION, basis)
    shade, path, _ = figure.data
    assert (shade.type, path.type) == ("heatmap", "scatter")
    assert (shade.x0 + 3 * shade.dx, shade.y0) == (7, -1)  # the middle of the cell that is full
    assert [list(row) for row in shade.z] == [[0, 0, 0, 1], [0, 0, 0, 0]]
    low, high = figure.layout.xaxis.range
    assert low < min(0, *path.x)
    assert high > 8
    assert figure.layout.meta["first"] == 1


def path_over(points: list[list[float]], tokens: tuple[str, ...]) -> TracedPath:
    return TracedPath("", tokens, Trajectory(np.array(points, dtype=np.float32), (0.6, 0.2)), range(1, len(tokens) + 1))


def test_a_path_that_is_small_in_the_plane_is_shown_from_near() -> None:
    """The axes of an LSTM's memory run over hundreds, and the path of a sentence over a few: it was one smear."""
    extent = np.array([[-300.0, 300], [-300, 300]])
    basis = Basis(np.zeros(5), np.zeros((3, 5)), np.zeros(10), "held-out texts", np.ones((2, 2)), extent)
    for points, ends in (
        ([[10.0, 10], [50, 20]], [6, 54]),
        ([[10.0, 10], [200, 100]], [-360, 360]),
        ([[10.0, 10]], [-360, 360]),  # a single point has no size, and a place in all of the plane
    ):
        figure = draw_trajectory([path_over(points, ("a",) * len(points))], BY_POSITION, basis)
        np.testing.assert_allclose(figure.layout.xaxis.range, ends)
        assert figure.data[0].type == "heatmap"


def test_names_that_would_cover_each_other_are_left_to_hover() -> None:
    still = [[5, 0.001 * (i // 2)] for i in range(12)]  # half of the steps are none, so that the others are jumps
    crowd = path_over([[0, 0], *still, [9, 9], [9, 9]], ("It", *"a-b-c-d-e-f-", " end", "-"))
    same = path_over([[0, 0], [9, 9]], ("It", " here"))
    first, _, second, *_ = draw_trajectory([crowd, same]).data
    assert [name for name in first.text if name in ("It", "a", "end")] == ["It", "a", "end"]  # the long steps
    assert sum(name in "abcdef" for name in first.text if name) == 4  # there is room on four sides
    assert (
        len({side for name, side in zip(first.text, first.textposition, strict=True) if name in tuple("abcdef")}) == 4
    )
    assert list(second.text) == ["", "here"]  # where the texts are the same it is named once
    assert [row[1] for row in first.customdata] == ["It", *"a-b-c-d-e-f-", "end", "-"]


def test_two_trajectories_differ_in_more_than_colour_and_are_named() -> None:
    figure = draw_trajectory([path_of(("a",), name="not bad"), path_of(("b",), name="not good")], BY_SCORE)
    first, _, second, _, *legend = figure.data
    assert [entry.name for entry in legend] == ["not bad", "not good"]
    assert [entry.line.dash for entry in legend] == [first.line.dash, second.line.dash]
    assert figure.layout.showlegend
    assert not draw("trajectory", ("a",)).layout.showlegend
    assert first.line.dash != second.line.dash
    assert first.marker.symbol != second.marker.symbol
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (0, 1)


def test_trajectory_names_its_entities_in_the_legend() -> None:
    colouring = Colouring("entity", names={"person": "#818cf8"})
    tagged = TracedPath("a text", ("Ada", " met", " It"), path_of(("a",) * 3).trajectory, ["person", "", "THING"])
    path, _, *legend = draw_trajectory([tagged], colouring).data
    assert [trace.name for trace in legend] == ["person", "THING"]
    assert path.marker.color[0] == "#818cf8"
    assert path.marker.color[1] == path.marker.color[2] != "#818cf8"
    assert [row[2] for row in path.customdata] == ["<br>entity: person", "", "<br>entity: THING"]


def test_heatmap_shows_the_units_asked_for_and_is_centred_on_zero() -> None:
    trace = trace_of(("It", " was"))
    heat = draw_heatmap(trace, [4, 0]).data[0]
    np.testing.assert_allclose(np.array(heat.z), trace.states[:, [4, 0]].T, atol=1e-4)
    assert heat.zmin == -heat.zmax
    assert [list(cell) for cell in heat.customdata[1]] == [["It", 0], ["was", 0]]


def test_heatmap_of_a_gate_runs_from_shut_to_open() -> None:
    """Half of its scale lay below 0, where no gate can be."""
    trace = HiddenTrace(("a",), ((0, 1),), np.array([[0.3, 0.4]], dtype=np.float32), layer=0)
    heat = draw_heatmap(trace, [0, 1], "forget", is_gate=True).data[0]
    assert (heat.zmin, heat.zmax) == (0, 1)
    assert [share for share, _ in heat.colorscale] == [0, 1]
    assert heat.colorscale[1][1] == draw_heatmap(trace, [0, 1]).data[0].colorscale[2][1]


def test_heatmap_of_states_that_are_zero_has_a_scale() -> None:
    trace = HiddenTrace(("a",), ((0, 1),), np.zeros((1, 2), dtype=np.float32), layer=0)
    assert draw_heatmap(trace, [0, 1]).data[0].zmax == 1


def running_score_of(scores: list[float], before: float, log_odds: bool = False) -> go.Figure:
    """Draw words t1, t2, .. with these scores."""
    words = [f" t{i}" for i in range(1, len(scores) + 1)]
    return draw_running_score(words, [RunningScore("LSTM", "lstm", before, scores)], log_odds)


def test_running_score_names_the_words_that_moved_it_most_and_all_on_the_axis() -> None:
    figure = running_score_of([0.5] * 6 + [0.9] + [0.5] * 4, before=0.5)
    assert [text for text in figure.data[0].text[1:] if text] == ["t7", "t8"]
    assert list(figure.layout.xaxis.ticktext) == ["(start)", *(f"t{i}" for i in range(1, 12))]
    assert list(figure.layout.xaxis.tickvals) == list(range(12))


def test_running_score_begins_before_the_first_word() -> None:
    (line,) = running_score_of([0.65, 0.99], before=0.75).data
    assert (list(line.x), list(line.y)) == ([0, 1, 2], [0.75, 0.65, 0.99])
    assert list(line.text) == ["0.75", "t1", "t2"]
    assert [label for label, _ in line.customdata] == ["before reading", "after <b>t1</b>", "after <b>t2</b>"]


def test_running_score_names_its_words_beside_the_line() -> None:
    """Above where it goes down on both sides, below where it goes up, and away from a slope."""
    (line,) = running_score_of([1.0, 1.0, 0.1, 0.2, 0.15, 0.1, 0.4, 1.0], before=0.7).data
    sides = ["bottom", "top", "top", "bottom", "top", "top right", "bottom", "top left", "top"]
    assert list(line.textposition) == [side if " " in side else f"{side} center" for side in sides]


def test_log_odds_show_moves_near_one_and_have_ticks_in_sight() -> None:
    figure = running_score_of([0.9, 0.9999, 1.0], before=0.5, log_odds=True)
    np.testing.assert_allclose(figure.data[0].y, [0, np.log(9), np.log(9999), np.log(1e7)], atol=1e-4)
    low, high = figure.layout.yaxis.range
    assert (high, low) == (-low, pytest.approx(-1.2 * np.log(1e7), abs=1e-3))
    ticks = dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))
    assert (ticks["0.5"], ticks["0.9"]) == (0, pytest.approx(np.log(9)))
    assert figure.layout.shapes[0].y1 == pytest.approx(np.log(1.5))


def test_several_running_scores_end_with_their_names_and_scores() -> None:
    lines = [RunningScore("RNN", "rnn", 0.5, [0.25]), RunningScore("GRU", "gru", 0.5, [0.75])]
    figure = draw_running_score(["fine"], lines)
    assert [line.name for line in figure.data] == ["RNN 0.25", "GRU 0.75"]
    assert [line.mode for line in figure.data] == ["lines+markers"] * 2
    assert len({line.line.color for line in figure.data}) == 2
    assert [note.text.partition("</span> ")[2] for note in figure.layout.annotations] == ["RNN 0.25", "GRU 0.75"]


def test_singular_values_have_a_line_at_one_and_a_log_axis() -> None:
    figure = draw_singular_values({"lm-gru": JacobianNorms(("a", "b"), (0.0, 2.0), (1.0, 1.0))}, {"lm-gru": "gru"})
    assert figure.layout.yaxis.type == "log"
    assert (figure.layout.shapes[0].y0, figure.layout.shapes[0].y1) == (1, 1)
    assert [line.line.dash for line in figure.data] == ["solid", "dot"]
    assert [note.text.split("</span> ")[1] for note in figure.layout.annotations] == ["lm-gru"]
    assert list(figure.data[0].y) == [1e-12, 2.0]


def test_singular_values_within_one_decade_have_a_tick_a_decade() -> None:
    """Plotly put the digits between as well, and printed them over each other on a narrow page."""
    figure = draw_singular_values({"lm-gru": JacobianNorms(("a", "b"), (0.3, 2.0), (1.0, 1.0))}, {"lm-gru": "gru"})
    assert list(figure.layout.yaxis.tickvals) == [0.1, 1, 10]


def test_models_of_one_cell_are_told_apart() -> None:
    cells = {"lm-lstm": "lstm", "lm-gru": "gru", "mine": "lstm"}
    for figure in (
        draw_surprisal(["a"], {key: [3.0] for key in cells}, cells),
        draw_clipped_steps({**dict.fromkeys(cells, STEP)}, cells),
    ):
        lines = {line.name: line.line for line in figure.data if line.name in cells}
        assert lines["lm-lstm"].color == lines["mine"].color != lines["lm-gru"].color
        assert [lines[name].dash for name in cells] == ["solid", "solid", "dash"]
    alone = draw_surprisal(["a"], {"mine": [3.0]}, cells)
    assert alone.data[0].line.dash == "solid"


def test_surprises_are_named_above_all_lines_and_apart() -> None:
    bits = {"The": 2.0, " cat": 7.0, " sat": 5.0, " on": 1.0, " the": 1.0, " elephant": 12.0, ".": 11.0, " It": 1.0}
    more = [cost + 2 for cost in bits.values()]
    figure = draw_surprisal(list(bits), {"RNN": list(bits.values()), "GRU": more}, {"RNN": "rnn", "GRU": "gru"})
    named = figure.data[-1]
    by_word = dict(zip(named.text, named.y, strict=True))
    assert sorted(by_word) == ["cat", "elephant"]
    assert by_word["elephant"] > 14.0
    assert min(np.diff(sorted(named.x))) >= 2
    assert figure.layout.yaxis.range[1] > 1.1 * 14
    assert list(figure.layout.xaxis.ticktext)[5] == "elephant"


def test_lines_are_named_at_their_ends_and_dotted_ones_are_not() -> None:
    figure = draw_gradients(
        {"LSTM, best": {"trained": [1.0, 0.5], "untrained": [0.5, 0.0]}}, {"LSTM, best": "lstm"}, ["end", " the"]
    )
    assert [line.line.dash for line in figure.data] == ["solid", "dot"]
    assert [note.text.split("</span> ")[1] for note in figure.layout.annotations] == ["LSTM, best"]
    assert figure.layout.xaxis.ticktext == ("end", "the")
    assert list(figure.data[1].y) == [0.5, 1e-12]


def test_clipped_steps_mark_both_ends() -> None:
    line = draw("clipped_steps", ("a",)).data[0]
    assert list(line.marker.size) == [0, 12, 0, 12]
    assert (line.marker.symbol[1], line.marker.symbol[3]) == ("circle", "x")


def test_fixed_points_are_coloured_by_their_score_and_crossed_by_their_slow_mode() -> None:
    figure = draw("fixed_points", ("a", "b", "c"))
    by_name = {trace.name: trace for trace in figure.data if trace.xaxis == "x"}
    dots = by_name["fixed points (indigo: positive)"]
    np.testing.assert_allclose(dots.marker.color, 1 / (1 + np.exp([4, 0, -4])))
    slow = by_name["changes along it fade slowest"]
    assert len(slow.x) == 6  # two lines, each with a gap after it
    assert (slow.x[0] + slow.x[1]) / 2 == pytest.approx(dots.x[0], abs=1e-3)
    assert figure.layout.xaxis.title.text == "→ positive (60%)"


def test_the_dots_of_an_lstm_are_not_called_fixed_points() -> None:
    moving = replace(fixed_points_of(3), memory_variance=np.array([0.6, 0.2, 0.1]))
    names = [trace.name for trace in draw_fixed_points({"trained": moving}).data]
    assert "where h stands still (indigo: positive)" in names
    assert not any("fixed" in name for name in names)


def test_time_constants_never_leave_the_log_axis() -> None:
    assert min(draw("time_constants", ("a", "b")).data[0].y) > 0


def test_time_constants_within_one_decade_have_ticks() -> None:
    """Plotly gave none, as of a vanilla RNN."""
    points = replace(fixed_points_of(3), time_constants=np.full((2, 3), 4.0))
    axis = draw_time_constants({"trained": points}).layout.yaxis
    assert [tick for tick in axis.tickvals if 10 ** axis.range[0] <= tick <= 10 ** axis.range[1]] == [1, 10]


def test_models_are_bars_and_published_numbers_lines_below_them() -> None:
    models = [Score("LSTM, best", 0.92, "lstm"), Score("RNN", 0.5, "rnn")]
    figure = draw_model_scores(models, [Score("ELMo", 0.95, source="Peters et al. 2018")], "models-entities")
    bars, line = figure.data
    assert list(bars.x) == [0.92, 0.5]
    assert figure.layout.yaxis.ticktext == ("LSTM, best 0.920", "RNN 0.500")
    assert (list(line.x), line.y[1]) == ([0.95, 0.95], 2)
    assert line.text[1] == "ELMo 0.950 "
    assert figure.layout.xaxis.range[0] == 0


def test_the_score_of_fixed_points_rises_to_the_right() -> None:
    """The sign of a component is arbitrary: positive lay to the left."""
    points = fixed_points_of(3)
    left = replace(points, readout=-points.readout)
    states, arrow, dots, _ = draw_fixed_points({"trained": left}).data
    assert arrow.x[1] > arrow.x[0]
    np.testing.assert_allclose(dots.x, -points.points[:, 0], atol=1e-4)
    np.testing.assert_allclose(dots.y, points.points[:, 1], atol=1e-4)
    np.testing.assert_allclose(states.x, -points.visited[:, 0], atol=1e-4)
    assert list(draw_fixed_points({"trained": points}).data[2].x) == [round(x, 4) for x in points.points[:, 0]]
