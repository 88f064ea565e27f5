"""How an entity tagger is trained: the likelihood of whole tag sequences, and a share of that of the parts of speech.

The forms in which a sentence is shown are in `variants.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from rnn_demo.cells import State
from rnn_demo.checkpoint import copy_matching_weights, find_checkpoint, read_config
from rnn_demo.entities.config import EntityRecipe, TaggerConfig
from rnn_demo.entities.consistency import PROPER_NOUNS, group_occurrences
from rnn_demo.entities.corpus import TaggedSentences, check_iob2, entity_labels, read_tagged_sentences
from rnn_demo.entities.crf import PAD_TAG_ID
from rnn_demo.entities.evaluate import count_entities, count_pos, smooth_in_windows, tag_sentences
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.pool import pool_taggers
from rnn_demo.entities.quantise import read_table
from rnn_demo.entities.retyping import ADDED
from rnn_demo.entities.scores import SentenceScores, pad_emissions, score_sentences
from rnn_demo.entities.subwords import collate, encode_sentences
from rnn_demo.entities.variants import ShownSentences, with_windows
from rnn_demo.errors import DataError, InputError
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.batching import BucketedBatches, ConsecutiveBatches, by_length, pad_rows
from rnn_demo.training.calibration import best_temperature
from rnn_demo.training.corpora import available_splits
from rnn_demo.training.fit import find_same_encoder, fit, network_sizes, open_tokenizer, start_model
from rnn_demo.training.loop import Progress

ALPHAS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Smoothing strengths to try on the held-out sentences."""
MOST_ROWS = 256
"""Sentences whose likelihood is computed at a time."""
VECTORS = "word_tagger.reader.vectors."
"""How the names of the table's tensors begin in the network."""


class EntityObjective:
    """Minus the log-likelihood of the tags, and `pos_weight` of that of the parts of speech: nats per sentence.

    Args:
        training: what is learned from, by data set, in the order of the config's corpora.
        validation: what chooses the best weights, as it is written; the first data set is that of the recipe.
        config: of the network; its tags and parts of speech.
        tokenizer: cuts words into subwords.
        recipe: batch size, seed and in which forms sentences are shown.
    """

    metric = "f1"
    higher_is_better = True

    def __init__(
        self,
        training: Sequence[TaggedSentences],
        validation: Sequence[TaggedSentences],
        config: TaggerConfig,
        tokenizer: Tokenizer,
        recipe: EntityRecipe,
    ) -> None:
        self.chosen_on = ", ".join(split.name for split in validation)
        split_corpus = [recipe.corpora.index(split.name.split("/")[0]) for split in training]
        training = [with_windows(split, recipe.window_sentences, recipe.seed) for split in training]
        self.corpus = [c for c, split in zip(split_corpus, training, strict=True) for _ in split.words]
        words, tags, pos_tags = (
            [row for split in training for row in column(split)]
            for column in (attrgetter("words"), attrgetter("tags"), attrgetter("pos_tags"))
        )
        self.sentences = ShownSentences(
            words,
            tokenizer,
            recipe.lowercase_prob,
            recipe.mask_prob,
            title_prob=recipe.title_prob,
            chat_prob=recipe.chat_prob,
        )
        self.tag_ids = [[config.tags.index(tag) for tag in row] for row in tags]
        pos_ids = {tag: i for i, tag in enumerate(config.pos_tags)}
        self.pos_ids = [[pos_ids.get(tag, PAD_TAG_ID) for tag in row] for row in pos_tags]
        self.seed, self.pos_weight = recipe.seed, recipe.pos_weight
        self.is_name = [[pos.startswith(PROPER_NOUNS) for pos in row] for row in pos_tags]
        if not any(map(any, self.is_name)):  # no parts of speech are known
            self.is_name = [[tag != "O" for tag in row] for row in tags]
        self.smooths, self.spelled, self.several = recipe.alpha > 0, config.char_size > 0, bool(config.corpora)
        lengths = np.array([len(row) for row in words])
        self.batches = (
            ConsecutiveBatches(len(lengths), recipe.batch_size, recipe.seed)
            if self.smooths
            else BucketedBatches(lengths, recipe.batch_size, recipe.seed)
        )
        self.validation = [HeldOutSentences(split, tokenizer, config) for split in validation]
        self.subword_steps: list[Tensor] | None = None
        """Of the CRF over the subwords, where a tagger of whole words learns beside it: they are pooled at the end."""

    def batch_at(self, step: int, rank: int, world: int) -> dict[str, Tensor]:
        """token_ids int64 (batch / world, 1 + seq); subword_counts, tags and pos_tags int64 (batch / world, words).

        And of_name and of_sentence, int64 (words of all sentences,), for label-consistency smoothing; the
        spelling, where whole words are read; corpus, int64 (batch / world,), where there are several.
        """
        rows = self.batches.rows_at(step, rank, world).tolist()
        variants = [self.sentences.draw(row, np.random.default_rng([self.seed, step, row])) for row in rows]
        sentences, columns = [variant.sentence for variant in variants], {}
        for name, ids, added in (("tags", self.tag_ids, 0), ("pos_tags", self.pos_ids, PAD_TAG_ID)):
            moved = [
                [added if place == ADDED else ids[row][place] for place in variant.places]
                for row, variant in zip(rows, variants, strict=True)
            ]
            columns[name] = torch.from_numpy(pad_rows(moved, PAD_TAG_ID)[0])
        batch = {**collate(sentences, self.spelled), **columns}
        if self.several:
            batch["corpus"] = torch.tensor([self.corpus[row] for row in rows])
        if not self.smooths:
            return batch
        named = [
            place != ADDED and self.is_name[row][place]
            for row, variant in zip(rows, variants, strict=True)
            for place in variant.places
        ]
        return batch | group_occurrences([sentence.lowercased_words for sentence in sentences], named)._asdict()

    def loss(self, model: nn.Module, batch: dict[str, Tensor], state: State | None) -> tuple[Tensor, State | None]:
        """Nats per sentence; nothing is carried from batch to batch."""
        tag_nats, pos_nats = model(**batch)
        return -(tag_nats + self.pos_weight * pos_nats).mean(), None

    def num_tokens(self, batch: dict[str, Tensor]) -> int:
        """Subwords in a batch, without padding."""
        return int(batch["subword_counts"].sum())

    def validate(self, model: TaggerModel) -> dict[str, float]:
        """Return F1, precision and recall of the held-out entities, and the accuracy of the parts of speech.

        With several data sets F1 is the mean of theirs, and that of each is given too; the rest is of the first.
        """
        rates: dict[str, float] = {}
        for split in reversed(self.validation):
            predicted = tag_sentences(model, split.sentences)
            counts = count_entities(split.gold.tags, predicted.tags, split.labels)
            rates[f"f1_{split.gold.name.split('/')[0]}"] = counts["f1"]
        pos = count_pos(self.validation[0].gold.pos_tags, predicted.pos_tags)
        mean = {"f1": sum(rates.values()) / len(rates), **{name: counts[name] for name in ("precision", "recall")}}
        return {**mean, **(rates if len(rates) > 1 else {}), **pos}

    def finish(self, model: TaggerModel) -> None:
        """Choose the settings with the highest likelihood of the held-out sentences.

        These are, in this order: how heavy the two taggers are where there are two, the smoothing strength,
        and a temperature. Emissions and steps alike are divided by that one temperature.
        """
        if self.subword_steps is not None:
            nats = partial(self._nats, model), partial(self._pos_nats, model)
            pool_taggers(model, self.subword_steps, lambda: self._scores(model), *nats)
        scores = self._scores(model)
        steps = list(model.crf.parameters())
        trained = [step.clone() for step in steps]

        def nats_with(alpha: float) -> float:
            model.config = replace(model.config, alpha=alpha)
            return sum(self._nats(model, i, smooth_in_windows(model, split)) for i, split in enumerate(scores))

        alpha = min(ALPHAS, key=nats_with)
        model.config = replace(model.config, alpha=alpha)
        agreed = [smooth_in_windows(model, split) for split in scores]

        def nats_at(temperature: float) -> float:
            for step, value in zip(steps, trained, strict=True):
                step.copy_(value / temperature)
            cooled = [[s._replace(emissions=s.emissions / temperature) for s in split] for split in agreed]
            return sum(self._nats(model, i, split) for i, split in enumerate(cooled))

        temperature = best_temperature(nats_at)
        nats_at(temperature)  # leaves the steps divided by it
        model.to_tags.weight.div_(temperature)
        model.to_tags.bias.div_(temperature)
        if model.word_tagger is not None:
            model.word_tagger.to_tags.weight.div_(temperature)
            model.word_tagger.to_tags.bias.div_(temperature)

    def _scores(self, model: TaggerModel) -> list[list[SentenceScores]]:
        """Score the held-out sentences that have all the labels: of others nobody knows how likely their tags are."""
        return [score_sentences(model, split.sentences) for split in self._complete()]

    def _complete(self) -> list["HeldOutSentences"]:
        first, *others = self.validation
        return [first, *(split for split in others if split.labels is None)]

    def _nats(self, model: TaggerModel, number: int, scores: list[SentenceScores]) -> float:
        """Minus the mean log-likelihood of the tags of a sentence."""
        tags, nats = self._complete()[number].tag_ids, 0.0
        lengths = [len(sentence.emissions) for sentence in scores]
        for rows in by_length(lengths, MOST_ROWS):  # a CRF alone takes little memory
            emissions, num_words = pad_emissions([scores[row] for row in rows])
            gold = torch.from_numpy(tags[rows][:, : emissions.shape[1]]).to(emissions.device)
            nats -= float(model.crf.log_likelihood(emissions, gold, num_words).sum())
        return nats / len(scores)

    def _pos_nats(self, model: TaggerModel, scores: list[SentenceScores]) -> float:
        """Minus the mean log-likelihood of the parts of speech of a word of the first data set."""
        ids = {tag: i for i, tag in enumerate(model.config.pos_tags)}
        gold = torch.tensor([ids.get(tag, PAD_TAG_ID) for row in self.validation[0].gold.pos_tags for tag in row])
        logits = torch.cat([sentence.pos_logits for sentence in scores])
        nats = nn.functional.cross_entropy(logits, gold.to(logits.device), ignore_index=PAD_TAG_ID)
        return float(nats)


class HeldOutSentences:
    """One held-out split, as it is scored again and again."""

    def __init__(self, gold: TaggedSentences, tokenizer: Tokenizer, config: TaggerConfig) -> None:
        self.gold = gold
        self.sentences = encode_sentences(gold.words, tokenizer)
        self.tag_ids, _ = pad_rows([[config.tags.index(tag) for tag in row] for row in gold.tags], PAD_TAG_ID)
        marked = set(entity_labels(gold))
        self.labels = marked if len(marked) < len(config.tags) // 2 else None
        """Those that it marks, where these are not all."""


def train(recipe: EntityRecipe, on_progress: Callable[[Progress], None]) -> Path | None:
    """Train an entity tagger and write its checkpoint; see `fit`.

    Raises:
        InputError: whole words are to be learned beside a tagger that already pools two.
        DataError: a column, the tags or the labels are not as they have to be; see `corpus.py`.
    """
    if recipe.char_size and recipe.init_from and read_config(find_checkpoint(recipe.init_from)).get("char_size"):
        raise InputError(
            f"{recipe.init_from} is a pool of two taggers, and what each of them said cannot be told any more; give a "
            "tagger of subwords to --init-from"
        )
    tokenizer = open_tokenizer(recipe)
    training = [
        read_tagged_sentences(name, "train", recipe.data_dir) for name in (recipe.dataset, *recipe.more_datasets)
    ]
    validation = [
        read_tagged_sentences(name, "validation", recipe.data_dir)
        for name in recipe.corpora
        if name == recipe.dataset or "validation" in available_splits(name, recipe.data_dir)
    ]
    config = TaggerConfig(
        **network_sizes(recipe, tokenizer),
        tags=tag_set(training, validation),
        pos_tags=tuple(sorted({tag for row in training[0].pos_tags for tag in row})),
        tagger_size=recipe.tagger_size,
        tagger_dropout_prob=recipe.tagger_dropout_prob,
        alpha=recipe.alpha,
    )
    table: dict[str, Tensor] = {}
    if recipe.char_size:
        config, table = with_words(config, recipe)
    objective = EntityObjective(training, validation, config, tokenizer, recipe)
    model = start_model(TaggerModel, config, recipe)
    if model.word_tagger is not None:
        objective.subword_steps = [step.detach().clone() for step in model.crf.parameters()]
        model.load_state_dict({VECTORS + name: tensor for name, tensor in table.items()}, strict=False)
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name.startswith(("word_tagger.", "crf.")))
    if recipe.backward_from is not None:
        folder = find_same_encoder(recipe.backward_from, config, backward=True)
        copy_matching_weights(model.backward_encoder, folder, "encoder.")
    data = list(dict.fromkeys(split.name for split in training))
    return fit("ner", model, tokenizer, objective, recipe, data, on_progress)


def with_words(config: TaggerConfig, recipe: EntityRecipe) -> tuple[TaggerConfig, dict[str, Tensor]]:
    """Give a network a tagger of whole words, to be learned beside that of the subwords, and read its table."""
    corpora = recipe.corpora if len(recipe.corpora) > 1 else ()
    config = replace(
        config,
        char_size=recipe.char_size,
        word_dropout_prob=recipe.word_dropout_prob,
        unknown_prob=recipe.unknown_prob,
        reads="words",
        corpora=corpora,
    )
    if recipe.vectors is None:
        return config, {}
    table, about = read_table(recipe.vectors)
    (num_rows, num_parts), part_size = table["codes"].shape, table["codebooks"].shape[2]
    return replace(
        config,
        vector_words=len(table["keys"]),
        vector_rows=num_rows,
        vector_size=num_parts * part_size,
        vector_parts=num_parts,
        vectors="; ".join(about[name] for name in ("source", "licence") if name in about),
    ), table


def tag_set(training: Sequence[TaggedSentences], validation: Sequence[TaggedSentences]) -> tuple[str, ...]:
    """The tags of the first data set, O first; every label gets both of its tags, even if one is never used.

    Raises:
        DataError: the tags are not IOB2, nothing is marked, or another split has labels that the first has not.
    """
    first, *others = [*training, *validation]
    for sentences in (first, *others):
        check_iob2(sentences)
    labels = entity_labels(first)
    if not labels:
        raise DataError(f"{first.name} marks no entity: every tag is O")
    for split in others:
        unknown = sorted(set(entity_labels(split)) - set(labels))
        if unknown:
            raise DataError(
                f"the tag sets differ: {split.name} has {', '.join(unknown)}, {first.name} only {', '.join(labels)}"
            )
    return ("O", *(f"{part}-{label}" for label in labels for part in "BI"))
