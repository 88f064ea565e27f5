"""Paths know what their tokens are coloured by, which axes they lie on, and what to say."""

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from rnn_demo.errors import InputError
from rnn_demo.microscope.basis import Basis, fit_basis, to_entry
from rnn_demo.microscope.trace import HiddenTrace
from rnn_demo.microscope.trajectory import Trajectory
from rnn_demo.plots import BY_POSITION, TracedPath
from rnn_demo.precomputed import Precomputed, write_precomputed
from rnn_demo.ui.hidden_states.drawing import (
    BY_ENTITY,
    Picture,
    View,
    colourings_of,
    describe_axes,
    describe_close_up,
    describe_paths,
    draw_picture,
    picture_of,
    views_of_cells,
)
from rnn_demo.ui.hidden_states.paths import Paths
from rnn_demo.ui.hidden_states.steps import steps_of
from rnn_demo.ui.hidden_states.tab import fit_view, numbers_shown, other_texts
from rnn_demo.ui.model_store import ModelStore
from rnn_demo.ui.service import Service

TEXT = "Ada met  Babbage 👩‍👧 in London."


@pytest.fixture(scope="module")
def service(checkpoints_dir: Path) -> Service:
    return Service(ModelStore(checkpoints_dir))


def values_of(service: Service, view: View) -> list[float | str]:
    """Read TEXT; return what its tokens are coloured by."""
    return list(picture_of(service, [TEXT], view).traced[0].values)


def test_tokens_are_coloured_by_what_the_model_says_of_them(service: Service) -> None:
    scores = [token.score for token in service.score(TEXT, "sentiment-lstm").tokens]
    assert values_of(service, View("sentiment-lstm", 1, colour="P(positive)", subwords=True)) == scores
    bits = [token.bits for token in service.surprisal(TEXT, "lm-gru").tokens]
    assert values_of(service, View("lm-gru", 1, colour="surprisal", subwords=True)) == bits
    assert values_of(service, View("lm-gru", 1, subwords=True)) == list(range(1, len(bits) + 1))


def test_a_word_has_the_sum_of_its_surprisals_and_the_last_subword_s_state_and_score(service: Service) -> None:
    bits = [token.bits for token in service.surprisal(TEXT, "lm-gru").tokens]
    picture = picture_of(service, [TEXT], View("lm-gru", 1, colour="surprisal"))
    (trace,), (path,) = picture.paths.traces, picture.traced
    assert "".join(path.tokens) == TEXT
    assert " Babbage" in "".join(path.tokens)
    assert len(path.tokens) < len(bits)
    assert sum(map(float, path.values)) == pytest.approx(sum(bits))
    np.testing.assert_array_equal(trace.states[-1], picture.paths.untrimmed[0].states[-1])
    scores = values_of(service, View("sentiment-lstm", 1, colour="P(positive)"))
    assert scores[-1] == service.score(TEXT, "sentiment-lstm").score


def test_texts_to_compare_with_are_lines_or_a_word_swapped() -> None:
    text = "Good, but not good enough."
    assert other_texts(text, "good -> bad\n\nA film.") == ["Good, but not bad enough.", "A film."]
    assert other_texts(text, "good → <b>") == ["Good, but not <b> enough."]
    assert other_texts(text, "a -> \n-> b") == ["a -> ", "-> b"]
    with pytest.raises(InputError, match="'no', is not in the text"):
        other_texts(text, "no -> yes")
    with pytest.raises(InputError, match="4 texts"):
        other_texts(text, "a\nb\nc\nd")


def test_a_sentence_keeps_its_words_and_none_is_markup() -> None:
    value = steps_of([["<script>", " 👩‍👧"], [" a"] * 3])
    assert "<span>&lt;script&gt;</span><span> 👩‍👧</span>" in value
    assert 'max="3"' in value
    assert 'tabindex="0"' in steps_of([[" a"] * 3000])


def test_subwords_of_an_entity_are_coloured_by_its_type(service: Service) -> None:
    entities = service.tag(TEXT, "ner-lstm").entities
    values = values_of(service, View("ner-lstm", 0, colour="entity", subwords=True))
    assert entities
    for subword, name in zip(service.store.find("ner-lstm").encode(TEXT).tokens, values, strict=True):
        around = [entity.label for entity in entities if entity.start <= subword.start < entity.end]
        assert [name] == ([{"PER": "person", "LOC": "place"}[label] for label in around] or [""])
    assert set(values) - {""} <= set(BY_ENTITY.names)


@pytest.mark.parametrize(
    ("view", "message"),
    [
        (View("lm-rnn", 0, colour="entity"), "unknown colour 'entity'; choose one of surprisal, position"),
        (View("lm-rnn", 0, space="4-D"), "unknown space '4-D'; choose one of 2-D, 3-D"),
        (View("lm-rnn", 7), "layer is 7"),
        (View("nobody", 0), "unknown model 'nobody'"),
    ],
)
def test_a_view_that_is_not_there_is_refused(service: Service, view: View, message: str) -> None:
    with pytest.raises(InputError, match=message):
        picture_of(service, [TEXT], view)


def test_choices_of_another_model_give_way_to_its_defaults(service: Service) -> None:
    assert fit_view(service, View("lm-gru", 7, "c", "P(positive)", "3-D")) == View("lm-gru", 1, "h", "surprisal", "3-D")
    assert fit_view(service, View("lm-gru", 0, "update", "position")) == View("lm-gru", 0, "update", "position")


def test_a_long_text_is_drawn_from_its_last_2000_tokens(service: Service) -> None:
    text = "a b " * 1200
    picture = picture_of(service, [text], View("lm-gru", 1, colour="surprisal", subwords=True))
    whole, trace = picture.paths.untrimmed[0], picture.paths.traces[0]
    np.testing.assert_array_equal(whole.states, service.trace(text, "lm-gru", 1).states)
    assert len(picture.traced[0].tokens) == len(picture.traced[0].values) == 2000
    assert picture.paths.num_skipped == [len(whole.tokens) - 2000]
    np.testing.assert_array_equal(trace.states, whole.states[-2000:])
    assert "last 2,000 tokens" in describe_paths(picture.paths)


def test_a_studied_model_has_the_same_axes_for_every_text(checkpoints_dir: Path, tmp_path: Path) -> None:
    folder = Path(copytree(checkpoints_dir, tmp_path / "checkpoints"))
    basis = fit_basis(np.random.default_rng(0).normal(size=(50, 12)).astype(np.float32))
    write_precomputed(folder / "lm-rnn", Precomputed({"basis": to_entry({(1, "h"): basis}, 9, 50)}))
    service = Service(ModelStore(folder))
    for text in (TEXT, "It was"):
        picture = picture_of(service, [text], View("lm-rnn", 1))
        assert picture.traced[0].trajectory.basis == "held-out texts"
        np.testing.assert_allclose(picture.paths.basis.components, basis.components, rtol=1e-6)
        assert draw_picture(picture).data[0].type == "heatmap"
        assert "every text" in describe_axes(picture)
    own = picture_of(service, [TEXT], View("lm-rnn", 0))
    assert own.traced[0].trajectory.basis == "this text"
    assert draw_picture(own).data[0].type == "scatter"
    assert "this text alone" in describe_axes(own)


def test_every_cell_is_looked_at_in_the_same_way(service: Service) -> None:
    views = views_of_cells(service, View("lm-lstm", 1, quantity="c", colour="surprisal", space="3-D"))
    assert list(views) == ["rnn", "gru", "lstm"]
    assert [(view.model, view.layer, view.quantity) for view in views.values()] == [
        ("lm-rnn", 1, "h"),
        ("lm-gru", 1, "h"),
        ("lm-lstm", 1, "c"),
    ]
    for view in views.values():
        assert draw_picture(picture_of(service, [TEXT], view)).data[0].type == "scatter3d"
    assert list(views_of_cells(service, View("ner-lstm", 0))) == ["lstm"]


def paths_of(*texts: tuple[tuple[str, ...], list[list[float]]]) -> Paths:
    traces = tuple(
        HiddenTrace(tokens, ((0, 0),) * len(tokens), np.array(states, dtype=np.float32), 0) for tokens, states in texts
    )
    trajectories = tuple(Trajectory(trace.states, (1, 0)) for trace in traces)
    return Paths(traces, traces, trajectories, Basis(np.zeros(2), np.zeros((3, 2)), np.zeros(10), ""))


def test_the_longest_step_and_the_distance_are_described() -> None:
    first = (("It", " was", "<b>", " it"), [[0.0, 0], [0, 1], [3, 5], [3, 7]])
    second = (("It", " was", " not"), [[0.0, 0], [0, 1], [0, -1]])
    assert describe_paths(paths_of(first, second)) == (
        "The longest step is at **&#60;b&#62;** (number 3): 2.5 times the median step, over all units. "
        "The paths part at **&#60;b&#62;** / **not** (number 3), 3.4 median steps apart; their final states are "
        "4.3 median steps apart."
    )


def test_a_zoomed_figure_says_so() -> None:
    paths = paths_of((("a", "b"), [[0.0, 0], [1, 1]]))
    traced = (TracedPath("", ("a", "b"), paths.trajectories[0], ()),)
    for width, zoomed in ((20.0, True), (4.0, False)):
        wide = replace(paths.basis, density=np.zeros((2, 2)), extent=np.array([[0, width], [0, width]]))
        picture = Picture(replace(paths, basis=wide), traced, BY_POSITION)
        assert ("Zoomed in" in describe_close_up(picture)) == ("Zoomed in" in describe_axes(picture)) == zoomed
    assert describe_close_up(Picture(paths, traced, BY_POSITION)) == ""


def test_the_numbers_are_of_all_that_is_shown(service: Service) -> None:
    """Of two texts only the first was saved, and of three axes two."""
    texts, view = [TEXT, "It was"], View("lm-lstm", 1, "c", "surprisal", "3-D", subwords=True)
    (alone,) = numbers_shown(service, texts, view, False)
    assert (alone["model"], alone["layer"], alone["quantity"]) == ("lm-lstm", 1, "c")
    assert ["".join(one["tokens"]) for one in alone["texts"]] == texts
    for text, one in zip(texts, alone["texts"], strict=True):
        assert {len(point) for point in one["points"]} == {3}
        assert len(one["points"]) == len(one["states"]) == len(one["values"])
        assert one["values"] == [token.bits for token in service.surprisal(text, "lm-lstm").tokens]
    chosen, *cells = numbers_shown(service, texts, view, True)
    assert chosen == alone
    assert [one["model"] for one in cells] == ["lm-rnn", "lm-gru", "lm-lstm"]
    assert cells[2]["texts"][1]["points"] == alone["texts"][1]["points"]
    assert "states" not in cells[2]["texts"][1]


def test_a_state_that_does_not_move_has_no_longest_step() -> None:
    still = (("a", "a", "a"), [[1.0, 1]] * 3)
    assert describe_paths(paths_of(still)) == ""
    assert describe_paths(paths_of(still, still)) == "The two texts are the same."


def test_every_task_can_be_coloured_by_position() -> None:
    for task in ("lm", "sentiment", "ner", "another"):
        assert "position" in colourings_of(task)
