"""From a recipe to a checkpoint folder: the steps before and after the loop."""

import platform
import shlex
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from accelerate.utils import set_seed

from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import (
    CHECKPOINTS_DIR,
    TOKENIZER_NAME,
    Checkpoint,
    CheckpointModel,
    copy_matching_weights,
    find_checkpoint,
    read_config,
    require_replaceable,
    save_checkpoint,
)
from rnn_demo.config import SIZES, EncoderConfig, Recipe
from rnn_demo.errors import CheckpointError, unknown_name
from rnn_demo.int8 import pack_weights, unpack_weights
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.averaging import interpolate_weights
from rnn_demo.training.corpora import LICENCES
from rnn_demo.training.loop import Loop, Objective, Progress, this_process

AnyModel = TypeVar("AnyModel", bound=CheckpointModel)


def open_tokenizer(recipe: Recipe) -> Tokenizer:
    """Check the names in the recipe and read the tokenizer: that of `init_from` if given.

    Raises:
        InputError: the cell is not in CELLS.
        CheckpointError: there is no such checkpoint or tokenizer.
    """
    if recipe.cell not in CELLS:
        raise unknown_name("cell", recipe.cell, CELLS)
    return Tokenizer.from_file(find_checkpoint(recipe.init_from or recipe.tokenizer) / TOKENIZER_NAME)


def network_sizes(recipe: Recipe, tokenizer: Tokenizer) -> dict[str, Any]:
    """Return the config fields that every network takes from its recipe or from `init_from`."""
    start = SIZES if recipe.init_from is None else read_config(find_checkpoint(recipe.init_from))
    sizes = {name: start[name] if getattr(recipe, name) is None else getattr(recipe, name) for name in SIZES}
    names = ("cell", "dropout_prob", "weight_drop_prob", "embed_drop_prob")
    return {"vocab_size": tokenizer.vocab_size, **sizes, **{name: getattr(recipe, name) for name in names}}


def start_model(model_class: type[AnyModel], config: EncoderConfig, recipe: Recipe) -> AnyModel:
    """Create a network: random weights from the seed, then all fitting weights of `init_from`.

    Raises:
        CheckpointError: there is no such checkpoint, or its encoder has other sizes.
    """
    set_seed(recipe.seed)
    model = model_class(config)  # every network takes its config
    if recipe.init_from is not None:
        copied = copy_matching_weights(model, find_same_encoder(recipe.init_from, config))
        if recipe.interpolation and len(copied) < len(model.state_dict()):
            raise CheckpointError(f"--interpolation needs all weights of this network; {recipe.init_from} lacks some")
    return model


def find_same_encoder(name: str, config: EncoderConfig, **needs: Any) -> Path:
    """Find a checkpoint with initial weights and check that its encoder fits: what does not would stay random.

    Args:
        name: as `find_checkpoint` takes it.
        config: of the new network.
        needs: further values that its config.json must have.

    Raises:
        CheckpointError: there is no such checkpoint, or it differs; the message says how.
    """
    folder = find_checkpoint(name)
    stored = read_config(folder)
    wanted = {name: getattr(config, name) for name in ("cell", "vocab_size", *SIZES)} | needs
    differ = {name: (stored.get(name), value) for name, value in wanted.items() if stored.get(name) != value}
    if differ:
        differences = ", ".join(f"{name} {theirs}, not {ours}" for name, (theirs, ours) in differ.items())
        raise CheckpointError(f"{folder} has {differences}: use its settings, or another checkpoint")
    return folder


def fit(
    task: str,
    model: CheckpointModel,
    tokenizer: Tokenizer,
    objective: Objective,
    recipe: Recipe,
    data: list[str],
    on_progress: Callable[[Progress], None],
) -> Path | None:
    """Train a network and write its checkpoint.

    Args:
        task: a name in TASKS.
        model: the task's network, from `start_model`.
        tokenizer: for the checkpoint folder.
        objective: data, loss and validation.
        recipe: how long and how.
        data: the training data, as dataset/split, for the card.
        on_progress: called after every step.

    Returns:
        The checkpoint folder; None after a dry run.
    """
    if recipe.num_threads:
        torch.set_num_threads(recipe.num_threads)
    folder = recipe.output_dir or CHECKPOINTS_DIR / recipe.checkpoint_name(task)
    require_replaceable(folder)
    run_dir = recipe.runs_dir / (folder.absolute().name + ("-dry-run" if recipe.dry_run else ""))
    start = {name: tensor.clone() for name, tensor in model.state_dict().items()} if recipe.interpolation else {}
    loop = Loop(model, objective, recipe, run_dir, on_progress)
    report = loop.run()
    if recipe.dry_run or not this_process().is_main_process:
        return None
    with torch.no_grad():
        interpolate_weights(model, start, recipe.interpolation)
        objective.finish(model)
        as_trained = objective.validate(model)
        model.load_state_dict(unpack_weights(pack_weights(model.state_dict())))  # from here on as stored
        as_stored = objective.validate(model)
    checkpoint = Checkpoint(
        task=task,
        cell=recipe.cell,
        num_parameters=sum(parameter.numel() for parameter in model.parameters()),
        data=data,
        command=command_line(task, replace(recipe, precision=report.precision)),
        seed=recipe.seed,
        minutes=round(report.minutes, 1),
        hardware=_hardware(report.device),
        precision=report.precision,
        init_from=None if recipe.init_from is None else _without_path(recipe.init_from),
        training={
            "steps": report.steps,
            "tokens": report.tokens,
            **report.best,
            "as_trained": as_trained[objective.metric],
            "as_stored": as_stored[objective.metric],
        },
        licences=[LICENCES[name] for name in dict.fromkeys(split.split("/")[0] for split in data) if name in LICENCES],
        chosen_on=objective.chosen_on,
        metrics={},
    )
    save_checkpoint(folder, model, tokenizer, checkpoint)
    loop.folder.mark_finished()
    return folder


def command_line(task: str, recipe: Recipe) -> str:
    """Return the command for this recipe: all settings that differ from the default, without local paths.

    >>> from rnn_demo.language.config import LanguageRecipe
    >>> command_line("lm", LanguageRecipe(cell="gru", steps=10, data_dir=Path("/some/where")))
    'python train.py lm --cell gru --data-dir DIR --steps 10'
    """
    words = ["python", "train.py", task]
    for field in fields(recipe):
        value = getattr(recipe, field.name)
        if value == field.default or field.name in ("output_dir", "runs_dir", "resume", "num_threads"):
            continue
        values = ["DIR"] if field.name == "data_dir" else value if isinstance(value, tuple) else [value]
        values = [] if value is True else [str(_without_path(part)) for part in values]
        words += ["--" + field.name.replace("_", "-"), *values]
    if recipe.output_dir is not None and recipe.output_dir.name != recipe.checkpoint_name(task):
        words += ["--output-dir", f"checkpoints/{recipe.output_dir.name}"]
    return shlex.join(words)


def _without_path(value: Any) -> Any:
    """Shorten a local path to its name; a card is read elsewhere."""
    return Path(value).name if isinstance(value, (str, Path)) and Path(value).is_absolute() else value


def _hardware(device: str) -> str:
    if device.startswith("cuda"):
        return str(torch.cuda.get_device_name(device))
    threads = torch.get_num_threads()
    return f"{threads} CPU thread{'s' if threads > 1 else ''} ({platform.machine()})"
