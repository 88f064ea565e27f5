"""Settings of an entity tagger: its network, its training and its word vectors."""

from dataclasses import InitVar, dataclass
from pathlib import Path

from rnn_demo.checks import require, require_at_least, require_below_one, require_share
from rnn_demo.config import EncoderConfig, Recipe


@dataclass(frozen=True)
class TaggerConfig(EncoderConfig):
    """An entity tagger: a forward and a backward encoder of these sizes, a layer over the words, and a CRF."""

    tags: tuple[str, ...] = ()
    """The tag set in the order of the CRF's rows, O first."""
    pos_tags: tuple[str, ...] = ("",)
    """The parts of speech; only "" if the data has none."""
    tagger_size: int = 256
    """Units in the layer over the words, per direction."""
    tagger_dropout_prob: float = 0.0
    """Chance that a number before or after that layer is set to 0 while training; 0 = off."""
    char_size: int = 0
    """Units, per direction, of the character network in the tagger of whole words; 0 = no such tagger."""
    word_dropout_prob: float = 0.0
    """Chance that a number in a word's vector is set to 0 while training; 0 = off."""
    unknown_prob: float = 0.0
    """Chance that a word loses its outside vector while training; 0 = off."""
    reads: str = "all"
    """Which tagger scores: "words" while the tagger of whole words trains, "subwords" for the other alone, or "all"."""
    pos_weights: tuple[float, float] = (1.0, 1.0)
    """Where both score: how heavy the parts of speech of the subwords and of the whole words are (see pool.py)."""
    vector_words: int = 0
    """Words in the table of outside vectors (see vectors.py); 0 = no table."""
    vector_rows: int = 0
    """Vectors in the table."""
    vector_size: int = 0
    """Numbers in each vector."""
    vector_parts: int = 0
    """Bytes in which each vector is stored."""
    vectors: str = ""
    """Source and licence of the vectors."""
    corpora: tuple[str, ...] = ()
    """Training data sets, each with its own offset to the tag scores, as no two mark names alike; texts are read as if
    from the first. Empty for a single data set."""
    alpha: float = 0.0
    """Strength of label-consistency smoothing between the occurrences of a name (see consistency.py); 0 = none."""
    agreement: InitVar[float | None] = None
    """The former name of alpha in config.json."""

    def __post_init__(self, agreement: float | None) -> None:
        """Turn JSON lists into tuples; refuse an empty tag set."""
        super().__post_init__()
        object.__setattr__(self, "tags", tuple(self.tags))
        object.__setattr__(self, "pos_tags", tuple(self.pos_tags))
        object.__setattr__(self, "corpora", tuple(self.corpora))
        object.__setattr__(self, "pos_weights", tuple(self.pos_weights))
        if agreement is not None:
            object.__setattr__(self, "alpha", agreement)
        require(len(self.tags) > 0, "tags", self.tags, "one tag or more")
        require_at_least(self, 1, "tagger_size")
        require_at_least(self, 0, "char_size", "vector_words", "vector_rows", "vector_size", "vector_parts")
        require_below_one(self, "tagger_dropout_prob", "word_dropout_prob", "unknown_prob")
        require_share(self, "alpha")
        require(self.reads in ("all", "words", "subwords"), "reads", self.reads, "all, words or subwords")
        whole_words = bool(self.vector_words or self.corpora or self.reads == "words")
        require(self.char_size > 0 or not whole_words, "char_size", self.char_size, "1 or more if words are read")


@dataclass(frozen=True, kw_only=True)
class EntityRecipe(Recipe):
    """Train an entity tagger."""

    dataset: str = "conll2003"
    """Data set with `tokens`, `ner_tags` and optionally `pos_tags`; splits train and validation."""
    backward_from: str | None = None
    """Backward language model, as --init-from, with the initial weights of the backward encoder."""
    tagger_size: int = 256
    """Units in the layer over the words, per direction."""
    tagger_dropout_prob: float = 0.4
    """Chance that a number before or after that layer is set to 0; 0 = off."""
    dropout_prob: float = 0.1
    batch_size: int = 16
    lr: float = 2e-3
    layer_lr_decay: float = 1.5
    validate_every: int = 800
    lowercase_prob: float = 0.2
    """Chance that a training sentence is lower-cased."""
    window_sentences: int = 3
    """Training also reads windows of 2 to this many sentences; 1 = never."""
    pos_weight: float = 0.1
    """Weight of the part-of-speech loss beside that of the tags; 0 = off."""
    alpha: float = 0.0
    """Smoothing between occurrences of a name during training; batches are then consecutive sentences; 0 = off.
    The checkpoint stores the strength that held-out data prefers."""
    mask_prob: float = 0.0
    """Chance that a capitalised word is masked, so that its context and its other occurrences must identify it."""
    more_datasets: tuple[str, ...] = ()
    """Further data sets whose train splits are read, each with its own way of marking names; that of --dataset counts.
    Naming one twice reads it twice, and --dataset may be named again."""
    char_size: int = 0
    """Units, per direction, of a network over the characters of each word. With it a second tagger, of whole words, is
    trained beside the tagger of subwords, which stays as in --init-from; 0 = none."""
    vectors: Path | None = None
    """Table of outside word vectors for the second tagger, written by `train.py vectors`."""
    word_dropout_prob: float = 0.3
    """Chance that a number in a word's vector is set to 0; 0 = off."""
    unknown_prob: float = 0.02
    """Chance that a word is treated as missing from the table; 0 = off."""
    title_prob: float = 0.0
    """Chance that a training sentence becomes a Headline With Capitals."""
    chat_prob: float = 0.0
    """Chance that a training sentence becomes a chat message: emoji and interjections added, the full stop removed."""

    @property
    def corpora(self) -> tuple[str, ...]:
        """Each data set once, --dataset first."""
        return tuple(dict.fromkeys((self.dataset, *self.more_datasets)))

    def __post_init__(self) -> None:
        """Refuse settings that no training can use, before any data is read."""
        super().__post_init__()
        require_share(self, "lowercase_prob", "alpha", "title_prob", "chat_prob")
        require_at_least(self, 1, "window_sentences", "tagger_size")
        require_at_least(self, 0, "pos_weight")
        require_below_one(self, "mask_prob", "tagger_dropout_prob")
        total = self.lowercase_prob + self.title_prob + self.chat_prob
        require(total <= 1, "lowercase_prob + title_prob + chat_prob", total, "1 or less")
        whole_words = self.vectors is not None or bool(self.more_datasets)
        allowed = "1 or more with --vectors and --more-datasets"
        require(self.char_size > 0 or not whole_words, "char_size", self.char_size, allowed)
        require(not (self.char_size and self.alpha), "alpha", self.alpha, "0 with --char-size")


@dataclass(frozen=True, kw_only=True)
class VectorsRecipe:
    """Make a small table of outside word vectors for `ner --vectors`."""

    source: str
    """A text file with one word and its numbers per line, the most frequent words first, as for GloVe; or the name or
    folder of an installed spaCy model with vectors."""
    name: str
    """Its name on the model card."""
    licence: str
    """Its licence on the model card."""
    output: Path = Path("runs/vectors.safetensors")
    """The file to write."""
    words: int = 400_000
    """Words to keep, the first ones."""
    parts: int = 20
    """Bytes in which each vector is stored; they divide its numbers."""
    seed: int = 0
    """Seed of the sample of words that the codebooks are computed from."""
    dry_run: bool = False
    """Quantise 256 words and write nothing."""

    def __post_init__(self) -> None:
        """Refuse settings below 1."""
        require_at_least(self, 1, "words", "parts")
