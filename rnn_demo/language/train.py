"""Train a language model: truncated back-propagation through a stream of documents, with the state carried over.

A document starts with its domain (`<novel>`, `<review>`), or in a tenth of them with `<s>` alone, so that the model
also writes where the domain is unknown. These prefix tokens are read and never predicted. Novels are cut into excerpts
at paragraph ends, each with the domain in front again: otherwise a domain would be seen once in 300,000 tokens. From
short excerpts the model learns to forget.

Now and then a stream starts from a zero state (Melis et al. 2018, arXiv:1707.05589: "On the state of the art of
evaluation in neural language models"): a network that always carries its state over comes to rely on that. For both,
docs/experiments.md has the numbers.

A backward model, half of a tagger's backbone, reads each document from its end to its beginning.
"""

from collections.abc import Callable
from pathlib import Path

import datasets
import numpy as np
import torch
from torch import Tensor, nn

from rnn_demo.cells import State
from rnn_demo.domains import DOMAIN_OF
from rnn_demo.errors import DataError
from rnn_demo.language.config import LanguageModelConfig, LanguageRecipe
from rnn_demo.language.evaluate import count_losses, document_ids
from rnn_demo.language.model import UNCOUNTED, LanguageModel
from rnn_demo.tokenizer import Tokenizer
from rnn_demo.training.batching import StreamBatches
from rnn_demo.training.corpora import as_texts, available_splits, clean, excerpts, read_split
from rnn_demo.training.fit import fit, network_sizes, open_tokenizer, start_model
from rnn_demo.training.loop import Progress
from rnn_demo.training.vocabulary import learn_characters

NO_DOMAIN_SHARE = 0.1


class LanguageObjective:
    """The mean cross-entropy of the next token, nats per token.

    Args:
        token_ids: int32 (token,); all documents, end to end.
        validation: token ids of held-out documents.
        tokenizer: its control tokens are not predicted.
        recipe: batch and sequence sizes, and how often a state is not carried on.
    """

    metric = "nats_per_token"
    higher_is_better = False

    def __init__(
        self, token_ids: np.ndarray, validation: list[list[int]], tokenizer: Tokenizer, recipe: LanguageRecipe
    ) -> None:
        self.batches = StreamBatches(token_ids, recipe.batch_size, recipe.seq_len)
        self.recipe = recipe
        self.validation = validation
        self.chosen_on = f"{recipe.validation_dataset}/validation"
        self.uncounted = np.zeros(tokenizer.vocab_size, dtype=bool)
        self.uncounted[list(tokenizer.suppressed_ids)] = True

    def batch_at(self, step: int, rank: int, world: int) -> dict[str, Tensor]:
        """Return token_ids and targets, int64 (batch / world, seq), and carried, bool (batch / world,)."""
        token_ids, targets = self.batches.batch_at(step, rank, world)
        targets = np.where(self.uncounted[targets], UNCOUNTED, targets)
        draws = np.random.default_rng([self.recipe.seed, step]).random(self.recipe.batch_size)
        parts = {
            "token_ids": token_ids,
            "targets": targets,
            "carried": draws[rank::world] >= self.recipe.zero_state_prob,
        }
        return {name: torch.from_numpy(part) for name, part in parts.items()}

    def loss(self, model: nn.Module, batch: dict[str, Tensor], state: State | None) -> tuple[Tensor, State | None]:
        """Return the cross-entropy of a batch, nats per token, and the state after it."""
        if state is not None:
            state = tuple(part * batch["carried"][:, None] for part in state)
        loss, state = model(batch["token_ids"], batch["targets"], state)
        return loss, state

    def num_tokens(self, batch: dict[str, Tensor]) -> int:
        """Return the tokens in a batch; there is no padding."""
        return batch["token_ids"].numel()

    def validate(self, model: LanguageModel) -> dict[str, float]:
        """Return nats per token of the held-out documents, each read from a zero state."""
        nats, tokens = count_losses(model, self.validation)
        return {"nats_per_token": nats / tokens, "perplexity": float(np.exp(nats / tokens))}

    def finish(self, model: LanguageModel) -> None:
        """Keep the weights unchanged."""


def train(recipe: LanguageRecipe, on_progress: Callable[[Progress], None]) -> Path | None:
    """Train a language model and write its checkpoint; see `fit`."""
    tokenizer = _character_tokenizer(recipe) if recipe.characters else open_tokenizer(recipe)
    validation = _validation_documents(recipe, tokenizer)
    token_ids, data = _token_stream(recipe, tokenizer)
    config = LanguageModelConfig(**network_sizes(recipe, tokenizer), backward=recipe.backward)
    objective = LanguageObjective(token_ids, validation, tokenizer, recipe)
    model = start_model(LanguageModel, config, recipe)
    return fit("lm", model, tokenizer, objective, recipe, data, on_progress)


def _character_tokenizer(recipe: LanguageRecipe) -> Tokenizer:
    splits = [(name, read_split(name, split, recipe.data_dir)) for name, split in _training_splits(recipe)]
    return Tokenizer(learn_characters(clean(text) for name, rows in splits for text in as_texts(rows, name)["text"]))


def _validation_documents(recipe: LanguageRecipe, tokenizer: Tokenizer) -> list[list[int]]:
    """Return the token ids of the first part of each held-out document, an equal share of `validation_tokens`."""
    name = recipe.validation_dataset
    rows = read_split(name, "validation", recipe.data_dir)
    texts = [text for text in map(clean, as_texts(rows, name)["text"]) if text]
    if not texts:
        raise DataError(f"{name}/validation: no text in any row")
    share = max(2, recipe.validation_tokens // len(texts))
    excerpts_of_share = [tokenizer.decode(tokenizer.encode(text[: 10 * share])[:share]) for text in texts]
    return [document_ids(text, DOMAIN_OF.get(name), tokenizer, recipe.backward) for text in excerpts_of_share]


def _token_stream(recipe: LanguageRecipe, tokenizer: Tokenizer) -> tuple[np.ndarray, list[str]]:
    """Return all documents in a random order, end to end: int32 (token,), and the splits they come from."""
    splits = _training_splits(recipe)
    texts = (as_texts(read_split(name, split, recipe.data_dir), name) for name, split in splits)
    parts = [_encode(rows, name, tokenizer, recipe) for rows, (name, _) in zip(texts, splits, strict=True)]
    rng = np.random.default_rng(recipe.seed)
    documents = [document for part in parts for document in _rows(part)]
    stream = [documents[i].copy() for i in rng.permutation(len(documents))]
    for document in stream:
        if rng.random() < NO_DOMAIN_SHARE:
            document[0] = tokenizer.domain_id(None)
    return np.concatenate(stream), list(dict.fromkeys(f"{name}/{split}" for name, split in splits))


def _training_splits(recipe: LanguageRecipe) -> list[tuple[str, str]]:
    """Return the data set and the split of all training texts."""
    names = [(name, split) for name in recipe.datasets for split in available_splits(name, recipe.data_dir)]
    splits = [(name, split) for name, split in names if split in ("train", "unsupervised")]
    if not splits:
        raise DataError(f"{', '.join(recipe.datasets)}: no train or unsupervised split to read")
    return splits


def _rows(encoded: datasets.Dataset) -> list[np.ndarray]:
    """Return the token ids of every row from the whole column: row by row the library needs minutes."""
    column = encoded.with_format("arrow")["ids"][:].combine_chunks()
    return np.split(column.values.to_numpy(), column.offsets.to_numpy()[1:-1])


def _encode(rows: datasets.Dataset, name: str, tokenizer: Tokenizer, recipe: LanguageRecipe) -> datasets.Dataset:
    """Return one row of token ids per excerpt, kept in the cache of the library for the next run."""
    start_id, turn = tokenizer.domain_id(DOMAIN_OF.get(name)), -1 if recipe.backward else 1
    # not the recipe: the key of the cache is what this function uses
    seed, lowercase_prob, size = recipe.seed, recipe.lowercase_prob, recipe.excerpt_chars

    def encode(batch: dict[str, list[str]], rows: list[int]) -> dict[str, list[list[int]]]:
        documents = [excerpts(clean(text), size)[::turn] for text in batch["text"]]
        parts = [(part, i + 1 == len(document)) for document in documents for i, part in enumerate(document)]
        lowered = np.random.default_rng([seed, rows[0]]).random(len(parts)) < lowercase_prob
        texts = [text.lower() if lower else text for (text, _), lower in zip(parts, lowered, strict=True)]
        ends = [[tokenizer.eos_id] if last else [] for _, last in parts]
        encoded = tokenizer.encode_many(texts)
        return {"ids": [[start_id, *ids[::turn], *end] for ids, end in zip(encoded, ends, strict=True)]}

    features = datasets.Features({"ids": datasets.List(datasets.Value("int32"))})
    options = {"with_indices": True, "batched": True, "batch_size": 200, "remove_columns": ["text"]}
    return rows.map(encode, features=features, **options)
