"""What many tests share: a tiny tokenizer, trained here from a few hundred made-up lines."""

import random
from collections.abc import Iterator

import datasets
import pytest
import torch
from accelerate.state import AcceleratorState
from datasets import Dataset
from hypothesis import settings

from rnn_demo.config import TokenizerRecipe
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.vocabulary import train as train_tokenizer

settings.register_profile("unhurried", deadline=None)  # a busy machine is no defect
settings.load_profile("unhurried")

TINY_VOCAB_SIZE = 600
NAMES = ("Ada", "Lovelace", "Babbage", "London", "Paris", "Rome", "Reuters", "Turing", "Berlin", "Iraq")
WORDS = (
    "a after again all an and at bad before best but by came city could day did each even every evening fine film for "
    "from good great had he her his house in into is it its last little long made met morning music never night not of "
    "old on one or other over people played said saw she so some still story that the their then there they thing this "
    "time to two under up very walked was watched water way went were what when where which who with world would year"
)


def tiny_lines(count: int = 400) -> list[str]:
    """Make up lines of English words and names, always the same ones."""
    draw, words = random.Random(0), [*WORDS.split(), *NAMES]
    return [" ".join(draw.choices(words, k=draw.randint(4, 14))).capitalize() + "." for _ in range(count)]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what a fixture tells and `make quick` leaves out: tests that open a browser, or that call a served page."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        for fixture, marker in (("browser", "browser"), ("url", "slow")):
            if fixture in fixtures:
                item.add_marker(marker)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Nothing here is large enough to share out, and on a busy machine two threads wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def datasets_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep what `datasets` prepares from tiny files out of the home folder."""
    datasets.config.HF_DATASETS_CACHE = str(tmp_path_factory.mktemp("datasets-cache"))
    datasets.disable_progress_bars()


@pytest.fixture(autouse=True)
def fresh_accelerate() -> Iterator[None]:
    """Let each test choose its precision: Accelerate keeps the first choice for the whole process."""
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """Train a tokenizer of 600 pieces, by the code that trains the real one."""
    data_dir = tmp_path_factory.mktemp("tokenizer-data")
    (data_dir / "tiny").mkdir()
    Dataset.from_dict({"text": tiny_lines()}).to_parquet(data_dir / "tiny" / "train-00000-of-00001.parquet")
    recipe = TokenizerRecipe(data_dir=data_dir, vocab_size=TINY_VOCAB_SIZE)
    return Tokenizer(train_tokenizer(recipe))
