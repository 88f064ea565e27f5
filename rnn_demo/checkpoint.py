"""Save and load: a folder that explains itself.

    checkpoints/lm-lstm/
        config.json          sizes, task, cell, data, command, seed, minutes, metrics
        model.safetensors    weights; matrices as int8 rows with one scale a row
        tokenizer.model      SentencePiece
        README.md            a Hub model card, written from config.json
        backward.safetensors the second encoder of a tagger: `more_weights` in config.json names it

Nothing is pickled. A matrix is stored as round(w / scale) with scale = max|row| / 127, a quarter of the size of
float32; vectors stay float32. The metrics on the card are those of the weights as stored.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping
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

from rnn_demo.cells import CELLS
from rnn_demo.config import EncoderConfig
from rnn_demo.encoder import Encoder
from rnn_demo.errors import CheckpointError, InputError
from rnn_demo.tokenizer import Tokenizer

CHECKPOINTS_DIR = Path(__file__).parent.parent / "checkpoints"
CONFIG_NAME, CARD_NAME = "config.json", "README.md"
WEIGHTS_NAME, TOKENIZER_NAME = "model.safetensors", "tokenizer.model"
SCALE_SUFFIX = ".row_scale"
HUB_OPTIONS = ("revision", "token", "cache_dir", "force_download", "local_files_only")
"""Of `from_pretrained`: the weights come from where the config came from."""


@dataclass(frozen=True)
class Checkpoint:
    """What config.json says of a checkpoint, beside the sizes of its network."""

    task: str
    """A name in TASKS."""
    cell: str
    """A name in CELLS."""
    num_parameters: int
    """Numbers that were trained."""
    data: list[str]
    """Data sets that it was trained on, as dataset/split."""
    command: str
    """The command that made it."""
    seed: int
    """Gives its untrained twin back."""
    minutes: float
    """Minutes of training, on `hardware`."""
    hardware: str
    """Where it was trained."""
    init_from: str | None
    """The checkpoint that its weights started from."""
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
    def given(self) -> tuple[tuple[str, ...], float | None]:
        """What it learned from: data sets, and tokens of the run; None where config.json does not tell."""
        return tuple(self.data), self.training.get("tokens")


class CheckpointModel(nn.Module, PyTorchModelHubMixin, library_name="rnn_demo"):
    """A network that can be saved to a folder or the Hub, and loaded from there.

    A subclass takes one argument, `config`, annotated with its dataclass: the mixin reads config.json into that.
    """

    config: EncoderConfig
    encoder: Encoder
    more_weights: ClassVar[dict[str, str]] = {}
    """Further weight files, so that none grows too large: file name -> how the names of its weights begin."""

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
        with torch.device("meta"):  # initial weights, drawn only to be overwritten, took most of the time
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
        # cloned: kernels round differently on memory that lies as it lay in the file
        model.load_state_dict({name: weight.clone() for name, weight in weights.items()}, assign=True)
        return model.eval()

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a checkpoint folder's network, in fp32, ready to answer.

        Raises:
            CheckpointError: a file is missing or broken, or the weights do not fit the config.
        """
        read_config(folder)
        try:
            return cls.from_pretrained(folder)
        except (TypeError, ValueError, RuntimeError) as error:  # RuntimeError: sizes that no memory holds
            raise CheckpointError(f"{folder / CONFIG_NAME} does not describe a {cls.__name__}: {error}") from error


def pack_weights(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Turn every float matrix into int8 rows and one float32 scale a row; leave vectors as they are.

    >>> packed = pack_weights({"w": torch.tensor([[1.0, -0.5], [0.0, 0.0]])})
    >>> packed["w"].tolist(), packed["w.row_scale"].shape
    ([[127, -64], [0, 0]], torch.Size([2]))
    """
    packed = {}
    for name, tensor in weights.items():
        tensor = tensor.detach().cpu().contiguous()
        if tensor.dim() == 2 and tensor.is_floating_point():
            scale = (tensor.abs().amax(dim=1) / 127).clamp(min=torch.finfo(torch.float32).tiny)
            packed[name] = (tensor / scale[:, None]).round().to(torch.int8)
            packed[name + SCALE_SUFFIX] = scale.float()
        else:
            packed[name] = tensor
    return packed


def unpack_weights(packed: dict[str, Tensor]) -> dict[str, Tensor]:
    """Undo `pack_weights`, up to rounding: half a scale at most.

    Raises:
        CheckpointError: an int8 matrix has no scale for each of its rows.
    """
    for name, tensor in packed.items():
        scale = packed.get(name + SCALE_SUFFIX)
        if tensor.dtype == torch.int8 and (scale is None or scale.shape != tensor.shape[:1]):
            found = "none" if scale is None else f"scales of shape {tuple(scale.shape)}"
            raise CheckpointError(f"{name} needs {name + SCALE_SUFFIX} with a scale a row; the file holds {found}")
    return {
        name: tensor.float() * packed[name + SCALE_SUFFIX][:, None] if name + SCALE_SUFFIX in packed else tensor
        for name, tensor in packed.items()
        if not name.endswith(SCALE_SUFFIX)
    }


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a weight file, in fp32.

    Raises:
        CheckpointError: it is missing, broken, or not packed as here.
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
    """The bytes of a checkpoint's weight files; errors as in `read_config`."""
    names = [WEIGHTS_NAME, *read_config(folder).get("more_weights", [])]
    return sum((folder / name).stat().st_size for name in names)


def require_replaceable(folder: Path) -> None:
    """Refuse to put a checkpoint where anything but a checkpoint stands: saving replaces the whole folder.

    Raises:
        InputError: it is a file, or a folder that holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; give a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / CONFIG_NAME).is_file():
        raise InputError(f"{folder} holds something else than a checkpoint; give a new or an empty folder")


def save_checkpoint(folder: Path, model: CheckpointModel, tokenizer: Tokenizer, checkpoint: Checkpoint) -> None:
    """Write a checkpoint folder; what stood there is replaced once the new one is whole.

    Raises:
        InputError: what stands there is no checkpoint.
    """
    folder = folder.absolute()  # `.` has no name
    require_replaceable(folder)
    new = folder.with_name(folder.name + ".new")
    rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    values = {**asdict(model.config), **asdict(checkpoint)}
    if files := model.more_files:
        values["more_weights"] = files
    (new / TOKENIZER_NAME).write_bytes(tokenizer.model_proto)
    model.save_pretrained(new, config=values)
    rmtree(folder, ignore_errors=True)
    new.rename(folder)


def record_metrics(folder: Path, key: str, metrics: dict[str, Any]) -> None:
    """Write what was measured into config.json.

    Args:
        folder: a checkpoint folder.
        key: dataset/split.
        metrics: what `train.py evaluate` prints.
    """
    values = read_config(folder)
    values["metrics"] = {**values["metrics"], key: metrics}
    (folder / CONFIG_NAME).write_text(json.dumps(values, sort_keys=True, indent=2), encoding="utf-8")


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
        raise CheckpointError(f"{path} holds a {type(values).__name__}; expected an object")
    missing = [field.name for field in fields(Checkpoint) if field.default is MISSING and field.name not in values]
    if missing:
        raise CheckpointError(f"{path} lacks {', '.join(missing)}")
    return values


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read what config.json says; errors as in `read_config`."""
    values = read_config(folder)
    return Checkpoint(**{field.name: values[field.name] for field in fields(Checkpoint) if field.name in values})


def find_checkpoint(name: str | Path, **hub_options: Any) -> Path:
    """Find a checkpoint's folder: a name under checkpoints/, a folder, or a Hub id, which is downloaded.

    Args:
        name: which.
        hub_options: for the download, such as `revision` and `token`.

    Raises:
        CheckpointError: it is none of these; the message lists what is there.
    """
    is_bare = Path(name).name == str(name)  # ./lm-lstm is a folder of the predictor's own
    for folder in (CHECKPOINTS_DIR / name, Path(name)) if is_bare else (Path(name),):
        if str(name) and isdir(folder):  # unlike Path.is_dir, False for a name that is too long
            return folder
    if "/" in str(name) and not Path(name).is_absolute():
        try:
            return Path(snapshot_download(str(name), **hub_options))
        except (HfHubHTTPError, HFValidationError, RepositoryNotFoundError, OSError) as error:
            raise CheckpointError(f"there is no folder {name}, and the Hub did not give {name!r}: {error}") from error
    raise CheckpointError(
        f"there is no checkpoint {str(name)!r}; {CHECKPOINTS_DIR.name}/ holds "
        f"{', '.join(shipped_checkpoints()) or 'none'} (train one with `python train.py`)"
    )


def reads_backward(folder: Path) -> bool:
    """Return whether a checkpoint reads texts from their end, so that it cannot answer; False if that is unknown."""
    try:
        return bool(read_config(folder).get("backward"))
    except CheckpointError:
        return False


def choose_by_cell(checkpoints: Mapping[str, Checkpoint]) -> dict[str, str]:
    """Choose a checkpoint for each cell, cell -> name in the order of CELLS: the fairest comparison that there is.

    Those come first that share their data and the number of tokens they were trained on with most others; among
    equals, the first.
    """
    shared, chosen = Counter(one.given for one in checkpoints.values()), dict[str, str]()
    for name in sorted(checkpoints, key=lambda name: -shared[checkpoints[name].given]):
        chosen.setdefault(checkpoints[name].cell, name)
    return {cell: chosen[cell] for cell in CELLS if cell in chosen}


def trained_alike(checkpoints: Collection[Checkpoint]) -> bool:
    """Whether two checkpoints or more learned from the same and have, within 5 %, as many parameters."""
    sizes = [one.num_parameters for one in checkpoints]
    return len(sizes) > 1 and len({one.given for one in checkpoints}) == 1 and max(sizes) <= 1.05 * min(sizes)


def shipped_checkpoints() -> list[str]:
    """The names under checkpoints/ that have a config.json, whether or not they can be read."""
    return sorted(path.parent.name for path in CHECKPOINTS_DIR.glob(f"*/{CONFIG_NAME}"))


def copy_matching_weights(module: nn.Module, folder: Path, prefix: str = "") -> list[str]:
    """Start a network, or a part of one, from another checkpoint's weights, where name and shape agree.

    Args:
        module: what gets the weights.
        folder: a checkpoint folder.
        prefix: how the names of those weights begin in the checkpoint, and do not in `module`.

    Returns:
        The names that were copied, as `module` has them.

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
