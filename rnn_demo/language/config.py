"""Settings of a language model: its network and its training."""

from dataclasses import dataclass

from rnn_demo.checks import require, require_at_least, require_share
from rnn_demo.config import EncoderConfig, Recipe


@dataclass(frozen=True)
class LanguageModelConfig(EncoderConfig):
    """A language model: an encoder in one direction, and a softmax tied to its embedding."""

    backward: bool = False
    """Whether texts are read from end to beginning: it cannot write, it is one half of a tagger's backbone."""


@dataclass(frozen=True, kw_only=True)
class LanguageRecipe(Recipe):
    """Train a language model: truncated back-propagation through a stream of text."""

    datasets: tuple[str, ...] = (
        "english_novels",
        "imdb",
        "reuters21578",
        "reuters_50_50",
        "tiny_shakespeare",
        "sst5",
        "conll2003",
    )
    """Data sets whose train and unsupervised splits are read; naming one twice reads it twice."""
    backward: bool = False
    """Read texts from end to beginning: the other half of a tagger's backbone."""
    lowercase_prob: float = 0.05
    """Chance that an excerpt is lower-cased, as visitors type."""
    excerpt_chars: int = 20_000
    """Longer documents are cut at line ends into excerpts of at least this many characters; 0 = never."""
    characters: bool = False
    """Use the single characters of the training text instead of the subwords of --tokenizer."""
    validation_dataset: str = "english_novels"
    """Data set whose validation split chooses the best weights."""
    validation_tokens: int = 30_000
    """Tokens of it per validation; the number on the model card is measured on all of it."""
    batch_size: int = 32
    """Parallel streams of text, over all processes."""
    seq_len: int = 70
    """Tokens per update, and the reach of the gradient; the state is carried on."""
    zero_state_prob: float = 0.01
    """Chance that a stream continues from a zero state, as every text starts later (Melis et al. 2018); 0 = off."""
    lr: float = 5e-3
    validate_every: int = 1000

    def __post_init__(self) -> None:
        """Refuse settings that no training can use, before any data is read."""
        super().__post_init__()
        require_at_least(self, 1, "seq_len", "validation_tokens")
        require_at_least(self, 0, "excerpt_chars")
        require_share(self, "lowercase_prob", "zero_state_prob")
        require(not (self.characters and self.init_from), "characters", True, "False with --init-from")
        require(len(self.datasets) > 0, "datasets", self.datasets, "one data set or more")

    def checkpoint_name(self, task: str) -> str:
        """Return the default folder under checkpoints/: lm-gru, lm-gru-backward."""
        return super().checkpoint_name(task) + ("-backward" if self.backward else "")
