"""How a teacher is made: a transformer, fine-tuned for one pass over labelled opinions and neutral text."""

import re
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn

from rnn_demo.errors import CheckpointError
from rnn_demo.sentiment.config import TeacherRecipe
from rnn_demo.sentiment.patterns import make_sentences
from rnn_demo.sentiment.reviews import LabelledText, evenly, read_labelled, retype
from rnn_demo.sentiment.teacher import CLASSES, Teacher, load_transformers
from rnn_demo.training.batching import BucketedBatches

WARMUP_SHARE = 0.08
"""Of the steps; then the learning rate falls along a line to 0."""
LAYER = re.compile(r"\blayer\.(\d+)\.")
"""How the names of a layer's weights read in BERT and its kin."""
MAX_HELD_OUT = 500
"""Rows of each data set that the teacher is measured on."""


def shares_of(targets: np.ndarray) -> np.ndarray:
    """Return the chances of CLASSES that a label stands for: float32 (text, 3).

    Args:
        targets: (text,); 0 negative .. 1 positive, the five classes 0, 0.25, .. 1.

    >>> shares_of(np.array([0, 0.25, 0.5, 1])).round(2).tolist()[:2]
    [[1.0, 0.0, 0.0], [0.800000011920929, 0.20000000298023224, 0.0]]
    """
    bins = (0, 0.25, 0.5, 0.75, 1)
    negative, positive = np.interp(targets, bins, (1, 0.8, 0.08, 0, 0)), np.interp(targets, bins, (0, 0, 0.08, 0.8, 1))
    return np.stack([negative, 1 - negative - positive, positive], axis=1).astype(np.float32)


def labelled_rows(recipe: TeacherRecipe) -> tuple[list[LabelledText], dict[str, list[LabelledText]]]:
    """Read what the teacher learns from, and what it is measured on, by data set; both as people type."""
    training, held_out = read_labelled(recipe.datasets, recipe.data_dir)
    rows = [LabelledText(*sentence) for sentence in make_sentences(recipe.patterns, recipe.seed)]
    for of_one in training.values():
        rows += evenly([row for row in of_one if len(row.text.split()) <= recipe.max_words], recipe.max_rows)
    typed = {name: evenly(apart, MAX_HELD_OUT) for name, apart in held_out.items()}
    return [_retyped(row) for row in rows], {name: list(map(_retyped, apart)) for name, apart in typed.items()}


def _retyped(row: LabelledText) -> LabelledText:
    return LabelledText(retype(row.text), row.target)


def start_teacher(recipe: TeacherRecipe) -> Teacher:
    """Read the transformer to start from, with a new layer on top.

    Raises:
        CheckpointError: there is none.
        InputError: transformers is not installed.
    """
    transformers = load_transformers()
    names = dict(enumerate(CLASSES))
    torch.manual_seed(recipe.seed)
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(recipe.start)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(
            recipe.start, num_labels=len(CLASSES), id2label=names, label2id={name: i for i, name in names.items()}
        )
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot read the transformer {recipe.start}: {error}") from error
    return Teacher(model, tokenizer)


def trained_parameters(model: nn.Module, frozen_layers: int) -> list[nn.Parameter]:
    """Return the parameters that learn; those of the embedding and of the first layers stop needing a gradient."""
    frozen = re.compile(r"embeddings?\." if frozen_layers else "$^")
    for name, parameter in model.named_parameters():
        layer = LAYER.search(name)
        low = bool(frozen.search(name)) or (layer is not None and int(layer.group(1)) < frozen_layers)
        parameter.requires_grad_(not low)
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def fine_tune(teacher: Teacher, rows: list[LabelledText], recipe: TeacherRecipe) -> Iterator[float]:
    """Learn from each row once, and yield the loss of each step, nats per text."""
    token_ids = teacher.encode([row.text for row in rows], max_tokens=2 * recipe.max_words)
    targets = torch.from_numpy(shares_of(np.array([row.target for row in rows])))
    batches = BucketedBatches(np.array([len(row) for row in token_ids]), recipe.batch_size, recipe.seed)
    steps = 2 if recipe.dry_run else batches.steps_per_pass
    parameters = trained_parameters(teacher.model, recipe.frozen_layers)
    optimizer = torch.optim.AdamW(parameters, lr=recipe.lr, weight_decay=0.01)
    warmup = max(1, round(WARMUP_SHARE * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warmup, (steps - step) / max(1, steps - warmup))
    )
    teacher.model.train()
    for step in range(steps):
        chosen = batches.rows_at(step)
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bf16):
            logits = teacher.logits([token_ids[i] for i in chosen])[:, teacher.order]
        loss = nn.functional.cross_entropy(logits, targets[chosen])
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        schedule.step()
        yield loss.item()
    teacher.model.eval()


def three_way_accuracy(teacher: Teacher, rows: list[LabelledText]) -> float:
    """Return the share of texts whose likeliest class is that of their label."""
    likeliest = teacher.judge([row.text for row in rows]).argmax(axis=1)
    return float((likeliest == np.sign([row.target - 0.5 for row in rows]).astype(int) + 1).mean())


def train(recipe: TeacherRecipe, on_step: Callable[[int, float], None]) -> dict[str, float]:
    """Fine-tune a teacher and write its folder.

    Args:
        recipe: data, transformer and settings.
        on_step: told of each step, its number from 1 and its loss.

    Returns:
        Three-way accuracy on the held-out rows of each data set.
    """
    if recipe.num_threads:
        torch.set_num_threads(recipe.num_threads)
    teacher = start_teacher(recipe)
    rows, held_out = labelled_rows(recipe)
    for i, loss_nats in enumerate(fine_tune(teacher, rows, recipe)):
        on_step(i + 1, loss_nats)
    if recipe.dry_run:
        return {}
    teacher.model.save_pretrained(recipe.output_dir)
    teacher.tokenizer.save_pretrained(recipe.output_dir)
    return {name: three_way_accuracy(teacher, apart) for name, apart in held_out.items() if apart}
