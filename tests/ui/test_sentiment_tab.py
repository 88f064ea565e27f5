"""Sentiment: words instead of subwords, from where to where each moved the score, and the cells side by side."""

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
from rnn_demo.plots.running_score import RunningScore
from rnn_demo.results import ScoredToken, SentimentScore
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.ui.sentiment.scores import colour_moves, describe_line, score_rows, scores_at
from rnn_demo.words import each_token, words_of

SUBWORDS = ("My", " e", "le", "phant", " smiled", ".")
SCORES = (0.55, 0.95, 0.9, 0.54, 0.5, 0.3)


def scored(subwords: tuple[str, ...] = SUBWORDS, scores: tuple[float, ...] = SCORES) -> SentimentScore:
    ends = [sum(map(len, subwords[:n])) for n in range(len(subwords) + 1)]
    tokens = zip(subwords, ends, ends[1:], scores, strict=False)
    return SentimentScore(scores[-1], "negative", tuple(ScoredToken(*token) for token in tokens))


def test_a_word_has_the_score_after_its_last_subword() -> None:
    words = words_of(scored().tokens)
    assert [word.text for word in words] == ["My", " elephant", " smiled", "."]
    assert scores_at(words, scored(), 0.5) == [0.55, 0.54, 0.5, 0.3]
    assert scores_at(each_token(scored().tokens), scored(), 0.5) == list(SCORES)


def test_words_of_one_model_take_the_scores_of_another_that_reads_other_subwords() -> None:
    letters = scored(tuple("".join(SUBWORDS)), tuple(i / 100 for i in range(19)))
    assert scores_at(words_of(scored().tokens), letters, 0.5) == [0.01, 0.1, 0.17, 0.18]
    coarse = scored(("My elephant smiled.",), (0.9,))
    assert scores_at(words_of(scored().tokens), coarse, 0.5) == [0.5, 0.5, 0.5, 0.9]


def test_moves_are_coloured_by_sign_and_size_and_say_from_where_to_where() -> None:
    words = words_of(scored().tokens)
    html = colour_moves("My elephant smiled.", words, RunningScore("LSTM", "lstm", 0.5, [0.55, 0.54, 0.5, 0.3]))
    assert '<mark class="up-1" data-note="0.50 → 0.55">My<sup>+</sup></mark>' in html
    assert '<mark class="" data-note="0.55 → 0.54">elephant</mark>' in html
    assert '<mark class="down-1" data-note="0.54 → 0.50">smiled<sup>−</sup></mark>' in html
    assert '<mark class="down-2" data-note="0.50 → 0.30">.<sup>−−</sup></mark>' in html


def test_several_lines_are_described_by_their_ends_and_starts() -> None:
    lines = [RunningScore("RNN", "rnn", 0.6, [0.25]), RunningScore("GRU", "gru", 0.7, [0.75])]
    description = describe_line(lines, trained_alike=True)
    assert description.startswith("At the end: RNN **0.25**, GRU **0.75**. These networks")
    assert "0.60 (RNN), 0.70 (GRU)" in description
    assert "These networks" not in describe_line(lines, trained_alike=False)


def test_the_table_has_a_row_a_word() -> None:
    rows = score_rows(words_of(scored().tokens), RunningScore("LSTM", "lstm", 0.5, [0.55, 0.54, 0.5, 0.3]))
    assert rows[:3] == [["word", "start", "end", "score"], ["My", 0, 2, 0.55], ["elephant", 2, 11, 0.54]]


@pytest.fixture
def page(browser: Browser, checkpoints_dir: Path, tokenizer: Tokenizer, tmp_path: Path) -> Iterator[Page]:
    """Open a page that has a sentiment model of every cell."""
    folder = Path(shutil.copytree(checkpoints_dir, tmp_path / "checkpoints"))
    for name in ("sentiment-gru", "sentiment-rnn"):
        save_checkpoint(folder / name, tiny_model(name, tokenizer.vocab_size), tokenizer, tiny_checkpoint(name))
    with serve(folder) as url, open_page(browser, url) as page:
        yield page


def score(panel: Locator, text: str) -> None:
    """Score a text and wait until it is shown."""
    panel.get_by_label("Text").fill(text)
    panel.get_by_role("button", name="Score", exact=True).click()
    expect(panel.locator("#moves .marked")).to_have_text(re.compile("[+−]*".join(map(re.escape, text))))


@needs_browser
def test_words_stand_on_the_axis_and_subwords_on_request(page: Page) -> None:
    panel = open_tab(page, "Sentiment")
    axis, marks = panel.locator("#running-score .xtick"), panel.locator("#moves .marked mark")
    score(panel, "Babbage & the <b>elephant</b> smiled at Zanzibar")
    elephant = axis.filter(has_text="elephant")
    expect(elephant).to_have_count(1)
    words = marks.count()
    panel.get_by_label("Show subwords").check()
    expect(elephant).to_have_count(0)
    assert marks.count() > words


@needs_browser
def test_cells_side_by_side_have_their_final_scores_at_the_ends_of_their_lines(page: Page) -> None:
    panel = open_tab(page, "Sentiment")
    panel.get_by_label("All cells side by side").check()
    names = panel.locator("#running-score .annotation")
    expect(names).to_have_count(3)
    url = page.url.partition("?")[0]
    text = panel.get_by_label("Text").input_value()
    for cell in ("rnn", "gru", "lstm"):
        final = call(url, "score_sentiment", [text, f"sentiment-{cell}"])[-1][1][0]["score"]
        expect(names.filter(has_text=f"{cell.upper()} {final:.2f}")).to_have_count(1)
        expect(panel.locator("#score-caption")).to_contain_text(f"{cell.upper()} {final:.2f}")


@needs_browser
def test_the_scale_can_be_log_odds_and_words_are_saved_as_a_table(page: Page) -> None:
    panel = open_tab(page, "Sentiment")
    axis = panel.locator("#running-score .yaxislayer-above")
    expect(axis).to_contain_text("positive 1")
    panel.get_by_label("log-odds").check()
    expect(axis).to_contain_text("0.9")
    expect(axis).not_to_contain_text("positive 1")
    score(panel, "=Ada was fine")
    with page.expect_download(timeout=SLOW_MS) as waiting:
        panel.get_by_role("button", name="Download table").click()
    headers, first, *rows = waiting.value.path().read_text(encoding="utf-8").splitlines()
    assert waiting.value.suggested_filename == "sentiment.csv"
    assert (headers, first.split(",")[:3]) == ("word,start,end,score", ["'=", "0", "1"])
    assert [row.split(",")[0] for row in rows] == ["Ada", "was", "fine"]


@needs_browser
def test_a_text_in_another_script_keeps_its_shape_and_is_told_what_the_models_read(page: Page) -> None:
    panel = open_tab(page, "Sentiment")
    for text in ("Это был хороший фильм 👩‍👧", "我喜欢这部电影" * 30, "הסרט היה טוב"):
        score(panel, text)
        expect(panel.get_by_text("These models were trained on English only.")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 1280
    score(panel, "a fine film")
    expect(panel.get_by_text("These models were trained on English only.")).to_have_count(0)
