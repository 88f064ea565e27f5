"""Entities: confidence in the mark, corrections by click and what they change, and the cells side by side."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from serving import call, serve
from tiny_models import tiny_checkpoint, tiny_model
from visitor import SLOW_MS, needs_browser, open_page, open_tab

from rnn_demo.checkpoint import save_checkpoint
from rnn_demo.entities.clamping import Correction
from rnn_demo.results import Entity, TaggedText, TaggedToken
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.ui.entities.marks import (
    PARTS_OF_SPEECH,
    compare_cells,
    describe_correction,
    entity_rows,
    mark_entities,
    mark_parts_of_speech,
)
from rnn_demo.ui.shared.names import ENTITY_NAMES
from rnn_demo.ui.shared.theme import ENTITY_LOOKS, PART_OF_SPEECH_COLOURS

TEXT = "👩‍👧 Ada met  Babbage\nin <b>東京"
ADA, BABBAGE, TOKYO = Entity("PER", 4, 7, 0.94), Entity("ORG", 13, 20, 0.5), Entity("THING", 27, 29, 0.1)
TAGGED = TaggedText(TEXT, (ADA, BABBAGE, TOKYO), ())


def text_of(html: str) -> str:
    """Return what a reader sees, without the types of the names."""
    return re.sub("<sup>[^<]*</sup>|<[^>]*>", "", html).replace("&lt;", "<").replace("&gt;", ">")


def test_marks_give_the_text_back_and_the_line_is_as_long_as_the_tagger_is_sure() -> None:
    html = mark_entities(TAGGED)
    assert text_of(html) == TEXT
    assert '<mark class="entity entity-person sure-9" data-note="person, confidence 0.94" data-start="4"' in html
    assert 'aria-label="Babbage: organisation, confidence 0.50; correct it">Babbage<sup>organisation</sup>' in html
    assert "東京<sup>THING</sup>" in html


def test_names_below_a_confidence_are_hidden_unless_the_visitor_said_so() -> None:
    assert mark_entities(TAGGED, 0.5).count("<mark") == 2
    html = mark_entities(TAGGED, 0.95, [Correction(13, 20, "ORG"), Correction(0, 3)])
    assert html.count("<mark") == 2
    assert 'sure-5 corrected" data-note="organisation, as you said"' in html
    assert "<sup>no name</sup>" in html


def test_every_label_and_part_of_speech_has_its_look() -> None:
    assert set(ENTITY_LOOKS) == set(ENTITY_NAMES)
    assert set(PARTS_OF_SPEECH.values()) == set(PART_OF_SPEECH_COLOURS)


def test_parts_of_speech_are_named_in_plain_words() -> None:
    tokens = [("She", 0, "PRP"), ("met", 4, "VBD"), ("Ada", 9, "NNP"), (".", 12, ".")]
    tagged = tuple(TaggedToken(word, start, start + len(word), "O", 1.0, pos) for word, start, pos in tokens)
    html = mark_parts_of_speech(TaggedText("She met  Ada.", (), tagged))
    assert text_of(html) == "She met  Ada."
    assert re.findall("<sup>(.*?)</sup>", html) == ["pronoun", "verb", "name"]


def test_what_a_correction_changes_elsewhere_is_said() -> None:
    corrected = Entity("LOC", 4, 7, 1.0)
    before = TaggedText(TEXT, (ADA, BABBAGE), ())
    corrections = [Correction(4, 7, "LOC")]
    assert describe_correction(before, TaggedText(TEXT, (corrected, BABBAGE), ()), corrections) == (
        "You say that “Ada” is **place**. Nothing else changes."
    )
    after = TaggedText(TEXT, (corrected, Entity("PER", 13, 20, 0.9), TOKYO), ())
    summary = describe_correction(before, after, corrections)
    assert "changes 2 other names: “Babbage” from organisation to person; “東京” from no name to THING." in summary
    gone = describe_correction(before, TaggedText(TEXT, (corrected,), ()), corrections)
    assert "changes another name: “Babbage” from organisation to no name." in gone


def test_cells_are_compared_by_the_names_that_all_find() -> None:
    html = compare_cells({"rnn": TaggedText(TEXT, (ADA,), ()), "<gru": TAGGED}, least=0.2)
    assert "All 2 find the same 1 of 2 names." in html
    assert "<h4>RNN</h4>" in html
    assert "<h4>&lt;GRU</h4>" in html
    assert 'role="button"' not in html


def test_names_are_saved_as_a_table() -> None:
    assert entity_rows(TAGGED)[:2] == [["name", "label", "start", "end", "confidence"], ["Ada", "PER", 4, 7, 0.94]]


@pytest.fixture
def page(browser: Browser, checkpoints_dir: Path, tokenizer: Tokenizer, tmp_path: Path) -> Iterator[Page]:
    """Open a page that has a tagger of two cells."""
    folder = Path(shutil.copytree(checkpoints_dir, tmp_path / "checkpoints"))
    save_checkpoint(
        folder / "ner-gru", tiny_model("ner-gru", tokenizer.vocab_size), tokenizer, tiny_checkpoint("ner-gru")
    )
    with serve(folder) as url, open_page(browser, url) as page:
        yield page


def tag(panel: Locator, text: str) -> Locator:
    """Tag a text and return its marks."""
    panel.get_by_label("Text", exact=True).fill(text)
    panel.get_by_role("button", name="Tag", exact=True).click()
    shape = re.compile("(person|place)?".join(map(re.escape, text)))
    expect(panel.locator("#entities .marked")).to_have_text(shape)
    return panel.locator("#entities mark")


@needs_browser
def test_a_click_corrects_a_name_and_the_tagger_reads_the_text_again(page: Page) -> None:
    panel = open_tab(page, "Entities")
    text = "<i>Ada</i> met Babbage. Ada ran to London."
    marks = tag(panel, text)
    start = int(marks.first.get_attribute("data-start") or 0)
    span = panel.locator(f'#entities mark[data-start="{start}"]')
    for name, tag_after in (("place", "B-LOC"), ("person", "B-PER"), ("no name", "O")):
        span.focus()
        page.keyboard.press("Enter")
        panel.get_by_label(name, exact=True).check()
        expect(span.locator("sup")).to_have_text(name)
        expect(span).to_have_class(re.compile(r"\bcorrected\b"))
        expect(panel.locator("#correction-summary")).to_contain_text(f"is {name}.")
        with page.expect_download(timeout=SLOW_MS) as waiting:
            panel.get_by_role("button", name="Download data").first.click()
        tokens = json.loads(waiting.value.path().read_text(encoding="utf-8"))["tokens"]
        (token,) = (token for token in tokens if token["start"] == start)
        assert (token["tag"], token["confidence"]) == (tag_after, pytest.approx(1))
    panel.get_by_role("button", name="Undo all corrections").click()
    expect(panel.locator("#entities mark.corrected")).to_have_count(0)
    expect(panel.locator("#correction-summary")).to_have_text("")
    expect(marks).to_have_count(len(call(page.url.partition("?")[0], "tag_entities", [text])[-1][1][0]["entities"]))


@needs_browser
def test_corrections_end_with_another_text(page: Page) -> None:
    panel = open_tab(page, "Entities")
    tag(panel, "Ada met Babbage.").first.click()
    panel.get_by_label("place", exact=True).check()
    expect(panel.locator("#entities mark.corrected")).to_have_count(1)
    tag(panel, "Babbage met Ada.")
    expect(panel.locator("#entities mark.corrected")).to_have_count(0)
    expect(panel.get_by_role("button", name="Undo all corrections")).to_be_hidden()


@needs_browser
def test_a_slider_hides_unsure_names_and_cells_stand_side_by_side(page: Page) -> None:
    panel = open_tab(page, "Entities")
    marks = tag(panel, "Ada met Babbage in London, and Turing ran to Rome.")
    confidences = [float((marks.nth(i).get_attribute("data-note") or "").split()[-1]) for i in range(marks.count())]
    least = 0.05 * round(20 * sorted(confidences)[len(confidences) // 2])
    number = panel.get_by_role("spinbutton", name=re.compile("Hide names"))
    number.fill(f"{least:.2f}")
    number.blur()
    sure = [confidence for confidence in confidences if confidence >= least]
    assert len(sure) < len(confidences)
    expect(marks).to_have_count(len(sure))
    panel.get_by_label("All cells side by side").check()
    expect(panel.locator("#entities-by-cell h4")).to_have_text(["GRU", "LSTM"])
    expect(panel.locator("#entities-by-cell")).to_contain_text("All 2 find the same")
    panel.get_by_label("All cells side by side").uncheck()
    expect(panel.locator("#entities-by-cell")).to_be_hidden()
