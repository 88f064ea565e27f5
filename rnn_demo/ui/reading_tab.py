"""Reading: the surprisal of each token of a text under each language model."""

import re
from collections.abc import Mapping

import gradio as gr

from rnn_demo.microscope.surprisal import Surprisal
from rnn_demo.plots import Figure, draw_surprisal
from rnn_demo.plots.surprisal import word_around
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import LATEST, build_note, build_request_counter, clears_on_empty, shows_errors
from rnn_demo.ui.shared.examples import READING_TEXTS, build_examples, on_pick
from rnn_demo.ui.shared.export import build_export, require_displayed
from rnn_demo.ui.shared.highlights import Highlights, mark_runs, plain
from rnn_demo.ui.shared.problems import build_problems
from rnn_demo.ui.shared.theme import SURPRISE_COLOURS

INTRO = (
    "How surprised is a language model by each token? Surprisal is measured in bits: one more each time the token's "
    "probability halves. **Look for the word that does not fit, and at the cost of the same words when they are read "
    "again.**"
)
BOUNDS = (2, 6, 10)
"""Bits at which one colour gives way to the next."""
COPIED = 2 / 3
"""A second reading that costs a smaller share of the first was partly copied."""
NOT_COPIED = "A model that copied would predict the repetition almost perfectly; these do not."


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
    @clears_on_empty(None, None, None, None)
    def read(text: str, model: str) -> tuple[str, Figure, Highlights, tuple[str, str]]:
        measured = measure(text, model)
        summary = describe(measured) + compare_readings(text, measured)
        return summary, draw_surprisal(measured, cells), colour_surprise(text, measured[model]), (text, model)

    first_summary, first_lines, first_marks, first_request, _ = read(READING_TEXTS[0], models[0])

    gr.Markdown(INTRO)
    text = gr.Textbox(READING_TEXTS[0], label="Text", lines=2, max_lines=12)
    note = build_note()
    examples = build_examples(text, READING_TEXTS)
    with gr.Row():
        model = gr.Dropdown(models, value=models[0], label="Colour the text by", filterable=False)
        start = gr.Button("Read", variant="primary")
    summary = gr.Markdown(first_summary, elem_id="surprisal-summary")
    lines = gr.Plot(first_lines, show_label=False, elem_id="surprisal")
    request = gr.State(first_request)  # the textbox may have changed since
    build_export(lambda request: measure(*require_displayed(request, "press Read")), request, "surprisal.json")
    marked = gr.HighlightedText(
        first_marks,
        label="The text, coloured by surprisal",
        color_map=SURPRISE_COLOURS,
        show_legend=True,
        show_inline_category=False,
        elem_id="surprises",
    )

    counter = build_request_counter()
    triggers = [start.click, text.submit, model.input, counter.change]
    gr.on(triggers, read, [text, model], [summary, lines, marked, request, note], **LATEST)
    on_pick(examples, text, counter)


def describe(measured: Mapping[str, Surprisal]) -> str:
    """Return what each model pays per character, and which token surprised the first model most."""
    first, surprisal = next(iter(measured.items()))
    number, token = max(enumerate(surprisal.tokens, 1), key=lambda pair: pair[1].bits)
    costs = ", ".join(
        f"{name} **{each.bits_per_char:.2f}** (perplexity {each.perplexity:,.0f})" for name, each in measured.items()
    )
    skipped = f" Only the last {len(surprisal.tokens):,} tokens are counted." if surprisal.num_skipped else ""
    word = word_around([token.token for token in surprisal.tokens], number - 1)
    subword = "" if word == token.token else f"subword “{plain(token.token)}”, "
    return (
        f"Bits per character: {costs}. {first} was most surprised by “{plain(word)}” ({subword}token {number}): "
        f"{token.bits:.1f} bits, a probability of 1 in {2 ** min(token.bits, 1000):,.0f}.{skipped}"
    )


def compare_readings(text: str, measured: Mapping[str, Surprisal]) -> str:
    """Return what the first and the second reading cost, where a text is the same words twice; else nothing."""
    end = end_of_first_reading(text)
    if end is None or any(surprisal.num_skipped for surprisal in measured.values()):
        return ""
    costs = {}
    for name, surprisal in measured.items():
        first = sum(token.bits for token in surprisal.tokens if token.end <= end)
        costs[name] = first, sum(token.bits for token in surprisal.tokens) - first
    readings = ", ".join(f"{name} {first:.1f} and **{second:.1f}**" for name, (first, second) in costs.items())
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


def colour_surprise(text: str, surprisal: Surprisal) -> Highlights:
    """Cut a text into runs of tokens with about the same surprisal; joined, the parts are the text."""
    names = list(SURPRISE_COLOURS)
    labelled: list[tuple[int, str | None]] = [(surprisal.tokens[0].start, None)]
    labelled += [(token.end, names[sum(token.bits > bound for bound in BOUNDS)]) for token in surprisal.tokens]
    return mark_runs(text, labelled)
