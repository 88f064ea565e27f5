"""Train and measure the models: `python train.py --help`.

For example:

    python train.py tokenizer --data-dir DIR
    python train.py lm --cell gru --minutes 20 --data-dir DIR
    python train.py sentiment --init-from lm-lstm --minutes 20 --data-dir DIR
    python train.py ner --minutes 10 --data-dir DIR
    python train.py vectors --source glove.6B.100d.txt --name "GloVe 6B" --licence PDDL
    python train.py evaluate lm-gru --dataset english_novels --split validation --data-dir DIR
    python train.py precompute lm-gru --data-dir DIR
    python train.py reference --data-dir DIR
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from tqdm import tqdm

from rnn_demo.checkpoint import CHECKPOINTS_DIR, TOKENIZER_NAME, find_checkpoint, read_checkpoint
from rnn_demo.config import OLD_NAMES, Recipe, TokenizerRecipe
from rnn_demo.entities.config import VectorsRecipe
from rnn_demo.errors import RnnDemoError
from rnn_demo.sentiment.config import TeacherRecipe
from rnn_demo.tasks import TASKS, find_task


def train_tokenizer(recipe: tyro.conf.OmitArgPrefixes[TokenizerRecipe]) -> None:
    """Learn the subwords that every model shares."""
    from rnn_demo.training.vocabulary import train

    model_proto = train(recipe)
    if recipe.dry_run:
        print(f"dry run: {len(model_proto):,} bytes, nothing written")
        return
    folder = recipe.output_dir or CHECKPOINTS_DIR / "tokenizer"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / TOKENIZER_NAME
    path.write_bytes(model_proto)
    print(f"wrote {path}, {len(model_proto):,} bytes")


def train_teacher(recipe: tyro.conf.OmitArgPrefixes[TeacherRecipe]) -> None:
    """Fine-tune a transformer as the teacher of a sentiment classifier."""
    from rnn_demo.sentiment.fine_tune import train

    def show(step: int, loss_nats: float) -> None:
        if step % 20 == 1:
            print(f"step {step:,}: loss {loss_nats:.3f} nats", file=sys.stderr)

    for name, accuracy in train(recipe, show).items():
        print(f"three-way accuracy on held-out rows of {name}/train: {accuracy:.4f}")
    if not recipe.dry_run:
        print(f"wrote {recipe.output_dir}")


def build_vectors(recipe: tyro.conf.OmitArgPrefixes[VectorsRecipe]) -> None:
    """Make a small table of outside word vectors for `ner --vectors`."""
    from rnn_demo.entities.quantise import build_vectors

    path = build_vectors(recipe)
    print("dry run: nothing written" if path is None else f"wrote {path}, {path.stat().st_size:,} bytes")


def evaluate(
    name: tyro.conf.Positional[str],
    dataset: str,
    split: str = "test",
    data_dir: Path | None = None,
    case: Literal["asis", "lower", "upper"] = "asis",
    json_only: Annotated[bool, tyro.conf.arg(name="json")] = False,
    record: bool = False,
) -> None:
    """Measure a checkpoint on a data set.

    Args:
        name: a name under checkpoints/, a folder, or a Hub id; a sentiment teacher too.
        dataset: a data set with the columns of the checkpoint's task.
        split: its split.
        data_dir: folder with one folder per data set; without it the data set comes from the Hub.
        case: convert the text to lower or upper case first.
        json_only: print one JSON object and nothing else.
        record: also write the numbers into the checkpoint's config.json and model card.
    """
    from rnn_demo.sentiment.teacher import is_transformer

    folder = find_checkpoint(name)
    task = find_task("sentiment" if is_transformer(folder) else read_checkpoint(folder).task)
    metrics = task.functions().evaluate(folder, dataset, split, data_dir, case)
    if record and not is_transformer(folder):
        task.record(folder, f"{dataset}/{split}" + ("" if case == "asis" else f", {case} case"), metrics)
    if json_only:
        print(json.dumps(metrics))
        return
    print(f"{name} on {dataset}/{split}, {case}")
    for metric, value in metrics.items():
        print(f"  {metric:16} {format_value(value)}")


def precompute(name: tyro.conf.Positional[str], data_dir: Path | None = None, only: tuple[str, ...] = ()) -> None:
    """Compute the page's analyses of a checkpoint in advance, into its microscope.safetensors.

    Args:
        name: a name under checkpoints/, a folder, or a Hub id.
        data_dir: folder with one folder per data set; without it the data sets come from the Hub.
        only: analyses to compute; without it all of them.
    """
    from rnn_demo.precompute import precompute_checkpoint
    from rnn_demo.precompute.held_out import HeldOut

    folder = find_checkpoint(name)
    predictor = find_task(read_checkpoint(folder).task).predictor.load(folder)
    path = precompute_checkpoint(folder, predictor, HeldOut(data_dir), only, lambda name: print(name, file=sys.stderr))
    print(f"wrote {path}, {path.stat().st_size:,} bytes")


def reference(data_dir: Path | None = None) -> None:
    """Write the held-out text that the page quotes, checkpoints/reference.txt.

    Args:
        data_dir: folder with english_novels and tiny_shakespeare; without it they come from the Hub.
    """
    from rnn_demo.microscope.held_out_corpus import HELD_OUT_NAME
    from rnn_demo.precompute.held_out_text import gather_held_out_text

    path = CHECKPOINTS_DIR / HELD_OUT_NAME
    text = gather_held_out_text(data_dir).encode()
    path.write_bytes(text)
    print(f"wrote {path}, {len(text):,} bytes")


def format_value(value: Any) -> str:
    """Write a count whole, a rate with four decimals, and a table a line a row."""
    if isinstance(value, dict):
        return "".join(f"\n    {name:14} {format_value(inner)}" for name, inner in value.items())
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def run(task: str, recipe: Recipe) -> None:
    """Train with a progress bar, then print where the checkpoint is."""
    interval_s = 0.5 if sys.stderr.isatty() else 30  # a log file wants a line now and then
    with tqdm(total=100, bar_format="{percentage:5.1f}%|{bar:24}|{postfix}", mininterval=interval_s) as bar:

        def show(progress: Any) -> None:
            if progress.message:
                bar.write(progress.message, file=sys.stderr)
            bar.n = 100 * progress.fraction
            minutes, seconds = divmod(round(min(progress.remaining_s, 359_999)), 60)
            bar.set_postfix_str(
                f" step {progress.step:,}, loss {progress.loss_nats:.3f} nats, {progress.tokens_per_s:,.0f} tokens/s, "
                f"{minutes}:{seconds:02} left",
                refresh=False,
            )
            bar.update(0)
            if progress.metrics:
                numbers = ", ".join(f"{name} {value:.4f}" for name, value in progress.metrics.items())
                bar.write(f"step {progress.step:,}: {numbers}", file=sys.stderr)

        folder = find_task(task).train(recipe, show)
    if folder is not None:
        print(f"wrote {folder}")


def train_command(name: str) -> Callable[[Any], None]:
    """Return the command that trains a task, with the flags of its recipe."""

    def command(recipe: Any) -> None:
        run(name, recipe)

    command.__doc__ = TASKS[name].recipe.__doc__
    command.__annotations__["recipe"] = TASKS[name].recipe
    return tyro.conf.configure(tyro.conf.OmitArgPrefixes)(command)


def parse_and_run(words: Sequence[str]) -> None:
    """Run the command of a command line; former names of flags are read as the new ones."""
    commands = tyro.extras.SubcommandApp()
    commands.command(name="tokenizer")(train_tokenizer)
    for name in TASKS:
        commands.command(name=name)(train_command(name))
    commands.command(name="teacher")(train_teacher)
    commands.command(name="vectors")(build_vectors)
    commands.command(evaluate)
    commands.command(name="precompute", aliases=["study"])(precompute)
    commands.command(reference)
    new_flags = {f"--{old.replace('_', '-')}": f"--{new.replace('_', '-')}" for old, new in OLD_NAMES.items()}
    flags = [word.partition("=") for word in words]
    args = [new_flags.get(flag.replace("_", "-"), flag) + equals + value for flag, equals, value in flags]
    commands.cli(description=__doc__, args=args)


def main() -> int:
    """Run a command; print an error as one line, without a traceback."""
    try:
        parse_and_run(sys.argv[1:])
    except RnnDemoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
