"""Make the table of `vectors.py` from word vectors that somebody else has trained: `python train.py vectors`.

Each part of the vectors has a codebook of its own, found by k-means over some of the words (Jégou, Douze & Schmid 2011,
"Product quantization for nearest neighbor search"). The vectors come out with numbers of variance 1 in the mean, which
is what a network likes to read.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from rnn_demo.entities.config import VectorsRecipe
from rnn_demo.entities.spelling import word_key
from rnn_demo.entities.vectors import CODES
from rnn_demo.errors import CheckpointError, DataError

SAMPLE_WORDS = 60_000
"""That a codebook is found from: half of them the first, which in every table are the most frequent."""
ITERATIONS = 12
CHUNK = 32_768
"""Vectors that are compared with a codebook at a time; bounds the memory."""
LARGEST_FILE = 10_000_000
"""Bytes; see the checkpoints."""


def build_vectors(recipe: VectorsRecipe) -> Path | None:
    """Read vectors, quantise them and write the table.

    Returns:
        The file; None after a dry run.

    Raises:
        DataError: the source cannot be read, or the table would not fit into a file of a checkpoint.
    """
    is_file = Path(recipe.source).is_file()
    words, rows, vectors = (read_glove if is_file else read_spacy)(recipe.source, recipe.words)
    if recipe.dry_run:
        words, rows = words[:CODES], rows[:CODES]
        vectors = vectors[: rows.max() + 1]
    table = make_table(words, rows, vectors, recipe.parts, recipe.seed)
    size = sum(tensor.nbytes for tensor in table.values())
    if size > LARGEST_FILE - 1000:
        raise DataError(f"the table has {size:,} bytes, more than {LARGEST_FILE:,}; give fewer --words or --parts")
    if recipe.dry_run:
        return None
    recipe.output.parent.mkdir(parents=True, exist_ok=True)
    save_file(table, recipe.output, {"source": recipe.name, "licence": recipe.licence})
    return recipe.output


def read_glove(source: str, most: int) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Read a text file, a word and its numbers a line, the most frequent words first.

    Returns:
        words; rows int64 (words,); vectors float32 (rows, size).
    """
    words, vectors = list[str](), list[np.ndarray]()
    with Path(source).open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if len(words) == most:
                break
            word, *numbers = line.rstrip("\n").split(" ")
            try:
                vectors.append(np.array(numbers, dtype=np.float32))
            except ValueError as error:
                raise DataError(f"line {number} of {source} is no word with its numbers: {line[:60]!r}") from error
            if len(vectors[-1]) != len(vectors[0]) or not len(vectors[0]):
                raise DataError(
                    f"line {number} of {source} has {len(vectors[-1])} numbers, the first {len(vectors[0])}"
                )
            words.append(word)
    if not words:
        raise DataError(f"{source} is empty; give a file with a word and its numbers a line")
    return words, np.arange(len(words)), np.stack(vectors)


def read_spacy(source: str, most: int) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Read the vectors of an installed spaCy model, or of one in a folder; otherwise as `read_glove`."""
    try:
        import spacy
    except ImportError as error:
        raise DataError(f"{source} is no file, and spaCy is not installed to read a model of that name") from error
    try:
        vocab = spacy.load(source, exclude=["ner", "parser", "tagger", "lemmatizer", "attribute_ruler"]).vocab
    except OSError as error:
        raise DataError(f"{source} is no file and no spaCy model: {error}") from error
    pairs = [(vocab.strings[key], int(row)) for key, row in vocab.vectors.key2row.items() if key in vocab.strings]
    words = [word for word, _ in pairs[:most]]
    return words, np.array([row for _, row in pairs[:most]]), np.asarray(vocab.vectors.data, dtype=np.float32)


def make_table(
    words: Sequence[str], rows: np.ndarray, vectors: np.ndarray, num_parts: int, seed: int
) -> dict[str, Tensor]:
    """Quantise vectors: the tensors of `WordVectors`.

    Args:
        words: their forms; of two with the same hash the first stays.
        rows: int64 (words,).
        vectors: float32 (rows, size).
        num_parts: divides the size.
        seed: chooses the words that the codebooks are found from.
    """
    if vectors.shape[1] % num_parts:
        raise DataError(f"vectors of {vectors.shape[1]} numbers do not fall into {num_parts} equal --parts")
    scaled = torch.from_numpy(vectors / vectors.std())
    generator = torch.Generator().manual_seed(seed)
    parts = [quantise(part.contiguous(), generator) for part in scaled.chunk(num_parts, dim=1)]
    keys, first = np.unique(np.array([word_key(word) for word in words], dtype=np.int32), return_index=True)
    in_order = torch.from_numpy(rows[first])
    codes = torch.stack([codes for codes, _ in parts], dim=1)
    table = {"keys": torch.from_numpy(keys), "codebooks": torch.stack([codebook for _, codebook in parts])}
    if len(vectors) < len(keys):
        return {**table, "codes": codes, "rows": in_order.int()}
    return {**table, "codes": codes[in_order]}


def quantise(part: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Find the codebook of a part of all vectors by k-means, and the nearest of its rows to each.

    Args:
        part: float32 (rows, size of the part).
        generator: draws the sample and the first centres.

    Returns:
        codes uint8 (rows,); codebook float32 (256, size of the part).
    """
    half, sample = SAMPLE_WORDS // 2, part
    if len(part) > SAMPLE_WORDS:
        sample = torch.cat([part[:half], part[torch.randint(len(part), (half,), generator=generator)]])
    centres = sample[torch.randperm(len(sample), generator=generator)[:CODES]]
    centres = torch.cat([centres, centres.new_zeros(CODES - len(centres), centres.shape[1])])
    for _ in range(ITERATIONS):
        nearest = nearest_rows(sample, centres)
        counts = torch.bincount(nearest, minlength=CODES)[:, None]
        sums = torch.zeros_like(centres).index_add_(0, nearest, sample)
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)
    return nearest_rows(part, centres).to(torch.uint8), centres


def nearest_rows(vectors: Tensor, centres: Tensor) -> Tensor:
    """The number of the centre nearest to each vector, int64; |v - c|² = |v|² - 2 v·c + |c|², and |v|² does not matter.

    >>> nearest_rows(torch.tensor([[0.0], [0.9], [2.2]]), torch.tensor([[0.0], [1.0], [3.0]])).tolist()
    [0, 1, 2]
    """
    squares = centres.square().sum(1)
    return torch.cat([(squares - 2 * chunk @ centres.T).argmin(1) for chunk in vectors.split(CHUNK)])


def read_table(path: Path) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
    """Read a table and what it says of itself.

    Raises:
        CheckpointError: it is missing, or is no table.
    """
    try:
        with safe_open(path, "pt") as file:
            table = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
            about = file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"cannot read the vectors {path}: {error}; make them with `train.py vectors`") from error
    if missing := {"keys", "codes", "codebooks"} - table.keys():
        raise CheckpointError(f"{path} lacks {', '.join(sorted(missing))}; make it with `train.py vectors`")
    return table, about
