"""Settings that every task shares: what a network is made of, and how it is trained.

Frozen dataclasses; each task adds its own in its config.py. Each field is followed by its meaning and unit. The flags
of `train.py` and their help are generated from these lines, and a checkpoint's config.json is read into them.
"""

from dataclasses import dataclass
from pathlib import Path

from rnn_demo.checks import require, require_at_least, require_below_one

OLD_NAMES = {
    "init_share": "interpolation",
    "frozen_share": "freeze_fraction",
    "lower_prob": "lowercase_prob",
    "hide_prob": "mask_prob",
    "passage_sentences": "window_sentences",
    "agreement": "alpha",
}
"""Former names of settings: flags, run.json and config.json are still read by them."""


@dataclass(frozen=True)
class EncoderConfig:
    """The recurrent network of every task."""

    cell: str
    """A name in CELLS."""
    vocab_size: int
    """Subwords in the tokenizer."""
    embed_size: int
    """Numbers in the vector of one subword."""
    hidden_size: int
    """Units in one layer."""
    num_layers: int
    """Layers, stacked."""
    dropout_prob: float = 0.0
    """Chance that a number between two layers is set to 0 while training; 0 = off."""
    weight_drop_prob: float = 0.0
    """Chance that a recurrent weight is set to 0 while training; 0 = off."""
    embed_drop_prob: float = 0.0
    """Chance that a subword's whole vector is set to 0 while training; 0 = off."""

    def __post_init__(self) -> None:
        """Refuse sizes below 1 and probabilities outside [0, 1)."""
        require_at_least(self, 1, "vocab_size", "embed_size", "hidden_size", "num_layers")
        require_below_one(self, "dropout_prob", "weight_drop_prob", "embed_drop_prob")


@dataclass(frozen=True, kw_only=True)
class TokenizerRecipe:
    """Settings to train the tokenizer."""

    data_dir: Path | None = None
    """Folder with one folder per data set; without it the data sets come from the Hub."""
    output_dir: Path | None = None
    """Folder for tokenizer.model; default checkpoints/tokenizer."""
    vocab_size: int = 8000
    """Subwords, control symbols included."""
    max_lines: int = 1_000_000
    """Lines sampled from the corpora for training."""
    seed: int = 0
    """Seed of the sample."""
    dry_run: bool = False
    """Read the data, train on 10,000 lines, write nothing."""


SIZES = {"embed_size": 256, "hidden_size": 512, "num_layers": 2}
"""The default sizes of a new network."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Settings that the training of every task shares."""

    cell: str = "lstm"
    """A name in CELLS, such as rnn, gru or lstm."""
    data_dir: Path | None = None
    """Folder with one folder per data set; without it the data sets come from the Hub."""
    output_dir: Path | None = None
    """The checkpoint folder to write; default checkpoints/<task>-<cell>."""
    runs_dir: Path = Path("runs")
    """Folder for the state, logs and best weights of each run; ignored by git."""
    tokenizer: str = "tokenizer"
    """Name under checkpoints/, or a folder, with a tokenizer.model; --init-from brings its own tokenizer."""
    init_from: str | None = None
    """Checkpoint name, folder or Hub id with the initial weights; cell and sizes must be the same."""
    interpolation: float = 0.0
    """Share of the initial weights in the saved ones (WiSE-FT, see averaging.py)."""
    steps: int | None = None
    """Optimiser steps to take; exclusive with --minutes."""
    minutes: float | None = None
    """Minutes to train for; exclusive with --steps. With neither, 20."""
    seed: int = 0
    """Seed of the initial weights, the order of the data and the dropout."""
    resume: bool = False
    """Continue this run from its saved state."""
    dry_run: bool = False
    """Take two steps and write nothing under checkpoints/."""
    embed_size: int | None = None
    """Numbers in the vector of one subword; default 256, or as in --init-from."""
    hidden_size: int | None = None
    """Units in one layer, one direction; default 512, or as in --init-from."""
    num_layers: int | None = None
    """Layers, stacked; default 2, or as in --init-from."""
    dropout_prob: float = 0.0
    """Chance that a number between two layers is set to 0; 0 = off."""
    weight_drop_prob: float = 0.0
    """Chance that a recurrent weight is set to 0 (Merity et al. 2017); 0 = off."""
    embed_drop_prob: float = 0.0
    """Chance that a subword's whole vector is set to 0 (Gal & Ghahramani 2016); 0 = off."""
    batch_size: int = 32
    """Rows in one optimiser step, over all processes."""
    lr: float = 1e-3
    """Largest learning rate, per step (AdamW)."""
    layer_lr_decay: float = 1.0
    """Each layer learns this many times slower than the one above it (Howard & Ruder 2018 use 2.6); 1 = off."""
    freeze_fraction: float = 0.0
    """Fraction of the run during which the encoders are frozen and only the layers above them learn; 0 = off."""
    weight_decay: float = 0.01
    """AdamW's decoupled weight decay; 0 = off."""
    average_decay: float = 0.0
    """Decay of the moving average of the weights, per step; the average is saved instead of the weights; 0 = off."""
    warmup_steps: int = 200
    """Steps over which the learning rate rises from 0; a cosine to 0 follows."""
    clip_norm: float = 1.0
    """Gradients longer than this are scaled down to it (Pascanu et al. 2013); 0 = off."""
    validate_every: int = 500
    """Steps between validations; the best weights so far are kept."""
    precision: str = "auto"
    """bf16 (autocast), fp32, or auto: bf16 where it works and is clearly faster (see precision.py)."""
    num_threads: int = 0
    """CPU threads for torch; 0 = torch's default."""

    def __post_init__(self) -> None:
        """Refuse settings that no training can use, before any data is read."""
        require(self.steps is None or self.minutes is None, "steps", self.steps, "left out when --minutes is given")
        require(self.minutes is None or self.minutes > 0, "minutes", self.minutes, "more than 0")
        require_at_least(self, 1, "steps", *SIZES, "batch_size", "validate_every", "layer_lr_decay")
        require_at_least(self, 0, "weight_decay", "warmup_steps", "clip_norm", "num_threads")
        require_below_one(self, "dropout_prob", "weight_drop_prob", "embed_drop_prob")
        require_below_one(self, "freeze_fraction", "average_decay", "interpolation")
        if self.steps is None and self.minutes is None:
            object.__setattr__(self, "minutes", 20.0)
        require(0 <= self.seed < 2**32, "seed", self.seed, "in 0..2^32 - 1")
        needs_start = not self.interpolation or bool(self.init_from)
        require(needs_start, "interpolation", self.interpolation, "0 without --init-from")
        require(self.lr > 0, "lr", self.lr, "more than 0")
        require(self.precision in ("auto", "bf16", "fp32"), "precision", self.precision, "auto, bf16 or fp32")

    def checkpoint_name(self, task: str) -> str:
        """Return the default folder under checkpoints/: lm-gru."""
        return f"{task}-{self.cell}"
