"""Reading: how little each language model expected each token of a text."""

import re
from collections.abc import Mapping

import gradio as gr

from rnn_demo.microscope.surprisal import Surprisal
from rnn_demo.plots import Figure, draw_surprisal
from rnn_demo.plots.surprisal import word_around
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import LATEST, build_request_counter, shows_errors
from rnn_demo.ui.shared.examples import READING_TEXTS, build_examples, on_pick
from rnn_demo.ui.shared.export import build_export
from rnn_demo.ui.shared.highlights import Highlights, mark_runs, plain
from rnn_demo.ui.shared.problems import build_problems
from rnn_demo.ui.shared.theme import SURPRISE_COLOURS

INTRO = (
    "A language model says at every token how likely it thought it; surprise is measured in bits, one more for every "
    "halving. **Look for the word that does not fit, and at what the same words cost when they are read again.**"
)
BOUNDS = (2, 6, 10)
"""Bits, between one colour and the next."""
COPIED = 2 / 3
"""Of the first reading: where the second costs less, much was copied."""
HARDLY = "To copy would make the second nearly free: there is little of that here."


def build_reading_tab(service: Service) -> None:
    """Lay out the tab."""
    build_problems(service.store, "lm")
    models = service.store.names("lm")
    if not models:
        return
    cells = {name: service.store.find(name).checkpoint.cell for name in models}

    def measure(text: str, model: str) -> dict[str, Surprisal]:
        return {name: service.surprisal(text, name) for name in service.store.names_alike(model)}

    @shows_errors
    def read(text: str, model: str) -> tuple[str, Figure, Highlights, tuple[str, str]]:
        measured = measure(text, model)
        told = describe(measured) + compare_readings(text, measured)
        return told, draw_surprisal(measured, cells), colour_surprise(text, measured[model]), (text, model)

    first_summary, first_lines, first_marks, first_asked = read(READING_TEXTS[0], models[0])

    gr.Markdown(INTRO)
    text = gr.Textbox(READING_TEXTS[0], label="Text", lines=2, max_lines=12)
    examples = build_examples(text, READING_TEXTS)
    with gr.Row():
        model = gr.Dropdown(models, value=models[0], label="Colour the text by", filterable=False)
        start = gr.Button("Read", variant="primary")
    summary = gr.Markdown(first_summary, elem_id="surprisal-summary")
    lines = gr.Plot(first_lines, show_label=False, elem_id="surprisal")
    asked = gr.State(first_asked)  # what stands in the textbox may be another by now
    build_export(lambda asked: measure(*asked), asked, "surprisal.json")
    marked = gr.HighlightedText(
        first_marks,
        label="The text, by surprise",
        color_map=SURPRISE_COLOURS,
        show_legend=True,
        show_inline_category=False,
        elem_id="surprises",
    )

    counter = build_request_counter()
    triggers = [start.click, text.submit, model.input, counter.change]
    gr.on(triggers, read, [text, model], [summary, lines, marked, asked], **LATEST)
    on_pick(examples, text, counter)


def describe(measured: Mapping[str, Surprisal]) -> str:
    """Say in numbers what the figure shows."""
    first, surprisal = next(iter(measured.items()))
    place, least = max(enumerate(surprisal.tokens, 1), key=lambda pair: pair[1].bits)
    costs = ", ".join(
        f"{name} **{one.bits_per_char:.2f}** (perplexity {one.perplexity:,.0f})" for name, one in measured.items()
    )
    skipped = f" Only the last {len(surprisal.tokens):,} tokens are counted." if surprisal.num_skipped else ""
    word = word_around([token.token for token in surprisal.tokens], place - 1)
    piece = f"token {place}" if word == least.token else f"at its piece “{plain(least.token)}”, token {place}"
    return (
        f"Bits per character: {costs}. {first} expected “{plain(word)}”, {piece}, least: "
        f"{least.bits:.1f} bits, one chance in {2 ** min(least.bits, 1000):,.0f}.{skipped}"
    )


def compare_readings(text: str, measured: Mapping[str, Surprisal]) -> str:
    """Return what the first and the second reading cost, of a text that is the same words twice; else nothing."""
    end = end_of_first_reading(text)
    if end is None or any(surprisal.num_skipped for surprisal in measured.values()):
        return ""
    costs = {}
    for name, surprisal in measured.items():
        first = sum(token.bits for token in surprisal.tokens if token.end <= end)
        costs[name] = first, sum(token.bits for token in surprisal.tokens) - first
    told = ", ".join(f"{name} {first:.1f} and **{second:.1f}**" for name, (first, second) in costs.items())
    hardly = f" {HARDLY}" if all(second > COPIED * first for first, second in costs.values()) else ""
    return f"\n\nThe same words twice, first and second reading, in bits: {told}.{hardly}"


def end_of_first_reading(text: str) -> int | None:
    """Find where the first reading ends, in a text that is two words or more and then the same again.

    >>> [end_of_first_reading(text) for text in ("She ran. She ran.", "She ran. He ran.", "no no", "")]
    [8, None, None, None]
    """
    words = list(re.finditer(r"\S+", text))
    half = len(words) // 2
    same = [word[0] for word in words[:half]] == [word[0] for word in words[half:]]
    return words[half - 1].end() if same and half > 1 else None


def colour_surprise(text: str, surprisal: Surprisal) -> Highlights:
    """Cut a text into runs of tokens that were about as surprising; the parts, joined, give it back."""
    names = list(SURPRISE_COLOURS)
    labelled: list[tuple[int, str | None]] = [(surprisal.tokens[0].start, None)]
    labelled += [(token.end, names[sum(token.bits > bound for bound in BOUNDS)]) for token in surprisal.tokens]
    return mark_runs(text, labelled)
