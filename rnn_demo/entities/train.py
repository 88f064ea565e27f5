"""How an entity tagger is trained: the likelihood of whole tag sequences, on sentences shown in changing case.

The forms in which a sentence is shown are in `variants.py`.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from rnn_demo.cells import State
from rnn_demo.config import EntityRecipe, TaggerConfig
from rnn_demo.entities.corpus import TaggedSentences, check_iob2, entity_labels, read_tagged_sentences
from rnn_demo.entities.crf import PAD_TAG_ID
from rnn_demo.entities.evaluate import count_entities, tag_sentences
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.pieces import collate, encode_sentences
from rnn_demo.entities.variants import CasedSentences, with_passages
from rnn_demo.errors import DataError
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.batching import BucketedBatches, pad_rows
from rnn_demo.training.loop import Progress
from rnn_demo.training.run import network_sizes, open_tokenizer, train_and_save

__all__ = ["EntityObjective", "train"]


class EntityObjective:
    """Minus the log-likelihood of the tags, nats per sentence.

    Args:
        training: what is learned from.
        validation: chooses the best weights, as it is written.
        tags: the tag set, in the order of the CRF's rows.
        tokenizer: cuts words into pieces.
        recipe: batch size, seed and how often the case is changed.
    """

    metric = "f1"
    higher_is_better = True

    def __init__(
        self,
        training: TaggedSentences,
        validation: TaggedSentences,
        tags: tuple[str, ...],
        tokenizer: Tokenizer,
        recipe: EntityRecipe,
    ) -> None:
        self.chosen_on = validation.name
        training = with_passages(training, recipe.passage_sentences, recipe.seed)
        case_probs = {"lower": recipe.lower_prob, "upper": recipe.upper_prob}
        case_probs["asis"] = max(0.0, 1 - sum(case_probs.values()))  # rounding can leave less than 0
        self.sentences = CasedSentences(training.words, tokenizer, case_probs)
        self.tag_ids = [[tags.index(tag) for tag in row] for row in training.tags]
        self.seed = recipe.seed
        lengths = np.array([len(row) for row in training.words])
        self.batches = BucketedBatches(lengths, recipe.batch_size, recipe.seed)
        self.validation_tags = validation.tags
        self.validation_sentences = encode_sentences(validation.words, tokenizer)

    def batch_at(self, step: int, rank: int, world: int) -> dict[str, Tensor]:
        """token_ids int64 (batch / world, seq); piece_counts and tags int64 (batch / world, words)."""
        rows = self.batches.rows_at(step, rank, world).tolist()
        shown = [self.sentences.draw(row, np.random.default_rng([self.seed, step, row])) for row in rows]
        tags, _ = pad_rows([self.tag_ids[row] for row in rows], PAD_TAG_ID)
        return {**collate(shown), "tags": torch.from_numpy(tags)}

    def loss(self, model: nn.Module, batch: dict[str, Tensor], state: State | None) -> tuple[Tensor, State | None]:
        """Nats per sentence; nothing is carried from batch to batch."""
        return -model(**batch).mean(), None

    def num_tokens(self, batch: dict[str, Tensor]) -> int:
        """Pieces in a batch, without padding."""
        return int(batch["piece_counts"].sum())

    def validate(self, model: TaggerModel) -> dict[str, float]:
        """F1, precision and recall of the held-out entities."""
        counts = count_entities(self.validation_tags, tag_sentences(model, self.validation_sentences))
        return {name: counts[name] for name in ("f1", "precision", "recall")}


def train(recipe: EntityRecipe, on_progress: Callable[[Progress], None]) -> Path | None:
    """Train an entity tagger and write its checkpoint; see `train_and_save`.

    Raises:
        DataError: a column, the tags or the labels are not as they have to be; see `corpus.py`.
    """
    tokenizer = open_tokenizer(recipe)
    training = read_tagged_sentences(recipe.dataset, "train", recipe.data_dir)
    validation = read_tagged_sentences(recipe.dataset, "validation", recipe.data_dir)
    tags = tag_set(training, validation)
    config = TaggerConfig(**network_sizes(recipe, tokenizer), bidirectional=True, tags=tags)
    objective = EntityObjective(training, validation, tags, tokenizer, recipe)
    return train_and_save("ner", TaggerModel, config, tokenizer, objective, recipe, [training.name], on_progress)


def tag_set(training: TaggedSentences, validation: TaggedSentences) -> tuple[str, ...]:
    """The tags of a data set, O first; every label gets both of its tags, even if one is never used.

    Raises:
        DataError: the tags are not IOB2, nothing is marked, or validation has labels that training has not.
    """
    for sentences in (training, validation):
        check_iob2(sentences)
    labels = entity_labels(training)
    if not labels:
        raise DataError(f"{training.name} marks no entity: every tag is O")
    unknown = sorted(set(entity_labels(validation)) - set(labels))
    if unknown:
        raise DataError(
            f"the tag sets differ: {validation.name} has {', '.join(unknown)}, {training.name} only {', '.join(labels)}"
        )
    return ("O", *(f"{part}-{label}" for label in labels for part in "BI"))
