"""A full disk, a kill and a stop between two renames leave what was there, whole."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny import checkpoint_of, language_model

from rnn_demo import storage
from rnn_demo.checkpoint import CONFIG_NAME, record_metrics, save_checkpoint
from rnn_demo.language.write import Writer
from rnn_demo.storage import replace_file, replace_folder, replace_text, take_back

SAVE_AGAIN_AND_AGAIN = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tiny import checkpoint_of, language_model
from rnn_demo.checkpoint import save_checkpoint
from rnn_demo.tokenizer import Tokenizer
folder, tokenizer = Path(sys.argv[2]), Tokenizer.from_file(Path(sys.argv[3]))
model = language_model(tokenizer.vocab_size)
while True:
    save_checkpoint(folder, model, tokenizer, checkpoint_of("lm"))
    print("saved", flush=True)
"""


@pytest.fixture
def full_disk(monkeypatch):
    """A disk that is full when the names and bytes are to be made lasting."""

    def fail(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(storage.os, "fsync", fail)


def save(folder, tokenizer):
    save_checkpoint(folder, language_model(tokenizer.vocab_size), tokenizer, checkpoint_of("lm"))


def test_a_file_is_replaced_and_nothing_is_left_aside(tmp_path):
    replace_text(tmp_path / "a.json", "1")
    replace_text(tmp_path / "a.json", "2")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.json": "2"}


def test_a_full_disk_leaves_the_earlier_file_and_the_earlier_checkpoint(tmp_path, tokenizer, request):
    folder = tmp_path / "lm-lstm"
    save(folder, tokenizer)
    config = (folder / CONFIG_NAME).read_bytes()
    replace_text(tmp_path / "a.json", "1")
    request.getfixturevalue("full_disk")
    with pytest.raises(OSError, match="No space left"):
        replace_text(tmp_path / "a.json", "2")
    with pytest.raises(OSError, match="No space left"):
        record_metrics(folder, "a/test", {"perplexity": 1.0})
    with pytest.raises(OSError, match="No space left"):
        save(folder, tokenizer)
    assert (tmp_path / "a.json").read_text() == "1"
    assert (folder / CONFIG_NAME).read_bytes() == config
    assert not list(folder.glob("*.new"))
    assert Writer.load(folder).generate("A", max_new_tokens=2).prompt == "A"


def test_a_file_that_cannot_be_written_to_its_end_does_not_appear(tmp_path):
    def stop_half_way(aside: Path) -> None:
        aside.write_text("ha")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "weights", stop_half_way)
    assert list(tmp_path.iterdir()) == []


def test_a_stop_between_the_renames_is_undone(tmp_path, monkeypatch):
    folder, new = tmp_path / "model", tmp_path / "model.new"
    for path, text in ((folder, "old"), (new, "new")):
        path.mkdir()
        (path / "text").write_text(text)
    rename = Path.rename

    def stop_at_the_second(self, target):
        if self == new:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        replace_folder(new, folder)
    monkeypatch.undo()
    assert not folder.exists()
    take_back(folder)
    assert (folder / "text").read_text() == "old"
    replace_folder(new, folder)
    assert {path.name for path in tmp_path.iterdir()} == {"model"}
    assert (folder / "text").read_text() == "new"


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_a_checkpoint_that_loads(tmp_path, tokenizer):
    folder, proto = tmp_path / "lm-lstm", tmp_path / "tokenizer.model"
    proto.write_bytes(tokenizer.model_proto)
    command = [sys.executable, "-c", SAVE_AGAIN_AND_AGAIN, str(Path(__file__).parent), str(folder), str(proto)]
    for attempt in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent) as saving:
            assert saving.stdout is not None
            assert saving.stdout.readline() == "saved\n"
            time.sleep(0.05 + 0.017 * attempt)
            saving.send_signal(signal.SIGKILL)
        take_back(folder)
        assert Writer.load(folder).name == "lm-lstm"
