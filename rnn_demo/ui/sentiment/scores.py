"""The score of a text so far, as the Sentiment tab shows it: coloured words, a verdict, lines. No gradio in here."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from rnn_demo.plots.running_score import RunningScore
from rnn_demo.results import SentimentScore
from rnn_demo.ui.shared.highlights import name_change
from rnn_demo.ui.shared.marked_text import Mark, legend, mark_text
from rnn_demo.ui.shared.theme import MOVE_LOOKS
from rnn_demo.words import Word

SMALL_MOVE, LARGE_MOVE = 0.03, 0.12
"""P(positive): words with a smaller move are not coloured, those from LARGE_MOVE on get the strong colour."""
LEGEND = {
    "−−": f"lowered it by {LARGE_MOVE} or more",
    "−": "lowered it",
    "+": "raised it",
    "++": f"raised it by {LARGE_MOVE} or more",
}


def scores_at(words: Sequence[Word], result: SentimentScore, before: float) -> list[float]:
    """Return the score after each word: that after the last token that ends no later.

    Args:
        words: of the text; another model's, perhaps, which reads other subwords.
        result: of the text.
        before: the score before the first token.
    """
    scores, i, score = [], 0, before
    for word in words:
        while i < len(result.tokens) and result.tokens[i].end <= word.end:
            score = result.tokens[i].score
            i += 1
        scores.append(score)
    return scores


def describe(result: SentimentScore) -> str:
    """Return the label, the score and a mark on a scale, as HTML. The visitor's own words are never part of it."""
    return (
        f'<div class="verdict"><b>{result.label}</b> score {result.score:.2f}'
        f'<div class="scale"><div class="mark" style="left:{result.score:.1%}"></div></div>'
        '<div class="ends"><span>0 negative</span><span>neutral</span><span>positive 1</span></div></div>'
    )


def colour_moves(text: str, words: Sequence[Word], line: RunningScore) -> str:
    """Return a text as HTML, each word coloured by how it moved the score; from where to where stands in the note."""
    marks = []
    for word, (before, after) in zip(words, pairwise([line.before, *line.scores]), strict=True):
        change = name_change(after - before, SMALL_MOVE, LARGE_MOVE)
        note = f"{before:.2f} → {after:.2f}"
        marks.append(Mark(word.start, word.end, MOVE_LOOKS.get(change or "", ""), note, change or ""))
    return mark_text(text, marks) + legend((MOVE_LOOKS[name], f"{name} {words}") for name, words in LEGEND.items())


def describe_line(lines: Sequence[RunningScore], trained_alike: bool) -> str:
    """Return what the points of the lines are, where they start, and where the lines of several models end.

    >>> describe_line([RunningScore("GRU", "gru", 0.5, [0.25])], False)
    'Each point is the score of the text so far, as if it ended there. Before the first word it is 0.50: the network \
learned to score whole texts, never one without a word, so its start means little.'
    """
    starts = ", ".join(
        f"{line.before:.2f}" if len(lines) == 1 else f"{line.before:.2f} ({line.name})" for line in lines
    )
    learner = "the network" if len(lines) == 1 else "the networks"
    whose = "its" if len(lines) == 1 else "their"
    sentence = (
        f"Each point is the score of the text so far, as if it ended there. Before the first word it is {starts}: "
        f"{learner} learned to score whole texts, never one without a word, so {whose} start means little."
    )
    if len(lines) == 1:
        return sentence
    ends = ", ".join(f"{line.name} **{line.scores[-1]:.2f}**" for line in lines)
    alike = " These networks have about the same size and learned from the same texts." if trained_alike else ""
    return f"At the end: {ends}.{alike} {sentence}"


def score_rows(words: Sequence[Word], line: RunningScore) -> list[Sequence[Any]]:
    """Return the score after each word as a table, its headers first."""
    rows = zip(words, line.scores, strict=True)
    return [["word", "start", "end", "score"], *([word.text.strip(), word.start, word.end, at] for word, at in rows)]
