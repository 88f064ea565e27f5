"""How an entity tagger is trained: the likelihood of whole tag sequences, and a share of that of the parts of speech.

The forms in which a sentence is shown are in `variants.py`.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from rnn_demo.cells import State
from rnn_demo.checkpoint import copy_matching_weights
from rnn_demo.config import EntityRecipe, TaggerConfig
from rnn_demo.entities.consistency import PROPER_NOUNS, group_occurrences
from rnn_demo.entities.corpus import TaggedSentences, check_iob2, entity_labels, read_tagged_sentences
from rnn_demo.entities.crf import PAD_TAG_ID
from rnn_demo.entities.evaluate import count_entities, count_pos, smooth_in_windows, tag_sentences
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.scores import SentenceScores, pad_emissions, score_sentences
from rnn_demo.entities.subwords import collate, encode_sentences, length_sorted_batches
from rnn_demo.entities.variants import ShownSentences, with_windows
from rnn_demo.errors import DataError
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.batching import BucketedBatches, ConsecutiveBatches, pad_rows
from rnn_demo.training.calibration import best_temperature
from rnn_demo.training.fit import find_same_encoder, fit, network_sizes, open_tokenizer, start_model
from rnn_demo.training.loop import Progress

ALPHAS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""That are tried on the held-out sentences."""


class EntityObjective:
    """Minus the log-likelihood of the tags, and `pos_weight` of that of the parts of speech: nats per sentence.

    Args:
        training: what is learned from.
        validation: chooses the best weights, as it is written.
        config: of the network; its tags and parts of speech.
        tokenizer: cuts words into subwords.
        recipe: batch size, seed and how often the case is changed.
    """

    metric = "f1"
    higher_is_better = True

    def __init__(
        self,
        training: TaggedSentences,
        validation: TaggedSentences,
        config: TaggerConfig,
        tokenizer: Tokenizer,
        recipe: EntityRecipe,
    ) -> None:
        self.chosen_on = validation.name
        training = with_windows(training, recipe.passage_sentences, recipe.seed)
        self.sentences = ShownSentences(training.words, tokenizer, recipe.lower_prob, recipe.hide_prob)
        self.tag_ids = [[config.tags.index(tag) for tag in row] for row in training.tags]
        pos_ids = {tag: i for i, tag in enumerate(config.pos_tags)}
        self.pos_ids = [[pos_ids.get(tag, PAD_TAG_ID) for tag in row] for row in training.pos_tags]
        self.seed, self.pos_weight = recipe.seed, recipe.pos_weight
        self.is_name = [[pos.startswith(PROPER_NOUNS) for pos in row] for row in training.pos_tags]
        if not any(map(any, self.is_name)):  # no parts of speech are known
            self.is_name = [[tag != "O" for tag in row] for row in training.tags]
        self.smooths = recipe.agreement > 0
        lengths = np.array([len(row) for row in training.words])
        self.batches = (
            ConsecutiveBatches(len(lengths), recipe.batch_size, recipe.seed)
            if self.smooths
            else BucketedBatches(lengths, recipe.batch_size, recipe.seed)
        )
        self.validation = validation
        self.validation_sentences = encode_sentences(validation.words, tokenizer)

    def batch_at(self, step: int, rank: int, world: int) -> dict[str, Tensor]:
        """token_ids int64 (batch / world, 1 + seq); subword_counts, tags and pos_tags int64 (batch / world, words).

        And of_name and of_sentence, int64 (words of all sentences,), where the places of a name settle together.
        """
        rows = self.batches.rows_at(step, rank, world).tolist()
        shown = [self.sentences.draw(row, np.random.default_rng([self.seed, step, row])) for row in rows]
        tags, _ = pad_rows([self.tag_ids[row] for row in rows], PAD_TAG_ID)
        pos_tags, _ = pad_rows([self.pos_ids[row] for row in rows], PAD_TAG_ID)
        batch = {**collate(shown), "tags": torch.from_numpy(tags), "pos_tags": torch.from_numpy(pos_tags)}
        if not self.smooths:
            return batch
        named = [is_name for row in rows for is_name in self.is_name[row]]
        return batch | group_occurrences([sentence.forms for sentence in shown], named)._asdict()

    def loss(self, model: nn.Module, batch: dict[str, Tensor], state: State | None) -> tuple[Tensor, State | None]:
        """Nats per sentence; nothing is carried from batch to batch."""
        tag_nats, pos_nats = model(**batch)
        return -(tag_nats + self.pos_weight * pos_nats).mean(), None

    def num_tokens(self, batch: dict[str, Tensor]) -> int:
        """Subwords in a batch, without padding."""
        return int(batch["subword_counts"].sum())

    def validate(self, model: TaggerModel) -> dict[str, float]:
        """F1, precision and recall of the held-out entities, and the accuracy of the parts of speech."""
        found = tag_sentences(model, self.validation_sentences)
        counts = count_entities(self.validation.tags, found.tags)
        rates = {name: counts[name] for name in ("f1", "precision", "recall")}
        return {**rates, **count_pos(self.validation.pos_tags, found.pos_tags)}

    def finish(self, model: TaggerModel) -> None:
        """Choose what makes the held-out sentences likeliest: how far the places of a name agree, then a temperature.

        Emissions and steps alike are divided by that one temperature.
        """
        scores = score_sentences(model, self.validation_sentences)
        steps = list(model.crf.parameters())
        trained = [step.clone() for step in steps]

        def nats_with(agreement: float) -> float:
            model.config = replace(model.config, agreement=agreement)
            return self._nats(model, smooth_in_windows(model, scores))

        agreement = min(ALPHAS, key=nats_with)
        model.config = replace(model.config, agreement=agreement)
        agreed = smooth_in_windows(model, scores)

        def nats_at(temperature: float) -> float:
            for step, value in zip(steps, trained, strict=True):
                step.copy_(value / temperature)
            return self._nats(model, [s._replace(emissions=s.emissions / temperature) for s in agreed])

        temperature = best_temperature(nats_at)
        nats_at(temperature)  # leaves the steps divided by it
        model.to_tags.weight.div_(temperature)
        model.to_tags.bias.div_(temperature)

    def _nats(self, model: TaggerModel, scores: list[SentenceScores]) -> float:
        """Minus the log-likelihood of all tags of the held-out sentences."""
        tags, _ = pad_rows([[model.config.tags.index(tag) for tag in row] for row in self.validation.tags], PAD_TAG_ID)
        nats = 0.0
        for rows in length_sorted_batches([len(sentence.emissions) for sentence in scores]):
            emissions, num_words = pad_emissions([scores[row] for row in rows])
            gold = torch.from_numpy(tags[rows][:, : emissions.shape[1]]).to(emissions.device)
            nats -= float(model.crf.log_likelihood(emissions, gold, num_words).sum())
        return nats


def train(recipe: EntityRecipe, on_progress: Callable[[Progress], None]) -> Path | None:
    """Train an entity tagger and write its checkpoint; see `fit`.

    Raises:
        DataError: a column, the tags or the labels are not as they have to be; see `corpus.py`.
    """
    tokenizer = open_tokenizer(recipe)
    training = read_tagged_sentences(recipe.dataset, "train", recipe.data_dir)
    validation = read_tagged_sentences(recipe.dataset, "validation", recipe.data_dir)
    config = TaggerConfig(
        **network_sizes(recipe, tokenizer),
        tags=tag_set(training, validation),
        pos_tags=tuple(sorted({tag for row in training.pos_tags for tag in row})),
        tagger_size=recipe.tagger_size,
        tagger_dropout_prob=recipe.tagger_dropout_prob,
        agreement=recipe.agreement,
    )
    objective = EntityObjective(training, validation, config, tokenizer, recipe)
    model = start_model(TaggerModel, config, recipe)
    if recipe.backward_from is not None:
        folder = find_same_encoder(recipe.backward_from, config, backward=True)
        copy_matching_weights(model.backward_encoder, folder, "encoder.")
    return fit("ner", model, tokenizer, objective, recipe, [training.name], on_progress)


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
