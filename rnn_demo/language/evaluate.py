"""How a language model is measured: nats per token and per character of whole documents.

Each document is read to its end, with the state carried from zero. Its prefix and the end of the text are not counted:
the text alone is measured. Long documents are read in chunks, and several side by side; neither changes a number.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from rnn_demo.cells import State
from rnn_demo.domains import DOMAIN_OF
from rnn_demo.errors import DataError
from rnn_demo.language.model import UNCOUNTED, LanguageModel
from rnn_demo.tokenizer import PREFIX_SIZE, Tokenizer
from rnn_demo.training.batching import by_length, pad_rows
from rnn_demo.training.corpora import as_texts, clean, excerpts, in_case, read_split

PASSAGE_CHARS = 600
ROWS = 32
CHUNK = 256  # tokens; bounds the logits at ROWS x CHUNK x vocab


def held_out_texts(data_dir: Path | None) -> list[str]:
    """Return the validation novels in passages of about PASSAGE_CHARS characters, in order."""
    novels = as_texts(read_split("english_novels", "validation", data_dir), "english_novels")["text"]
    return [passage for text in novels for passage in excerpts(clean(text), PASSAGE_CHARS)]


def document_ids(text: str, domain: str | None, tokenizer: Tokenizer, backward: bool = False) -> list[int]:
    """Return the token ids of a document after its prefix, the last token first if `backward`."""
    return [*tokenizer.prefix_ids(domain), *tokenizer.encode(text)[:: -1 if backward else 1]]


def count_losses(model: LanguageModel, documents: list[list[int]]) -> tuple[float, int]:
    """Return the loss of documents in nats, and the counted tokens; arguments as in `block_losses`."""
    nats, tokens = block_losses(model, documents).sum(0)
    return float(nats), int(tokens)


def block_losses(model: LanguageModel, documents: list[list[int]]) -> np.ndarray:
    """Return the loss of each block of documents.

    Args:
        model: in eval mode, gradients off.
        documents: token ids with their prefix, which is not counted.

    Returns:
        float64 (block, 2): nats and counted tokens of each block of at most CHUNK tokens of one document.
    """
    documents = [ids for ids in documents if len(ids) > PREFIX_SIZE]
    batches = by_length([len(ids) for ids in documents], ROWS, max_tokens=math.inf)  # chunks bound the memory
    blocks = [_read_side_by_side(model, [documents[row] for row in reversed(rows)]) for rows in batches]
    return np.concatenate(blocks) if blocks else np.zeros((0, 2))


def _read_side_by_side(model: LanguageModel, documents: list[list[int]]) -> np.ndarray:
    device = next(model.parameters()).device
    padded, lengths = pad_rows(documents, pad_id=0)
    rows = torch.from_numpy(padded)
    real = torch.arange(rows.shape[1]) < torch.from_numpy(lengths)[:, None]
    targets = torch.where(real, rows, UNCOUNTED)
    targets[:, :PREFIX_SIZE] = UNCOUNTED
    state: State | None = None
    blocks = []
    for start in range(0, rows.shape[1] - 1, CHUNK):
        columns = slice(start, min(start + CHUNK, rows.shape[1] - 1))
        reading = int((lengths - 1 > start).sum())  # longest first: the others have ended
        state = None if state is None else tuple(part[:, :reading] for part in state)
        logits, state = model.predict(rows[:reading, columns].to(device), state)
        chosen = targets[:reading, columns.start + 1 : columns.stop + 1].to(device)
        losses = nn.functional.cross_entropy(
            logits.flatten(0, 1).float(), chosen.flatten(), ignore_index=UNCOUNTED, reduction="none"
        ).view_as(chosen)
        blocks.append(torch.stack([losses.double().sum(1), (chosen != UNCOUNTED).double().sum(1)], dim=1).cpu())
    return torch.cat(blocks).numpy()


@torch.inference_mode()
def evaluate(folder: Path, dataset: str, split: str, data_dir: Path | None, case: str) -> dict[str, Any]:
    """Measure a checkpoint on a data set.

    Args:
        folder: a checkpoint folder.
        dataset: a data set with a text or sentence column.
        split: its split.
        data_dir: where the folders are; None reads from the Hub.
        case: asis, lower or upper.

    Returns:
        nats_per_token, perplexity, nats_per_char, bits_per_char, tokens, chars; chars are code points.
    """
    model, tokenizer = LanguageModel.load(folder), Tokenizer.from_file(folder / "tokenizer.model")
    rows = read_split(dataset, split, data_dir)
    texts = [in_case(clean(text), case) for text in as_texts(rows, dataset)["text"]]
    documents = [document_ids(text, DOMAIN_OF.get(dataset), tokenizer, model.config.backward) for text in texts]
    nats, tokens = count_losses(model, documents)
    if not tokens:
        raise DataError(f"{dataset}/{split}: no text in any row")
    chars = sum(map(len, texts))
    return {
        "nats_per_token": nats / tokens,
        "perplexity": math.exp(nats / tokens),
        "nats_per_char": nats / chars,
        "bits_per_char": nats / chars / math.log(2),
        "tokens": tokens,
        "chars": chars,
    }
