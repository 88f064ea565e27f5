"""From a recipe to a folder: the command on the card, and two processes that train as one."""

import json
import os
import socket
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
from tiny import write_split

from rnn_demo.entities.config import EntityRecipe
from rnn_demo.errors import CheckpointError, InputError
from rnn_demo.language.config import LanguageRecipe
from rnn_demo.language.train import train
from rnn_demo.sentiment.config import SentimentRecipe
from rnn_demo.training.fit import command_line, open_tokenizer

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("task", "recipe", "expected"),
    [
        ("lm", LanguageRecipe(), "python train.py lm --minutes 20.0"),
        (
            "lm",
            LanguageRecipe(steps=5, resume=True, num_threads=2, runs_dir=Path("/r")),
            "python train.py lm --steps 5",
        ),
        (
            "sentiment",
            SentimentRecipe(
                init_from="lm-lstm", minutes=3, datasets=("imdb", "my own"), output_dir=Path("/a/sentiment-lstm")
            ),
            "python train.py sentiment --init-from lm-lstm --minutes 3 --datasets imdb 'my own'",
        ),
        (
            "lm",
            LanguageRecipe(characters=True, steps=3, output_dir=Path("/a/verse-lstm")),
            "python train.py lm --steps 3 --characters --output-dir checkpoints/verse-lstm",
        ),
        (
            "ner",
            EntityRecipe(steps=3, init_from="/a/lm-lstm", backward_from="../b/lm-backward"),
            "python train.py ner --init-from lm-lstm --steps 3 --backward-from ../b/lm-backward",
        ),
    ],
)
def test_the_command_on_the_card_is_what_was_not_the_default(task, recipe, expected):
    assert command_line(task, recipe) == expected


def test_names_are_checked_before_anything_is_read():
    with pytest.raises(InputError, match=r"unknown cell 'gur'; choose one of rnn, gru, lstm .*'gru'"):
        open_tokenizer(LanguageRecipe(cell="gur"))
    with pytest.raises(CheckpointError, match="there is no checkpoint 'lm-nothing'"):
        open_tokenizer(LanguageRecipe(init_from="lm-nothing"))


@pytest.mark.slow
def test_two_processes_train_as_one(tokenizer, tmp_path):
    text = "It was a good evening and she walked to the old city to see the water.\n" * 400
    write_split(tmp_path / "data", "english_novels", "train", text=[text])
    write_split(tmp_path / "data", "english_novels", "validation", text=[text[:700]])
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer.model").write_bytes(tokenizer.model_proto)
    settings = {"steps": 6, "batch_size": 4, "seq_len": 6, "lr": 0.02, "validate_every": 3, "precision": "fp32"}
    settings |= {"embed_size": 8, "hidden_size": 8, "data_dir": tmp_path / "data", "tokenizer": tmp_path / "tokenizer"}
    settings |= {"datasets": "english_novels"}

    def places(name):
        return {"output_dir": tmp_path / name, "runs_dir": tmp_path / f"runs-{name}"}

    train(LanguageRecipe(**{**settings, "datasets": ("english_novels",)}, **places("one")), lambda progress: None)
    flags = [[f"--{name.replace('_', '-')}", str(value)] for name, value in {**settings, **places("two")}.items()]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    launch = ["--multi_gpu", "--num_processes", "2", "--num_machines", "1", "--num_cpu_threads_per_process", "1"]
    launch += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", str(port)]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HOME": str(tmp_path / "hf")}
    env |= {"ACCELERATE_USE_CPU": "true", "CUDA_VISIBLE_DEVICES": ""}  # on the CPU, by gloo, whatever stands here
    words = [sys.executable, "-m", "accelerate.commands.launch", *launch, "train.py", "lm", *chain(*flags)]
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"wrote {tmp_path / 'two'}\n"
    assert "2 process(es)" in done.stderr
    logs = [tmp_path / f"runs-{name}" / name / "metrics.jsonl" for name in ("one", "two")]
    one, two = ([json.loads(line) for line in log.read_text().splitlines()] for log in logs)
    for expected, found in zip(one, two, strict=True):
        assert found["step"] == expected["step"]
        assert found["loss_nats"] == pytest.approx(expected["loss_nats"], rel=1e-3)
        assert found["nats_per_token"] == pytest.approx(expected["nats_per_token"], rel=1e-3)
    assert two[-1]["nats_per_token"] < two[0]["nats_per_token"]
    trainings = [json.loads((tmp_path / name / "config.json").read_text())["training"] for name in ("one", "two")]
    assert trainings[0]["tokens"] == trainings[1]["tokens"] == 6 * 4 * 6
