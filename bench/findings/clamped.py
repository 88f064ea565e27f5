"""How clamping a direction or a unit changes what a language model writes."""

from collections.abc import Iterator, Sequence

from bench.clamping import LENGTH, SAMPLES, ClampedTexts, measure
from bench.findings.report import Claim, Material, Section, table
from rnn_demo.language.write import Writer
from rnn_demo.microscope.sentiment_direction import SentimentDirection
from rnn_demo.sentiment.score import SentimentScorer

WRITER, JUDGE = "lm-lstm", "sentiment-lstm"
TELLS = 0.85
"""Accuracy of a unit that tells reviews apart."""
HEADER = [f"clamped in the last layer of {WRITER}", "P(positive) of the text", "perplexity"]


def section(material: Material, samples: int = SAMPLES, length: int = LENGTH) -> Section:
    """Write texts with the last layer clamped, and score them.

    Args:
        material: with WRITER and JUDGE.
        samples: texts per setting.
        length: tokens per text, at most.
    """
    subject = material.subjects[WRITER]
    writer, scorer = subject.predictor, material.subjects[JUDGE].predictor
    entry = subject.precomputed.get("sentiment_direction")
    if entry is None or not isinstance(writer, Writer) or not isinstance(scorer, SentimentScorer):
        return Section([], f"The direction was not computed: `python train.py precompute {WRITER}`.")
    rows = measure(writer, scorer, entry, [subject.last_layer], samples=samples, length=length)
    lines = [
        [row.setting, f"{row.score:.2f} ({row.low:.2f} to {row.high:.2f})", f"{row.perplexity:.0f}"] for row in rows
    ]
    percent = 100 * (accuracy := SentimentDirection.from_entry(entry, subject.last_layer).unit_accuracy)
    return Section(
        [table(HEADER, lines)],
        f"{samples} texts of {length} tokens per setting after “The movie was”, scored by {JUDGE}, with bootstrap 95 % "
        "intervals; the perplexity under the unmodified model is the cost of clamping. "
        + "; ".join(accuracies(material))
        + ". Published: one unit of a 4,096-unit multiplicative LSTM, trained on 82 million reviews, classifies 92.3 % "
        "of IMDB reviews correctly and steers what is written (Radford et al. 2017, arXiv:1704.01444). Our language "
        "models of prose have read the labelled reviews as text, and the scoring model descends from an earlier "
        f"{WRITER}, so it is not independent of the writer.",
        [
            *claims(rows),
            Claim("a single unit tells reviews apart", accuracy > TELLS, f"{percent:.0f} % in {WRITER}"),
        ],
    )


def claims(rows: Sequence[ClampedTexts]) -> Iterator[Claim]:
    """Check whether the extreme settings differ by more than their intervals."""
    for what, start in (("a direction", "direction"), ("a single unit", "unit")):
        settings = [row for row in rows if row.setting.startswith(start)]
        low, high = min(settings, key=lambda row: row.score), max(settings, key=lambda row: row.score)
        numbers = f"P(positive) from {low.score:.2f} to {high.score:.2f}"
        yield Claim(f"{what} steers the sentiment of what is written", low.high < high.low, numbers)


def accuracies(material: Material) -> Iterator[str]:
    """Return how well the direction and the best unit of each language model classify reviews."""
    for name, subject in material.subjects.items():
        entry = subject.precomputed.get("sentiment_direction")
        if entry is not None:
            direction = SentimentDirection.from_entry(entry, subject.last_layer)
            yield (
                f"{name}'s direction classifies {100 * direction.accuracy:.1f} % of labelled reviews correctly, its "
                f"unit {direction.unit} alone {100 * direction.unit_accuracy:.1f} %"
            )
