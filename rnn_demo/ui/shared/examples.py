"""The example texts of the tabs; each tab opens with the first of its list."""

from collections.abc import Sequence

import gradio as gr

from rnn_demo.ui.shared.events import INSTANT, count_request

PROMPTS = (
    "Once upon a time there was a little fox who",
    "It was a dark and stormy night, and",
    "I have seen this film three times, and",
    "“My dear Mr. Holmes,” said she,",
    "The captain looked at the sea and",
    "LONDON, March 3 - Oil prices",
)
CELL_TEXTS = (
    "I expected nothing, but in the end I loved it.",
    "The film was not good, it was great.",
    "The keys the old man lost were found.",
    "one two one two",
)
SENTIMENT_TEXTS = (
    "The first hour drags, but I loved every minute of the end.",
    "The acting is wonderful, but the story is a mess.",
    "The story is a mess, but the acting is wonderful.",
    "Isn't it great? The best comedy in years.",
)
ENTITY_TEXTS = (
    "Bill Gates of Microsoft met the European Commission in London.",
    "Paris Hilton lives in Paris.",
    "Ford said on Monday that Harrison Ford would visit Ford in Detroit.",
    "Nothing could stop Madison. President James Madison signed the bill.",
    "PAKISTAN CAPTAIN WASIM AKRAM ARRIVES IN LONDON",
)
MEMORY_TEXTS = (
    "I did not expect much from this film, with its tired plot and its long silences, but by the time the old man "
    "reached the sea and the music began I had forgotten all of that, and when the lights went on I was still sitting "
    "there, thinking of nothing else.",
    "The keys that the woman who lived next to the men had lost were found.",
    "one two three four five six seven eight nine ten one two three four five six seven eight nine ten",
)
READING_TEXTS = (
    "The old man sat by the fire and smoked his elephant. The old man sat by the fire and smoked his elephant.",
    "She opened the door and went into the room. She opened the door and went into the room.",
    "The dogs that the man saw was barking.",
    "I have seen this film three times, and I loved every minute of it.",
)
HIDDEN_TEXTS = (
    "The film was not good, it was great.",
    "The old man sat by the fire and the fire went out.",
    "one two three one two three one two three",
    "Barack Obama flew from Chicago to Berlin.",
)
UNIT_TEXTS = (
    '"I have never been to London," said the old man, and he shut the door. "It is too far, and I am too old."',
    "The first half was not good, not funny and not even loud. The second half was a joy.",
    "In 1914 Dr. Watson (who was then 62) met Mr. Holmes at Baker Street.",
    "one two three four five six seven eight nine ten",
)

PAIRS = {
    "not bad / not good": ("The film was not bad.", "The film was not good."),
    "what comes last": (
        "The acting is wonderful, but the story is a mess.",
        "The story is a mess, but the acting is wonderful.",
    ),
    "a person / a place": ("Paris Hilton was quiet on Monday.", "Paris was quiet on Monday."),
}
"""Name -> two texts that differ in little."""


def build_examples(textbox: gr.Textbox, texts: Sequence[str]) -> gr.Dataset:
    """Lay out texts that a click puts into a textbox, in one line that scrolls."""
    return gr.Dataset(
        components=[textbox],
        samples=[[text] for text in texts],
        label="Or try one of these",
        show_label=False,
        elem_classes="examples",
    )


def on_pick(examples: gr.Dataset, textbox: gr.Textbox, counter: gr.Number) -> None:
    """Put the clicked example into the textbox, then raise the counter."""
    count_request(examples.click(pick, examples, textbox, **INSTANT), counter)


def pick(sample: list[str]) -> str:
    """Return the text of an example."""
    return sample[0]
