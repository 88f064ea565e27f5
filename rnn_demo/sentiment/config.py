"""Settings of a sentiment classifier: its network, its training and that of its teacher."""

from dataclasses import dataclass
from pathlib import Path

from rnn_demo.checks import require, require_at_least
from rnn_demo.config import EncoderConfig, Recipe


@dataclass(frozen=True)
class SentimentConfig(EncoderConfig):
    """A sentiment classifier: a forward encoder, pooled over all steps, and one sigmoid."""

    emoji_names: bool = False
    """Whether emoji are replaced by their names (see emoji.py), as in all new networks."""
    temperatures: tuple[tuple[float, float], ...] = ()
    """Calibration temperatures: pairs of a length in tokens and the divisor of the log-odds, shortest first (see
    training/calibration.py); empty = none."""
    neutral_widths: tuple[tuple[float, float], ...] = ()
    """Pairs of a length in tokens and how far the log-odds are drawn towards neutral (see calibration.py); empty =
    none."""

    def __post_init__(self) -> None:
        """Turn JSON lists into tuples; refuse impossible temperatures."""
        super().__post_init__()
        object.__setattr__(self, "temperatures", tuple((float(n), float(t)) for n, t in self.temperatures))
        lengths = [n for n, _ in self.temperatures]
        in_order = lengths == sorted(lengths)
        positive = all(number > 0 for pair in self.temperatures for number in pair)
        object.__setattr__(self, "neutral_widths", tuple((float(n), float(w)) for n, w in self.neutral_widths))
        widths = all(n > 0 and width >= 0 for n, width in self.neutral_widths)
        require(widths, "neutral_widths", self.neutral_widths, "pairs of a length and a number of 0 or more")
        require(in_order and positive, "temperatures", self.temperatures, "pairs of numbers above 0, shortest first")


@dataclass(frozen=True, kw_only=True)
class SentimentRecipe(Recipe):
    """Train a sentiment classifier on long reviews and single sentences."""

    datasets: tuple[str, ...] = ("imdb", "sst2", "sst5")
    """Labelled data sets whose train splits are mixed; naming one twice reads it twice."""
    unlabelled: tuple[str, ...] = ()
    """Data sets whose unsupervised split (or train, if there is none) gets soft labels from the teacher."""
    unlabelled_sentences: tuple[str, ...] = ()
    """The same, cut into sentences; naming one twice gives twice as many."""
    teacher: str | None = None
    """A folder written by `train.py teacher`, a three-way classifier on the Hub, or a sentiment checkpoint, as
    --init-from. Its soft labels are cached in --runs-dir."""
    max_sentences: int = 10_000
    """Sentences to label each time that a data set is named."""
    max_words: int = 40
    """Longer sentences are left out."""
    judged_passes: int = 1
    """How often a text with the teacher's soft label is read where a labelled one is read once."""
    patterns: int = 0
    """Everyday sentences to generate from patterns (see patterns.py)."""
    vary: bool = False
    """Write some of the short texts in lower case, in capitals or without the final full stop."""
    long_every: int = 0
    """Every n-th batch holds only texts of more than 64 subwords, the others only shorter ones; 0 = mixed."""
    short_batch_size: int = 64
    """Rows in a batch of short texts, over all processes, with --long-every."""
    max_tokens: int = 400
    """Training keeps only this many tokens from the end of a review."""
    validation_rows: int = 1000
    """Held-out texts per data set at each validation."""
    adversarial_size: float = 0.0
    """Size of the adversarial perturbation of each token's vector; 0 = off. Miyato et al. 2017 use 5 per text: 0.25 per
    token in a text of 400."""
    dropout_prob: float = 0.3
    lr: float = 1e-3
    layer_lr_decay: float = 1.5
    freeze_fraction: float = 0.03
    validate_every: int = 1000

    def __post_init__(self) -> None:
        """Refuse settings that no training can use, before any data is read."""
        super().__post_init__()
        require_at_least(self, 1, "max_tokens", "validation_rows", "max_sentences", "max_words", "short_batch_size")
        require_at_least(self, 1, "judged_passes")
        require_at_least(self, 0, "adversarial_size", "patterns", "long_every")
        require(self.long_every != 1, "long_every", self.long_every, "0, or 2 or more")
        require(len(self.datasets) > 0, "datasets", self.datasets, "one data set or more")
        judged = bool(self.unlabelled or self.unlabelled_sentences)
        needs = "given with --unlabelled or --unlabelled-sentences, and left out without them"
        require((self.teacher is not None) == judged, "teacher", self.teacher, needs)


@dataclass(frozen=True, kw_only=True)
class TeacherRecipe:
    """Fine-tune a transformer as the teacher of a sentiment classifier."""

    data_dir: Path | None = None
    """Folder with one folder per data set; without it the data sets come from the Hub."""
    output_dir: Path = Path("runs/teacher")
    """The folder to write; `train.py sentiment --teacher` and `train.py evaluate` read it."""
    start: str = "sentence-transformers/all-mpnet-base-v2"
    """Folder or Hub id of the pretrained transformer."""
    datasets: tuple[str, ...] = ("sst5", "sst2", "goemotions", "rated_sentences", "emobank")
    """Labelled data sets whose train splits are read; some have a neutral class."""
    max_rows: int = 3000
    """Rows per data set, evenly spaced."""
    max_words: int = 30
    """Longer texts are left out; they cost most."""
    patterns: int = 2000
    """Everyday sentences to generate from patterns (see patterns.py), facts among them."""
    batch_size: int = 32
    """Rows in one optimiser step."""
    lr: float = 5e-5
    """Largest learning rate (AdamW)."""
    frozen_layers: int = 5
    """The lowest layers, and the embedding below them, that stay frozen; training them costs time and gains little."""
    seed: int = 0
    """Seed of the patterns, the order of the data and the new weights on top."""
    bf16: bool = True
    """Multiply in bf16: two to three times faster on a CPU that supports it, slower elsewhere."""
    num_threads: int = 0
    """CPU threads for torch; 0 = torch's default."""
    dry_run: bool = False
    """Take two steps and write nothing."""

    def __post_init__(self) -> None:
        """Refuse settings that no training can use, before any data is read."""
        require_at_least(self, 1, "max_rows", "max_words", "batch_size")
        require_at_least(self, 0, "patterns", "frozen_layers", "num_threads")
        require(self.lr > 0, "lr", self.lr, "more than 0")
        require(len(self.datasets) > 0, "datasets", self.datasets, "one data set or more")
