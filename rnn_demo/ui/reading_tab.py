"""Reading: the surprisal of each word of a text under each language model."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from rnn_demo.microscope.surprisal import Surprisal
from rnn_demo.plots import Figure, draw_surprisal
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import LATEST, build_request_counter, clears_on_empty, shows_errors
from rnn_demo.ui.shared.examples import READING_TEXTS, on_pick
from rnn_demo.ui.shared.export import build_export, build_table_export, require_displayed
from rnn_demo.ui.shared.highlights import plain
from rnn_demo.ui.shared.layout import TabFields, build_text_input
from rnn_demo.ui.shared.marked_text import Mark, legend, mark_text
from rnn_demo.ui.shared.problems import build_problems
from rnn_demo.ui.shared.theme import SURPRISE_COLOURS
from rnn_demo.words import Word, each_token, sums, words_of

INTRO = (
    "How surprised is a language model by each word? **Look for the word that does not fit, and at the same words when "
    "they are read again.**"
)
EXPLANATION = (
    "Surprisal is measured in bits: one more each time a word's probability halves. A word of several subwords costs "
    "the sum of theirs."
)
BOUNDS = (2, 6, 10)
"""Bits at which one colour gives way to the next."""
MOST_BITS = 1000
"""Beyond it a probability is no float; only random weights come near it."""
COPIED = 2 / 3
"""A second reading that costs a smaller share of the first was partly copied."""
NOT_COPIED = "A model that copied would predict the repetition almost perfectly; these do not."

Request = tuple[str, str, bool, bool]
"""A text, the model that colours it, and whether subwords are shown and the text is remembered."""


def build_reading_tab(service: Service) -> TabFields | None:
    """Lay out the tab."""
    build_problems(service.store, "lm")
    models = service.store.choices("lm")
    if not models:
        return None
    titles = {name: title for title, name in models}
    cells = {title: service.store.find(name).checkpoint.cell for title, name in models}

    def measure(text: str, model: str, subwords: bool, cache: bool) -> dict[str, Surprisal]:
        return {name: service.surprisal(text, name, cache) for name in service.store.names_alike(model)}

    def measure_words(
        text: str, model: str, subwords: bool, cache: bool
    ) -> tuple[Sequence[Word], dict[str, list[float]]]:
        measured = measure(text, model, subwords, cache)
        words = (each_token if subwords else words_of)(measured[model].tokens)
        return words, {titles[name]: bits_of(words, surprisal) for name, surprisal in measured.items()}

    @shows_errors
    @clears_on_empty(None, None, None, None)
    def read(text: str, model: str, subwords: bool, cache: bool) -> tuple[str, Figure, str, Request]:
        request = text, model, subwords, cache
        words, bits = measure_words(*request)
        measured = {titles[name]: surprisal for name, surprisal in measure(*request).items()}
        marked = colour_surprise(text, words, bits[titles[model]])
        summary = describe(words, bits, measured, cells) + compare_readings(text, measured)
        if cache:
            alone = measure(text, model, subwords, False)
            summary += describe_cache({titles[name]: surprisal for name, surprisal in alone.items()}, measured)
        return marked, draw_surprisal([word.text for word in words], bits, cells), summary, request

    def table(request: Request | None) -> list[Sequence[Any]]:
        words, bits = measure_words(*require_displayed(request, "press Read"))
        headers = ["word", "start", "end", *(f"bits, {title}" for title in bits)]
        rows = zip(words, *bits.values(), strict=True)
        return [headers, *([word.text.strip(), word.start, word.end, *costs] for word, *costs in rows)]

    first_marked, first_lines, first_summary, first_request, _ = read(READING_TEXTS[0], models[0][1], False, False)

    text, model, start, examples, note = build_text_input(
        INTRO, READING_TEXTS, "Read", models, model_label="Colour the text by"
    )
    marked = gr.HTML(first_marked, elem_id="surprises")
    lines = gr.Plot(first_lines, show_label=False, elem_id="surprisal")
    summary = gr.Markdown(first_summary, elem_id="surprisal-summary")
    request = gr.State(first_request)  # the textbox may have changed since
    with gr.Row(elem_classes="settings"):
        subwords = gr.Checkbox(label="Show subwords", container=False, min_width=0, scale=0)
        cache = gr.Checkbox(label="Remember this text (neural cache)", container=False, min_width=0, scale=0)
        build_export(lambda request: measure(*require_displayed(request, "press Read")), request, "reading.json")
        build_table_export(table, request, "reading.csv")
    gr.Markdown(EXPLANATION, elem_classes="explanation")

    counter = build_request_counter()
    triggers = [start.click, text.submit, model.input, subwords.input, cache.input, counter.change]
    gr.on(triggers, read, [text, model, subwords, cache], [marked, lines, summary, request, note], **LATEST)
    on_pick(examples, text, counter)
    return TabFields(counter, text, {"model": model})


def bits_of(words: Sequence[Word], surprisal: Surprisal) -> list[float]:
    """Return the surprisal of each word under a model with the same subwords."""
    return sums(words, [token.bits for token in surprisal.tokens])


def describe(
    words: Sequence[Word],
    bits: Mapping[str, Sequence[float]],
    measured: Mapping[str, Surprisal],
    cells: Mapping[str, str],
) -> str:
    """Return which word surprised the first model most, and what each model pays for the text.

    Args:
        words: of the text.
        bits: model -> of each word.
        measured: model -> surprisal of the text.
        cells: model -> cell.
    """
    model, costs = next(iter(bits.items()))
    cost, word = max(zip(costs, words, strict=True), key=lambda pair: pair[0])
    num_skipped = measured[model].num_skipped
    skipped = f" Only the last {len(measured[model].tokens):,} subwords are counted." if num_skipped else ""
    per_char = "; ".join(
        f"{name} **{each.bits_per_char:.2f}** (perplexity {each.perplexity:,.0f})" for name, each in measured.items()
    )
    return (
        f"The {cells[model].upper()} found “{plain(word.text)}” most surprising: **{odds(cost)}** ({cost:.1f} bits). "
        f"Bits per character, lower is better: {per_char}.{skipped}"
    )


def describe_cache(alone: Mapping[str, Surprisal], cached: Mapping[str, Surprisal]) -> str:
    """Return what the cache changes; both map models to the surprisal of the same text."""
    changes = "; ".join(
        f"{name} {each.bits_per_char:.2f} to **{cached[name].bits_per_char:.2f}**" for name, each in alone.items()
    )
    return f"\n\nThe cache makes likelier what this text has already said. Bits per character: {changes}."


def odds(bits: float) -> str:
    """Return a probability as 1 in N.

    >>> odds(0.1), odds(13.07), odds(5000)
    ('1 in 1.1', '1 in 8,599', '1 in more than 10^300')
    """
    if bits > MOST_BITS:
        return "1 in more than 10^300"
    return f"1 in {2**bits:,.0f}" if bits > 3 else f"1 in {2**bits:.1f}"


def compare_readings(text: str, measured: Mapping[str, Surprisal]) -> str:
    """Return what the first and the second reading cost, where a text is the same words twice; else nothing."""
    end = end_of_first_reading(text)
    if end is None or any(surprisal.num_skipped for surprisal in measured.values()):
        return ""
    costs = {}
    for name, surprisal in measured.items():
        first = sum(token.bits for token in surprisal.tokens if token.end <= end)
        costs[name] = first, sum(token.bits for token in surprisal.tokens) - first
    readings = "; ".join(f"{name} {first:.1f} and **{second:.1f}**" for name, (first, second) in costs.items())
    not_copied = f" {NOT_COPIED}" if all(second > COPIED * first for first, second in costs.values()) else ""
    return f"\n\nThe text repeats itself. Bits of the first and the second reading: {readings}.{not_copied}"


def end_of_first_reading(text: str) -> int | None:
    """Return where the first reading ends, in a text that is two words or more and then the same words again.

    >>> [end_of_first_reading(text) for text in ("She ran. She ran.", "She ran. He ran.", "no no", "")]
    [8, None, None, None]
    """
    words = list(re.finditer(r"\S+", text))
    half = len(words) // 2
    same = [word[0] for word in words[:half]] == [word[0] for word in words[half:]]
    return words[half - 1].end() if same and half > 1 else None


def colour_surprise(text: str, words: Sequence[Word], bits: Sequence[float]) -> str:
    """Return a text as HTML, each word coloured by its bits, which stand in the note."""
    marks = (
        Mark(
            word.start, word.end, f"surprise-{sum(cost > bound for bound in BOUNDS)}", f"{cost:.1f} bits: {odds(cost)}"
        )
        for word, cost in zip(words, bits, strict=True)
    )
    return mark_text(text, marks) + legend((f"surprise-{i}", name) for i, name in enumerate(SURPRISE_COLOURS))
