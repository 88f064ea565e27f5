"""What the tabs make of results: the parts of a text, joined, are the text."""

import re
from copy import deepcopy
from dataclasses import replace
from inspect import isgenerator
from pathlib import Path
from shutil import copytree
from typing import Any

import gradio as gr
import pytest
from tiny_models import tiny_checkpoint, tiny_model

from rnn_demo.checkpoint import save_checkpoint
from rnn_demo.microscope.attribution import AttributedToken
from rnn_demo.microscope.clipping import ClippedStep, WeightGroup
from rnn_demo.precompute.fixed_points import precompute_fixed_points
from rnn_demo.precompute.held_out import HeldOut
from rnn_demo.precomputed import Precomputed, write_precomputed
from rnn_demo.published import read_published
from rnn_demo.results import Entity, TaggedText
from rnn_demo.sentiment.reviews import LabelledText
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.vocabulary import learn_characters
from rnn_demo.ui import TABS, build_app
from rnn_demo.ui.attractor_tab import NOT_YET
from rnn_demo.ui.entities.why_panel import entity_choices, mark_attributions
from rnn_demo.ui.memory.clipping_panel import HEADERS, WHY, row_of
from rnn_demo.ui.memory.clipping_panel import describe as describe_clipping
from rnn_demo.ui.model_store import ModelStore
from rnn_demo.ui.models_tab import draw_scores, model_rows, say_which_compare, train_commands
from rnn_demo.ui.write.settings import suited_length


def test_shares_of_an_entity_give_the_text_back_and_colour_only_what_matters() -> None:
    text = "  Ada met  Babbage, and so on"
    tokens = [("Ada", 2, 2.0), ("met", 6, 0.1), ("Babbage", 11, -0.4)]
    parts = mark_attributions(
        text, tuple(AttributedToken(word, at, at + len(word), share) for word, at, share in tokens)
    )
    assert "".join(part for part, _ in parts) == text
    assert [part for part in parts if part[1]] == [("Ada", "++"), ("Babbage", "−")]


def test_entities_are_offered_in_words_with_their_places() -> None:
    text = "Ada\n Lovelace met Babbage"
    tagged = TaggedText(text, (Entity("PER", 0, 13, 0.91), Entity("X", 18, 25, 0.2)), ())
    offered = [("Ada Lovelace (person, confidence 0.91)", 0), ("Babbage (X, confidence 0.20)", 1)]
    assert entity_choices(tagged) == offered


def test_a_row_of_clipping_has_a_cell_for_each_header() -> None:
    groups = (WeightGroup("embedding", 2.0, 0.5), WeightGroup("layer 0", 3.0, 0.75))
    row = row_of("lm-rnn", ClippedStep(4.0, 1.0, groups, 5, 3, 9, 1, (0, 1, 4), (5, 3, 9)))
    assert row == ["lm-rnn", "4.00 → 1.00", "2.00 → 0.50", "3.00 → 0.75", "", ""]
    assert len(row) == len(HEADERS)


def test_clipping_is_said_to_save_only_where_the_step_ends_higher_without() -> None:
    saving = ClippedStep(4.0, 1.0, (), 5, 3, 9, 1, (0, 1, 4), (5, 3, 9))
    slowing = replace(saving, loss_unclipped=1)
    short = replace(saving, norm=1.0, loss_unclipped=3)
    told = describe_clipping({"a": saving, "b": slowing, "c": slowing, "d": short})
    assert "**saved a**" in told
    assert "**only slowed b, c**" in told
    assert WHY in told
    assert WHY not in describe_clipping({"a": saving})
    assert not re.search("saved|slowed", describe_clipping({"d": short}))


def test_a_model_of_characters_writes_as_much_text(tokenizer: Tokenizer) -> None:
    of_characters = Tokenizer(learn_characters(["She was a good child.", "No!"]))
    assert (tokenizer.has_only_characters, of_characters.has_only_characters) == (False, True)
    assert [suited_length(80, one) for one in (tokenizer, of_characters)] == [80, 320]
    assert [suited_length(320, one) for one in (tokenizer, of_characters)] == [80, 320]
    assert [suited_length(123, one) for one in (tokenizer, of_characters)] == [123, 123]


def test_model_rows_say_what_the_config_files_say(checkpoints_dir: Path) -> None:
    rows = model_rows(ModelStore(checkpoints_dir))
    assert [row[0] for row in rows] == ["lm-lstm", "lm-gru", "lm-rnn", "sentiment-lstm", "ner-lstm"]
    assert rows[0][1:4] == ["tiny/test: accuracy 0.424", "language model, lstm", "1.2 M"]
    assert rows[0][-1] == "tiny: 0.0 M tokens in 0 minutes on 1 CPU thread"


def test_a_chart_has_the_models_by_title_and_what_papers_report(tokenizer: Tokenizer, tmp_path: Path) -> None:
    for name, f1 in (("ner-lstm", 0.9), ("ner-gru", 0.8)):
        about = replace(tiny_checkpoint(name), metrics={"conll2003/test": {"f1": f1}})
        save_checkpoint(tmp_path / name, tiny_model(name, tokenizer.vocab_size), tokenizer, about)
    store = ModelStore(tmp_path)
    figure = draw_scores(store, "ner")
    assert figure is not None
    bars, *lines = figure.data
    assert figure.layout.yaxis.ticktext == ("LSTM 0.900", "GRU 0.800")
    assert list(bars.x) == [0.9, 0.8]
    published = {row.who: row.value for row in read_published()["conll2003/test"]}
    assert {line.text[1].rsplit(" ", 2)[0]: line.x[0] for line in lines} == published
    assert draw_scores(store, "lm") is None


def test_a_model_that_went_on_from_itself_is_told_from_one_that_began_with_another(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    for name, start in (("sentiment-lstm", "sentiment-lstm"), ("sentiment-gru", "lm-gru")):
        about = replace(tiny_checkpoint(name), init_from=start, command="python train.py sentiment")
        save_checkpoint(tmp_path / name, tiny_model(name, tokenizer.vocab_size), tokenizer, about)
    store = ModelStore(tmp_path)
    starts = [row[-1].rpartition(", starting from ")[-1] for row in model_rows(store)]
    assert starts == ["an earlier version of itself", "lm-gru"]
    command = "python train.py sentiment"  # the same for both
    assert train_commands(store) == ["# sentiment-lstm", command, "# sentiment-gru", command]


def test_cells_are_called_comparable_only_where_they_were_trained_alike(
    checkpoints_dir: Path, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    assert "take lm-rnn, lm-gru, lm-lstm**" in say_which_compare(ModelStore(checkpoints_dir))
    for name, tokens in (("lm-rnn", {"tokens": 10}), ("lm-gru", {})):
        about = replace(tiny_checkpoint(name), training={"steps": 2, **tokens})
        save_checkpoint(tmp_path / name, tiny_model(name, tokenizer.vocab_size), tokenizer, about)
    assert say_which_compare(ModelStore(tmp_path)) == ""
    assert model_rows(ModelStore(tmp_path))[0][-1] == "tiny: 0 minutes on 1 CPU thread"


def shown_values(checkpoints_dir: Path) -> str:
    """All that the page shows when it opens."""
    config = build_app(checkpoints_dir).get_config_file()
    return str([component["props"].get("value") for component in config["components"]])


def test_app_opens_with_results_and_without_notices(checkpoints_dir: Path) -> None:
    shown = shown_values(checkpoints_dir)
    assert "Once upon a time there was a little fox who" in shown
    assert "cannot be used" not in shown


def test_app_without_checkpoints_says_how_to_train_each(tmp_path: Path) -> None:
    shown = shown_values(tmp_path)
    for task, cell in (("lm", "lstm"), ("lm", "gru"), ("lm", "rnn"), ("sentiment", "lstm"), ("ner", "lstm")):
        assert f"{task}-{cell}/config.json" in shown
        assert f"python train.py {task} --cell {cell}" in shown


def test_app_has_a_tab_for_each_entry_of_the_registry(tmp_path: Path) -> None:
    config = build_app(tmp_path).get_config_file()
    labels = [component["props"]["label"] for component in config["components"] if component["type"] == "tabitem"]
    assert labels == list(TABS)


def test_an_empty_text_clears_every_tab_and_is_explained_in_a_line(checkpoints_dir: Path) -> None:
    """It used to leave the results of the text before under "Error" pills."""
    notes = []
    for event in build_app(checkpoints_dir).fns.values():
        note = event.outputs[-1] if event.outputs else None
        if isinstance(note, gr.Markdown) and "note" in (note.elem_classes or []):
            values = ["" if isinstance(each, gr.Textbox) else deepcopy(each.value) for each in event.inputs]
            cleared = event.fn(*values)
            *_, note_text = next(cleared) if isgenerator(cleared) else cleared
            notes.append(note_text)
    assert len(notes) == 11  # nine tabs read a text, Memory in three ways, How a cell works in two; Write takes none
    assert all(note.startswith("The text ") and "; give at least " in note for note in notes)


def follows_a_choice(event: dict[str, Any], types: dict[int, str]) -> bool:
    """Whether an event of the page's config is set off by a menu, a switch or an example."""
    return any(
        name in ("input", "change", "then") and types.get(source) != "state" for source, name in event["targets"]
    )


def test_a_choice_made_while_an_answer_is_under_way_is_not_dropped(checkpoints_dir: Path) -> None:
    """Gradio's own trigger mode ignores it, and leaves figures that are not of what is chosen."""
    config = build_app(checkpoints_dir).get_config_file()
    types = {component["id"]: component["type"] for component in config["components"]}
    chosen = [event for event in config["dependencies"] if event["queue"] and follows_a_choice(event, types)]
    assert len(chosen) > len(TABS)
    assert {event["trigger_mode"] for event in chosen} == {"always_last"}
    triggers = {name for event in chosen for _, name in event["targets"]}
    assert "then" not in triggers  # it would be an event of its own, see build_request_counter


@pytest.mark.slow
def test_the_attractor_tab_opens_with_what_was_stored(checkpoints_dir: Path, tmp_path: Path) -> None:
    folder = Path(copytree(checkpoints_dir, tmp_path / "checkpoints"))
    held_out = HeldOut(None)
    held_out.__dict__["reviews"] = [LabelledText("a fine film, good and great", 1.0)]
    section = precompute_fixed_points(ModelStore(folder).find("sentiment-lstm"), held_out)
    assert section is not None
    write_precomputed(folder / "sentiment-lstm", Precomputed({"fixed_points": section}))
    shown = shown_values(folder)
    opens_empty = NOT_YET.format(model="LSTM")
    assert "h stands still" in shown  # not fixed points: c moves on
    assert opens_empty not in shown
    assert opens_empty in shown_values(checkpoints_dir)
