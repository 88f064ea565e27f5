"""Save and load: a folder that explains itself.

    checkpoints/lm-lstm/
        config.json          sizes, task, cell, data, command, seed, minutes, metrics
        model.safetensors    weights, packed as in int8.py
        tokenizer.model      SentencePiece
        README.md            the Hub model card, see model_card.py
        backward.safetensors the second encoder of a tagger: `more_weights` in config.json names it

Nothing is pickled.
"""

import json
from dataclasses import MISSING, asdict, dataclass, fields
from os.path import isdir
from pathlib import Path
from shutil import rmtree
from typing import Any, ClassVar, Self

import torch
from huggingface_hub import PyTorchModelHubMixin, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from rnn_demo.config import EncoderConfig
from rnn_demo.encoder import Encoder
from rnn_demo.errors import CheckpointError, InputError
from rnn_demo.int8 import pack_weights, unpack_weights
from rnn_demo.storage import replace_folder, replace_text, take_back
from rnn_demo.tokenizer import Tokenizer

CHECKPOINTS_DIR = Path(__file__).parent.parent / "checkpoints"
CONFIG_NAME, CARD_NAME = "config.json", "README.md"
WEIGHTS_NAME, TOKENIZER_NAME = "model.safetensors", "tokenizer.model"
HUB_OPTIONS = ("revision", "token", "cache_dir", "force_download", "local_files_only")
"""Options of `from_pretrained` with which the weights are downloaded too."""


@dataclass(frozen=True)
class Checkpoint:
    """What config.json says about a checkpoint, beside the sizes of its network."""

    task: str
    """A name in TASKS."""
    cell: str
    """A name in CELLS."""
    num_parameters: int
    """Trained numbers."""
    data: list[str]
    """Data sets that it was trained on, as dataset/split."""
    command: str
    """The command that made it."""
    seed: int
    """Seed of the run; it also gives the random-init baseline."""
    minutes: float
    """Minutes of training, on `hardware`."""
    hardware: str
    """Where it was trained."""
    init_from: str | None
    """The checkpoint with its initial weights."""
    training: dict[str, float]
    """Steps, tokens and the best validation of the run; what chose the weights, `as_trained` and `as_stored`."""
    licences: list[str]
    """The licence or terms of each data set."""
    chosen_on: str
    """The dataset/split that chose the weights."""
    metrics: dict[str, dict[str, Any]]
    """dataset/split -> what `train.py evaluate` prints of the stored weights."""
    precision: str = ""
    """bf16 or fp32; empty where it was not recorded."""

    @property
    def trained_on(self) -> tuple[tuple[str, ...], float | None]:
        """The data sets and the number of tokens of the run; None if config.json does not give it."""
        return tuple(self.data), self.training.get("tokens")


class CheckpointModel(nn.Module, PyTorchModelHubMixin, library_name="rnn_demo"):
    """A network that can be saved to a folder or the Hub and loaded from there.

    A subclass takes one argument, `config`, annotated with its dataclass; the mixin reads config.json into it.
    """

    config: EncoderConfig
    encoder: Encoder
    more_weights: ClassVar[dict[str, str]] = {}
    """Further weight files, so that none grows too large: file name -> prefix of the names of its weights."""

    @property
    def more_files(self) -> list[str]:
        """Those of the further weight files that this network has weights for."""
        names = list(self.state_dict())
        return [file for file, prefix in self.more_weights.items() if any(name.startswith(prefix) for name in names)]

    def _save_pretrained(self, save_directory: Path) -> None:
        weights = self.state_dict()
        for file_name, prefix in self.more_weights.items():
            apart = {name: weights.pop(name) for name in list(weights) if name.startswith(prefix)}
            if apart:
                save_file(pack_weights(apart), save_directory / file_name)
        save_file(pack_weights(weights), save_directory / WEIGHTS_NAME)

    @classmethod
    def _from_pretrained(cls, *, model_id: str, config: Any, **options: Any) -> Self:  # type: ignore[override]
        with torch.device("meta"):  # drawing initial weights took most of the time
            model = cls(config)
        hub_options = {name: options[name] for name in HUB_OPTIONS if name in options}
        path = find_checkpoint(model_id, **hub_options) / WEIGHTS_NAME
        weights = read_all_weights(path.parent)
        expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
        stored = {name: tuple(tensor.shape) for name, tensor in weights.items()}
        wrong = [name for name in expected | stored if expected.get(name) != stored.get(name)]
        if wrong:
            name = wrong[0]
            raise CheckpointError(
                f"{path} does not fit its config.json: {name} is {stored.get(name, 'missing')} in the file and "
                f"{expected.get(name, 'not part of the model')} by the config ({len(wrong)} differ in all)"
            )
        # cloned: kernels round differently on memory with the file's alignment
        model.load_state_dict({name: weight.clone() for name, weight in weights.items()}, assign=True)
        return model.eval()

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the network of a checkpoint folder, in fp32 and eval mode.

        Raises:
            CheckpointError: a file is missing or broken, or the weights do not fit the config.
        """
        read_config(folder)
        try:
            return cls.from_pretrained(folder)
        except (TypeError, ValueError, RuntimeError) as error:  # RuntimeError: sizes that no memory holds
            raise CheckpointError(f"{folder / CONFIG_NAME} does not describe a {cls.__name__}: {error}") from error


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a weight file, in fp32.

    Raises:
        CheckpointError: it is missing, broken, or not packed as in int8.py.
    """
    try:
        return unpack_weights(load_file(path))
    except (OSError, SafetensorError, CheckpointError) as error:
        raise CheckpointError(f"cannot read the weights {path}: {error}") from error


def read_all_weights(folder: Path) -> dict[str, Tensor]:
    """Read every weight file of a checkpoint folder, in fp32; errors as in `read_weights` and `read_config`."""
    names = [WEIGHTS_NAME, *read_config(folder).get("more_weights", [])]
    return {name: tensor for file_name in names for name, tensor in read_weights(folder / file_name).items()}


def weights_size(folder: Path) -> int:
    """Return the bytes of a checkpoint's weight files; errors as in `read_config`."""
    names = [WEIGHTS_NAME, *read_config(folder).get("more_weights", [])]
    return sum((folder / name).stat().st_size for name in names)


def require_replaceable(folder: Path) -> None:
    """Refuse a folder that is no checkpoint: saving replaces all of it.

    Raises:
        InputError: it is a file, or a folder with something else in it.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; give a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / CONFIG_NAME).is_file():
        raise InputError(f"{folder} contains something other than a checkpoint; give a new or an empty folder")


def save_checkpoint(folder: Path, model: CheckpointModel, tokenizer: Tokenizer, checkpoint: Checkpoint) -> None:
    """Write a checkpoint folder; an earlier one is replaced once the new one is complete.

    Raises:
        InputError: the folder is no checkpoint.
    """
    folder = folder.absolute()  # `.` has no name
    take_back(folder)
    require_replaceable(folder)
    new = folder.with_name(folder.name + ".new")
    rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    values = {**asdict(model.config), **asdict(checkpoint)}
    if files := model.more_files:
        values["more_weights"] = files
    (new / TOKENIZER_NAME).write_bytes(tokenizer.model_proto)
    model.save_pretrained(new, config=values)
    replace_folder(new, folder)


def record_metrics(folder: Path, key: str, metrics: dict[str, Any]) -> None:
    """Write what was measured into config.json.

    Args:
        folder: a checkpoint folder.
        key: dataset/split.
        metrics: as `train.py evaluate` prints them.
    """
    values = read_config(folder)
    values["metrics"] = {**values["metrics"], key: metrics}
    replace_text(folder / CONFIG_NAME, json.dumps(values, sort_keys=True, indent=2))


def read_config(folder: Path) -> dict[str, Any]:
    """Read config.json.

    Raises:
        CheckpointError: it is missing, is not JSON, or lacks a field.
    """
    path = folder / CONFIG_NAME
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{path} contains a {type(values).__name__}; expected an object")
    missing = [field.name for field in fields(Checkpoint) if field.default is MISSING and field.name not in values]
    if missing:
        raise CheckpointError(f"{path} lacks {', '.join(missing)}")
    return values


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read config.json into a Checkpoint; errors as in `read_config`."""
    values = read_config(folder)
    return Checkpoint(**{field.name: values[field.name] for field in fields(Checkpoint) if field.name in values})


def find_checkpoint(name: str | Path, **hub_options: Any) -> Path:
    """Find the folder of a checkpoint: a name under checkpoints/, a folder, or a Hub id, which is downloaded.

    Args:
        name: one of the three.
        hub_options: for the download, such as `revision` and `token`.

    Raises:
        CheckpointError: it is none of these; the message lists the checkpoints.
    """
    is_bare = Path(name).name == str(name)  # ./lm-lstm is always a folder
    for folder in (CHECKPOINTS_DIR / name, Path(name)) if is_bare else (Path(name),):
        if str(name) and isdir(folder):  # unlike Path.is_dir, False for a name that is too long
            return folder
    if "/" in str(name) and not Path(name).is_absolute():
        try:
            return Path(snapshot_download(str(name), **hub_options))
        except (HfHubHTTPError, HFValidationError, RepositoryNotFoundError, OSError) as error:
            raise CheckpointError(
                f"there is no folder {name}, and the Hub did not provide {name!r}: {error}"
            ) from error
    raise CheckpointError(
        f"there is no checkpoint {str(name)!r}; {CHECKPOINTS_DIR.name}/ has "
        f"{', '.join(shipped_checkpoints()) or 'none'} (train one with `python train.py`)"
    )


def reads_backward(folder: Path) -> bool:
    """Return whether a checkpoint reads texts from their end, so that it cannot answer; False if that is unknown."""
    try:
        return bool(read_config(folder).get("backward"))
    except CheckpointError:
        return False


def shipped_checkpoints() -> list[str]:
    """Return the names under checkpoints/ that have a config.json, readable or not."""
    return sorted(path.parent.name for path in CHECKPOINTS_DIR.glob(f"*/{CONFIG_NAME}"))


def copy_matching_weights(module: nn.Module, folder: Path, prefix: str = "") -> list[str]:
    """Copy the weights of a checkpoint into a network, or a part of one, where name and shape agree.

    Args:
        module: gets the weights.
        folder: a checkpoint folder.
        prefix: what the names in the checkpoint have in front of those in `module`.

    Returns:
        The copied names, as in `module`.

    Raises:
        CheckpointError: the weights cannot be read, or nothing fits.
    """
    weights = read_all_weights(folder)
    weights = {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}
    own = module.state_dict()
    fitting = {name: tensor for name, tensor in weights.items() if name in own and own[name].shape == tensor.shape}
    if not fitting:
        raise CheckpointError(f"no weight of {folder} fits this network by name and shape; give other sizes")
    module.load_state_dict(fitting, strict=False)
    return sorted(fitting)
