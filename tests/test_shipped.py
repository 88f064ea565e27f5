"""Each shipped checkpoint reaches a floor on hand-written texts, and its random-init baseline does not."""

import random
from itertools import combinations

import pytest
import torch
from shipped_examples import MENTIONS, OPINIONS, PROMPTS, SENTENCES

import rnn_demo
from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import CHECKPOINTS_DIR, read_checkpoint, reads_backward, shipped_checkpoints
from rnn_demo.comparison import choose_by_cell, trained_alike
from rnn_demo.domains import domains_of
from rnn_demo.language.evaluate import count_losses
from rnn_demo.microscope.baseline import random_init_baseline
from rnn_demo.precomputed import read_precomputed
from rnn_demo.predictor import Predictor
from rnn_demo.tasks import TASKS

pytestmark = pytest.mark.shipped

FLOORS = {"lm": 0.9, "sentiment": 0.8, "ner": 0.7}
"""The share of right answers (lm, sentiment) or the F1 (ner), in [0, 1]."""


@torch.inference_mode()
def prefers_sentences(predictor: Predictor) -> float:
    rng = random.Random(0)

    def nats(text: str) -> float:
        return count_losses(predictor.model, [predictor.encode(text).token_ids])[0]

    right = 0
    for sentence in SENTENCES:
        words = sentence.split()
        shuffled = rng.sample(words, len(words))
        right += nats(sentence) < nats(" ".join(shuffled))
    return right / len(SENTENCES)


def sides_with_opinions(predictor: Predictor) -> float:
    scores = predictor.predict([text for text, _ in OPINIONS])
    return sum((s.score > 0.5) == (label == "positive") for s, (_, label) in zip(scores, OPINIONS, strict=True)) / len(
        OPINIONS
    )


def finds_mentions(predictor: Predictor) -> float:
    tagged = predictor.predict([text for text, _ in MENTIONS])
    entities = [{(e.label, t.text[e.start : e.end]) for e in t.entities} for t in tagged]
    right = sum(len(f & expected) for f, (_, expected) in zip(entities, MENTIONS, strict=True))
    return 2 * right / (sum(map(len, entities)) + sum(len(expected) for _, expected in MENTIONS))


ANSWERING = [name for name in shipped_checkpoints() if not reads_backward(CHECKPOINTS_DIR / name)]
"""A backward language model answers nothing; it lends its weights to taggers."""
MEASURES = {"lm": prefers_sentences, "sentiment": sides_with_opinions, "ner": finds_mentions}


@pytest.mark.parametrize("name", ANSWERING)
def test_shipped_checkpoint_reaches_its_floor(name: str) -> None:
    predictor = rnn_demo.load(name)
    assert MEASURES[predictor.task](predictor) >= FLOORS[predictor.task]


@pytest.mark.parametrize("name", ANSWERING)
def test_random_init_baseline_is_below_the_floor(name: str) -> None:
    predictor = random_init_baseline(rnn_demo.load(name))
    assert MEASURES[predictor.task](predictor) < FLOORS[predictor.task]


@pytest.mark.parametrize("name", ANSWERING)
def test_shipped_checkpoint_is_studied_and_the_study_is_of_these_weights(name: str) -> None:
    task = read_checkpoint(CHECKPOINTS_DIR / name).task
    of_task = {"lm": {"sentiment_direction"}, "sentiment": {"fixed_points"}}.get(task, set())
    assert set(read_precomputed(CHECKPOINTS_DIR / name).entries) == {"basis", "units", *of_task}


def test_a_prompt_is_continued_in_its_domain() -> None:
    def share_right(predictor: Predictor) -> float:
        known = domains_of(predictor.checkpoint.data)
        right = [predictor.likeliest_domain(text) == domain for text, domain in PROMPTS if domain in known]
        return sum(right) / len(right)

    predictor = rnn_demo.load("lm-lstm")
    assert share_right(predictor) >= 0.8
    assert share_right(random_init_baseline(predictor)) < 0.8


@pytest.mark.parametrize("task", TASKS)
def test_the_three_cells_are_compared_on_equal_terms(task: str) -> None:
    shipped = {name: read_checkpoint(CHECKPOINTS_DIR / name) for name in shipped_checkpoints()}
    chosen = choose_by_cell({name: one for name, one in shipped.items() if one.task == task})
    assert list(chosen) == list(CELLS)
    assert trained_alike([shipped[name] for name in chosen.values()])


def test_a_checkpoint_of_each_task_is_shipped() -> None:
    assert {read_checkpoint(CHECKPOINTS_DIR / name).task for name in shipped_checkpoints()} >= set(FLOORS)


@pytest.mark.parametrize(
    ("name", "prompts"),
    [
        ("lm-lstm", ("The movie was", "My brother is a doctor and", "Oil prices fell on Monday after")),
        ("shakespeare-lstm", ("My favourite food is", "The meaning of life is", "ROMEO:")),
    ],
)
def test_two_prompts_agree_in_place_no_more_than_two_seeds(name: str, prompts: tuple[str, ...]) -> None:
    """With the seed alone as their noise, different prompts went on with the same words."""
    predictor = rnn_demo.load(name)

    def agreement(first: list[int], second: list[int]) -> float:
        return sum(map(int.__eq__, first, second)) / min(len(first), len(second))

    def written(prompt: str, seed: int) -> list[int]:
        return [token.token_id for token in predictor.generate(prompt, max_new_tokens=40, seed=seed).tokens]

    of_prompts = [
        agreement(*texts) for seed in range(2) for texts in combinations([written(p, seed) for p in prompts], 2)
    ]
    of_seeds = [agreement(*texts) for p in prompts for texts in combinations([written(p, s) for s in range(3)], 2)]
    assert sum(of_prompts) / len(of_prompts) <= sum(of_seeds) / len(of_seeds) + 0.02


@pytest.mark.parametrize("name", ["lm-lstm", "shakespeare-lstm"])
def test_greedy_text_does_not_loop(name: str) -> None:
    """Without a penalty, 46 % (lm-lstm) and 75 % (shakespeare-lstm) of the runs of six words are repeats."""
    predictor = rnn_demo.load(name)
    for prompt in ("It was", "The king and the queen were"):
        words = predictor.generate(prompt, max_new_tokens=200, temperature=0).text.split()
        runs = [tuple(words[i : i + 6]) for i in range(len(words) - 5)]
        assert len(set(runs)) > 0.9 * len(runs)


def test_a_trailing_space_is_followed_by_a_word() -> None:
    predictor = rnn_demo.load("lm-lstm")
    listed = predictor.next_tokens("The king and the queen were ", k=3)
    assert [c.token for c in listed] == [
        c.token.strip() for c in predictor.next_tokens("The king and the queen were", k=3)
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Jean\u2010Michel Basquiat painted in New York.", {"Jean\u2010Michel Basquiat", "New York"}),
        ("Jean\u2011Michel Basquiat painted in New York.", {"Jean\u2011Michel Basquiat", "New York"}),
        ("John Smith\tMary Jones", {"John Smith", "Mary Jones"}),
        ("John\nSmith", {"John\nSmith"}),
        ("John\r\nSmith went to\r\nNew\r\nYork.", {"John\r\nSmith", "New\r\nYork"}),
        ("London\nParis\nRome", {"London", "Paris", "Rome"}),
        ("👍", set()),
        ("\u200b", set()),
    ],
)
def test_names_are_found_as_they_are_typed(text: str, names: set[str]) -> None:
    (tagged,) = rnn_demo.load("ner-lstm").predict([text])
    assert {text[entity.start : entity.end] for entity in tagged.entities} == names
