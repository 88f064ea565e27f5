"""A new cell and a new task, each defined here alone, go from training to the page without an edit elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from serving import call, serve
from tiny import FILM_LABELS, FILM_TEXTS, write_split
from torch import Tensor, nn

import train
from rnn_demo import checkpoint as checkpoint_module
from rnn_demo.cells import CELLS, Cell, Quantity, State
from rnn_demo.checkpoint import TOKENIZER_NAME, CheckpointModel, read_checkpoint
from rnn_demo.config import EncoderConfig, Recipe
from rnn_demo.encoder import Encoder
from rnn_demo.precompute import precompute_checkpoint
from rnn_demo.precompute.held_out import HeldOut
from rnn_demo.precomputed import read_precomputed
from rnn_demo.predictor import Predictor
from rnn_demo.tasks import TASKS, Headline, Task, TaskFunctions
from rnn_demo.tokenizer import EncodedText, Tokenizer
from rnn_demo.training import fit as fit_module
from rnn_demo.training.batching import pad_rows
from rnn_demo.training.fit import fit, network_sizes, open_tokenizer, start_model
from rnn_demo.training.loop import Progress

SIZES = "--steps 2 --batch-size 4 --embed-size 8 --hidden-size 8 --num-layers 1 --precision fp32 --tokenizer TOKENIZER"
TEXT = "It was a good evening"


class MinGRUCell(Cell):
    """The minimal GRU (Feng et al. 2024, arXiv:2410.01201): z ADMITS the new state, and nothing bounds h."""

    state_names = ("h",)
    gate_names = ("update", "candidate")
    quantities = {  # noqa: RUF012
        "h": Quantity("h (hidden state)", bounded=False),
        "update": Quantity("update gate", at_zero="keep", at_one="replace", acts_on="the previous h"),
        "candidate": Quantity("candidate (proposed new h)", bounded=False),
    }

    def __init__(self, input_size: int, hidden_size: int, weight_drop_prob: float = 0.0) -> None:
        super().__init__(input_size, hidden_size, weight_drop_prob)
        self.to_update, self.to_candidate = (nn.Linear(input_size, hidden_size) for _ in range(2))

    def step(self, x_t: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        z_t, n_t = torch.sigmoid(self.to_update(x_t)), self.to_candidate(x_t)
        return ((1 - z_t) * state[0] + z_t * n_t,), {"update": z_t, "candidate": n_t}


class LengthModel(CheckpointModel):
    """Estimate the number of subwords of a text from the last state: a task that nobody needs."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.to_length = nn.Linear(config.hidden_size, 1)

    def forward(self, token_ids: Tensor, lengths: Tensor) -> Tensor:
        outputs = self.encoder(token_ids).outputs
        return self.to_length(outputs[torch.arange(len(outputs)), lengths - 1])[:, 0]


class LengthEstimator(Predictor):
    """Answer for the task."""

    task = "length"
    model_class = LengthModel

    def encode(self, text: str) -> EncodedText:
        return EncodedText(text, self.tokenizer.prefix_ids(None), self.tokenizer.encode_with_spans(text))


@dataclass(frozen=True, kw_only=True)
class LengthRecipe(Recipe):
    """Train an estimator of lengths."""

    dataset: str = "imdb"
    """Data set with texts."""


class LengthObjective:
    """The mean squared error."""

    metric, higher_is_better, chosen_on = "error", False, "imdb/train"

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.rows = tokenizer.encode_many(FILM_TEXTS)

    def batch_at(self, step: int, rank: int, world: int) -> dict[str, Tensor]:
        token_ids, lengths = pad_rows(self.rows, 0)
        return {"token_ids": torch.from_numpy(token_ids), "lengths": torch.from_numpy(lengths)}

    def loss(self, model: nn.Module, batch: dict[str, Tensor], state: State | None) -> tuple[Tensor, State | None]:
        return nn.functional.mse_loss(model(**batch), batch["lengths"].float()), None

    def num_tokens(self, batch: dict[str, Tensor]) -> int:
        return int(batch["lengths"].sum())

    def validate(self, model: LengthModel) -> dict[str, float]:
        return {"error": float(self.loss(model, self.batch_at(0, 0, 1), None)[0])}

    def finish(self, model: LengthModel) -> None:
        """Leave the weights unchanged."""


def train_length(recipe: LengthRecipe, on_progress: Callable[[Progress], None]) -> Path | None:
    tokenizer = open_tokenizer(recipe)
    model = start_model(LengthModel, EncoderConfig(**network_sizes(recipe, tokenizer)), recipe)
    return fit("length", model, tokenizer, LengthObjective(tokenizer), recipe, ["imdb/train"], on_progress)


def evaluate_length(folder: Path, dataset: str, split: str, data_dir: Path | None, case: str) -> dict[str, Any]:
    objective = LengthObjective(Tokenizer.from_file(folder / TOKENIZER_NAME))
    with torch.no_grad():
        return objective.validate(LengthModel.load(folder))


LENGTH = Task(
    title="length",
    predictor=LengthEstimator,
    recipe=LengthRecipe,
    functions=lambda: TaskFunctions(train_length, evaluate_length, lambda data_dir: FILM_TEXTS),
    chosen_by="squared error on",
    headlines=(Headline("imdb/test", "error", higher_is_better=False),),
)


@pytest.fixture
def place(tokenizer, tmp_path, monkeypatch):
    """Lay out data sets, a tokenizer and an empty folder of checkpoints, and work there."""
    data_dir, checkpoints = tmp_path / "data", tmp_path / "checkpoints"
    for split in ("train", "validation"):
        write_split(data_dir, "english_novels", split, text=["It was a good evening, said Ada.\n" * 40])
        words = {"tokens": [["Ada", "met", "Babbage"]] * 4, "ner_tags": [["B-PER", "O", "B-PER"]] * 4}
        write_split(data_dir, "conll2003", split, **words)
    for name in ("imdb", "sst2", "sst5"):
        write_split(data_dir, name, "train", text=FILM_TEXTS[:3] * 14, label=FILM_LABELS[:3] * 14)
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / TOKENIZER_NAME).write_bytes(tokenizer.model_proto)
    for module in (checkpoint_module, fit_module):
        monkeypatch.setattr(module, "CHECKPOINTS_DIR", checkpoints)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(place: Path, command: str) -> None:
    train.parse_and_run(command.replace("TOKENIZER", str(place / "tokenizer")).split())


def from_training_to_page(place: Path, command: str, folder: Path, split: str) -> tuple[str, dict[str, Any]]:
    """Train, measure and precompute; return the page's components as text, and what an endpoint answers."""
    data = f"--data-dir {place / 'data'}"
    run(place, f"{command} {SIZES} {data}")
    dataset, split_name = split.split("/")
    run(place, f"evaluate {folder} --dataset {dataset} --split {split_name} {data} --record")
    predictor = TASKS[read_checkpoint(folder).task].predictor.load(folder)
    precompute_checkpoint(folder, predictor, HeldOut(place / "data"), (), lambda name: None)
    assert {"units", "basis"} <= set(read_precomputed(folder).entries)
    with serve(folder.parent) as url:
        events = call(url, "trace_hidden_states", {"text": TEXT, "model": folder.name}, named=True)
        gates = call(url, "trace_hidden_states", {"text": TEXT, "model": folder.name, "part": "update"}, named=True)
        assert (gates[-1][0] == "complete") == ("update" in predictor.model.encoder.cells[0].gate_names)
        return httpx.get(f"{url}config").text, events[-1][1][0]


def test_a_cell_without_a_kernel_needs_a_class_and_a_line(place, monkeypatch):
    monkeypatch.setitem(CELLS, "mingru", MinGRUCell)
    folder = place / "checkpoints" / "lm-mingru"
    command = "lm --cell mingru --datasets english_novels --seq-len 5"
    page, trace = from_training_to_page(place, command, folder, "english_novels/validation")
    assert "MINGRU cells" in (folder / "README.md").read_text()
    assert page.count("update gate (0 = keep, 1 = replace)") >= 2  # Hidden states and Units
    assert "stays within -1 and 1" not in page  # nothing bounds h
    assert len(trace["states"][0]) == 8
    assert trace["basis"] == "held-out texts"


def test_a_task_needs_a_module_and_an_entry(place, monkeypatch):
    monkeypatch.setitem(TASKS, "length", LENGTH)
    folder = place / "checkpoints" / "length-gru"
    page, trace = from_training_to_page(place, "length --cell gru", folder, "imdb/test")
    card = (folder / "README.md").read_text()
    assert "| weights chosen by | squared error on imdb/train: " in card
    assert "| error | " in card
    assert '"length, gru"' in page  # a row of the Models tab
    assert page.count('"length-gru"') >= 3
    assert len(trace["states"][0]) == 8
    assert trace["basis"] == "held-out texts"


def test_the_words_of_an_unknown_task_are_refused(place):
    with pytest.raises(ValueError, match="unknown task 'length'"):
        HeldOut(place / "data").texts("length")
