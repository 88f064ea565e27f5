"""Axes for trajectories: the principal components of a checkpoint's states over held-out texts.

A basis for each layer and each state, `1.h.mean`, `1.h.components` and so on: see `microscope/basis.py`.
"""

import numpy as np
import torch

from rnn_demo.cells import CELLS
from rnn_demo.microscope.basis import basis_arrays, fit_basis
from rnn_demo.microscope.study import Section
from rnn_demo.reader import Reader
from rnn_demo.spacing import join_words
from rnn_demo.studies.held_out import HeldOut
from rnn_demo.tokenizer import PAD_ID
from rnn_demo.training.batching import pad_rows

__all__ = ["study_basis"]

NUM_TEXTS = 1000
MAX_TOKENS = 100
"""Of each text: 100,000 states of 512 units are 0.2 GB, for each layer and state."""
BATCH_SIZE = 128


def study_basis(reader: Reader, held_out: HeldOut) -> Section:
    """Read NUM_TEXTS texts of the reader's task, spread evenly over those that are held out, up to MAX_TOKENS of each.

    Of a tagger, the encoder that reads forwards. What is read before a text (its style) counts for no state.
    """
    texts = [text for text in texts_of(reader.task, held_out) if text.strip()]
    chosen = np.linspace(0, len(texts) - 1, min(NUM_TEXTS, len(texts))).round().astype(int)
    encoded = [reader.encode(texts[i]) for i in chosen]
    num_start = len(encoded[0].start_ids)
    states = read_states(reader, [text.token_ids[: num_start + MAX_TOKENS] for text in encoded], num_start)
    arrays = {
        f"{name}.{key}": array
        for name, found in states.items()
        for key, array in basis_arrays(fit_basis(np.concatenate(found))).items()
    }
    num_states = sum(map(len, next(iter(states.values()))))
    return Section(arrays, {"texts": len(encoded), "states": num_states})


def texts_of(task: str, held_out: HeldOut) -> list[str]:
    """Give the held-out texts of a task as somebody would type them."""
    if task == "lm":
        return held_out.novels
    if task == "sentiment":
        return [review.text for review in held_out.reviews]
    return [join_words(words) for words in held_out.sentences.words]


@torch.inference_mode()
def read_states(reader: Reader, rows: list[list[int]], num_start: int) -> dict[str, list[np.ndarray]]:
    """Read rows of token ids and keep the states after all but the first `num_start` of each.

    Returns:
        float32 (token, unit) a row, by layer and state: `1.h`.
    """
    encoder = reader.model.encoder
    names = CELLS[encoder.config.cell].state_names
    states: dict[str, list[np.ndarray]] = {}
    by_length = sorted(rows, key=len)
    for start in range(0, len(rows), BATCH_SIZE):
        token_ids, lengths = pad_rows(by_length[start : start + BATCH_SIZE], PAD_ID)
        for layer, (forward, *_) in enumerate(encoder.explain(torch.from_numpy(token_ids))):
            for name in names:
                part = forward[name].numpy()
                kept = [row[num_start:length].copy() for row, length in zip(part, lengths, strict=True)]
                states.setdefault(f"{layer}.{name}", []).extend(kept)
    return states
