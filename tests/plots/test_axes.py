"""Words on an axis, and names at the ends of lines."""

from itertools import pairwise

import pytest

from rnn_demo.plots.axes import LINE, MAX_WIDTH, MAX_WORDS, label_line_ends, put_words_on_axis, spread_apart
from rnn_demo.plots.style import base_figure, log_axis


def test_a_short_text_has_every_word_and_a_long_one_at_most_max_words() -> None:
    few, many = base_figure(300, "few"), base_figure(300, "many")
    put_words_on_axis(few, ["It", " was", " fine"], first=1)
    put_words_on_axis(many, [f" w{i}" for i in range(1000)])
    assert few.layout.xaxis.ticktext == ("It", "was", "fine")
    assert few.layout.xaxis.tickvals == (1, 2, 3)
    positions = many.layout.xaxis.tickvals
    assert len(positions) <= MAX_WORDS
    assert {after - before for before, after in pairwise(positions)} == {17}
    assert many.layout.xaxis.ticktext[-1] == f"w{positions[-1]}"


def test_labels_are_escaped_and_cut_and_no_text_is_no_error() -> None:
    figure = base_figure(300, "odd")
    put_words_on_axis(figure, ["<script>", "x" * 3000, "👩‍👩‍👧" * 20, ""], axis="y")
    script, long, emoji, empty = figure.layout.yaxis.ticktext
    assert script == "&lt;script&gt;"
    assert long == "x" * (MAX_WIDTH - 1) + "…"
    assert emoji == "👩‍👩‍👧" * 6 + "…"
    assert empty == "…"
    put_words_on_axis(figure, [])
    assert figure.layout.xaxis.tickvals == ()


def lines_that_end_at(*ends: float, log: bool = False):  # type: ignore[no-untyped-def]
    figure = base_figure(300, "lines")
    for i, end in enumerate(ends):
        figure.add_scatter(x=[0, 1, 2], y=[1.0, 1.0, end], name=f"line {i}", line={"color": "#123456"})
    if log:
        figure.update_yaxes(**log_axis(min(ends), 1.0))
    return figure


@pytest.mark.parametrize("log", [False, True])
def test_names_stand_at_the_ends_in_their_order_and_do_not_overlap(log: bool) -> None:
    figure = lines_that_end_at(0.5, 0.9, 0.51, 0.5, log=log)
    figure.add_scatter(x=[0, 1], y=[0.5, 0.5], name="aside", showlegend=False)
    label_line_ends(figure)
    heights = {note.text.split("</span> ")[1]: note.y for note in figure.layout.annotations}
    assert list(heights) == ["line 0", "line 1", "line 2", "line 3"]
    assert heights["line 1"] > heights["line 2"] > heights["line 0"]
    ordered = sorted(heights.values())
    assert min(after - before for before, after in pairwise(ordered)) >= LINE / 300
    assert figure.layout.showlegend is False
    assert figure.layout.margin.r > 50
    assert "#123456" in figure.layout.annotations[0].text


def test_a_name_stands_where_its_line_ends() -> None:
    figure = lines_that_end_at(0.0, 2.0)
    figure.update_yaxes(range=[0, 4])
    label_line_ends(figure)
    assert [note.y for note in figure.layout.annotations] == [0.0, 0.5]
    assert {note.x for note in figure.layout.annotations} == {2}
    assert figure.layout.xaxis.range == (0, 2)  # else the names take half of it on a phone


def test_lines_without_values_have_no_name() -> None:
    figure = base_figure(300, "empty")
    figure.add_scatter(x=[0], y=[None], name="nothing")
    label_line_ends(figure)
    assert figure.layout.annotations == ()


def test_spread_intervals_never_overlap() -> None:
    centres, sizes = [0.1, 0.11, 0.12, 0.5, 0.52, 0.1], [0.05, 0.1, 0.05, 0.02, 0.02, 0.05]
    placed = spread_apart(centres, sizes)
    edges = sorted((middle - size / 2, middle + size / 2) for middle, size in zip(placed, sizes, strict=True))
    assert all(after >= before - 1e-9 for (_, before), (after, _) in pairwise(edges))
