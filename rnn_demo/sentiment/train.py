"""Train a sentiment classifier: binary cross-entropy on long reviews and single sentences together.

Five-class rows are soft targets (0, 0.25, .. 1), so that the middle of the scale means neutral.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from accelerate.utils import extract_model_from_parallel
from torch import Tensor, nn

from rnn_demo.cells import State
from rnn_demo.regularisation.adversarial import adversarial_perturbation
from rnn_demo.sentiment.batches import ShortAndLong
from rnn_demo.sentiment.calibration import Scored, calibrate
from rnn_demo.sentiment.config import SentimentConfig, SentimentRecipe
from rnn_demo.sentiment.evaluate import review_ids, score_rows
from rnn_demo.sentiment.model import SentimentModel
from rnn_demo.sentiment.reviews import LabelledText, evenly, read_reviews, unlabelled_split
from rnn_demo.sentiment.soft_labels import judge_with
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.batching import BucketedBatches, pad_rows
from rnn_demo.training.fit import fit, network_sizes, open_tokenizer, start_model
from rnn_demo.training.loop import Progress


class SentimentObjective:
    """The mean binary cross-entropy against P(positive), nats per text; calibrated at the end.

    Args:
        training: rows to learn from.
        held_out: rows to choose on, by data set; a validation reads at most `validation_rows` of each, calibration all.
        tokenizer: of the network.
        recipe: batch size and cut.
    """

    metric = "accuracy"  # not nats: on five-class rows they grow with confidence, and so favour an early network
    higher_is_better = True

    def __init__(
        self,
        training: list[LabelledText],
        held_out: dict[str, list[LabelledText]],
        tokenizer: Tokenizer,
        recipe: SentimentRecipe,
    ) -> None:
        self.recipe = recipe
        self.rows = review_ids([row.text for row in training], tokenizer, recipe.max_tokens, emoji_names=True)
        self.targets = np.array([row.target for row in training], dtype=np.float32)
        lengths = np.array([len(row) for row in self.rows])
        self.batches = (
            ShortAndLong(lengths, recipe)
            if recipe.long_every
            else BucketedBatches(lengths, recipe.batch_size, recipe.seed)
        )
        self.all_held_out = {}
        for name, rows in held_out.items():
            ids = review_ids([row.text for row in rows], tokenizer, recipe.max_tokens, emoji_names=True)
            self.all_held_out[name] = (ids, np.array([row.target for row in rows]))
        self.held_out = {}
        for name, (ids, targets) in self.all_held_out.items():
            chosen = evenly(range(len(ids)), recipe.validation_rows)  # a file may be sorted
            self.held_out[name] = ([ids[i] for i in chosen], targets[chosen])
        self.chosen_on = " and ".join(f"held-out rows of {name}/train" for name, rows in held_out.items() if rows)

    def batch_at(self, step: int, rank: int, world: int) -> dict[str, Tensor]:
        """token_ids int64 (batch / world, seq), lengths int64 and targets float32 (batch / world,)."""
        chosen = self.batches.rows_at(step, rank, world)
        token_ids, lengths = pad_rows([self.rows[i] for i in chosen], pad_id=0)
        parts = {"token_ids": token_ids, "lengths": lengths, "targets": self.targets[chosen]}
        return {name: torch.from_numpy(part) for name, part in parts.items()}

    def loss(self, model: nn.Module, batch: dict[str, Tensor], state: State | None) -> tuple[Tensor, State | None]:
        """Return the cross-entropy of a batch, nats per text, perturbed if requested; no state is carried."""
        token_ids, lengths, targets = batch["token_ids"], batch["lengths"], batch["targets"]

        def loss_at(network: nn.Module, perturbation: Tensor | None) -> Tensor:
            return nn.functional.binary_cross_entropy_with_logits(network(token_ids, lengths, perturbation), targets)

        if not self.recipe.adversarial_size:
            return loss_at(model, None), None
        network = extract_model_from_parallel(model)  # this gradient is not shared between processes
        with torch.no_grad():
            vectors = network.encoder.embed(token_ids)
        perturbation = adversarial_perturbation(
            partial(loss_at, network), vectors, lengths, self.recipe.adversarial_size
        )
        return loss_at(model, perturbation), None

    def num_tokens(self, batch: dict[str, Tensor]) -> int:
        """Return the tokens in a batch, padding excluded."""
        return int(batch["lengths"].sum())

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Return the cross-entropy over all held-out rows, and the accuracy at 0.5 per data set without neutral rows.

        `accuracy` is their mean, 0 without clear rows.
        """
        accuracies, nats = {}, []
        for name, (rows, targets) in self.held_out.items():
            if not rows:
                continue
            scores = score_rows(model, rows).clip(1e-6, 1 - 1e-6)
            nats.append(-(targets * np.log(scores) + (1 - targets) * np.log(1 - scores)))
            clear = targets != 0.5
            if clear.any():
                accuracies[f"{name}_accuracy"] = float(((scores >= 0.5) == (targets > 0.5))[clear].mean())
        accuracy = float(np.mean(list(accuracies.values()))) if accuracies else 0.0
        return {"accuracy": accuracy, "nats": float(np.concatenate(nats).mean()), **accuracies}

    def finish(self, model: SentimentModel) -> None:
        """Calibrate on all held-out rows: a few hundred tell little of the calibration error (calibration.py)."""
        model.config = replace(model.config, temperatures=(), neutral_widths=())
        scored = []
        for rows, targets in self.all_held_out.values():
            if rows:
                scores = score_rows(model, rows).clip(1e-6, 1 - 1e-6)
                scored.append(Scored(np.array([len(row) for row in rows]), np.log(scores / (1 - scores)), targets))
        model.config = calibrate(model.config, scored)


def train(recipe: SentimentRecipe, on_progress: Callable[[Progress], None]) -> Path | None:
    """Train a sentiment classifier and write its checkpoint; see `fit`."""
    tokenizer = open_tokenizer(recipe)
    training, held_out = read_reviews(recipe, None if recipe.teacher is None else judge_with(recipe))
    config = SentimentConfig(**network_sizes(recipe, tokenizer), emoji_names=True)
    objective = SentimentObjective(training, held_out, tokenizer, recipe)
    data = [f"{name}/train" for name in dict.fromkeys(recipe.datasets)]
    judged = dict.fromkeys(recipe.unlabelled + recipe.unlabelled_sentences)
    data += [f"{name}/{unlabelled_split(name, recipe.data_dir)}" for name in judged]
    data = list(dict.fromkeys(data))
    model = start_model(SentimentModel, config, recipe)
    return fit("sentiment", model, tokenizer, objective, recipe, data, on_progress)
