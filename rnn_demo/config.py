"""Settings: what a network is made of, and how it is trained.

Frozen dataclasses. Each field is followed by its meaning and unit; the flags of `train.py` and their help are
generated from these lines, and a checkpoint's `config.json` is read back into them.
"""

from dataclasses import dataclass
from pathlib import Path

from rnn_demo.checks import require


@dataclass(frozen=True)
class EncoderConfig:
    """The recurrent network under every task."""

    cell: str
    """A name in CELLS: rnn, gru or lstm."""
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
        for field in ("vocab_size", "embed_size", "hidden_size", "num_layers"):
            require(getattr(self, field) >= 1, field, getattr(self, field), "1 or more")
        for field in ("dropout_prob", "weight_drop_prob", "embed_drop_prob"):
            require(0 <= getattr(self, field) < 1, field, getattr(self, field), "in [0, 1)")


@dataclass(frozen=True)
class LanguageModelConfig(EncoderConfig):
    """A language model: an encoder that reads in one direction, and a softmax tied to its embedding."""

    backward: bool = False
    """Whether texts are read from their end to their beginning: such a model cannot write, it helps a tagger."""
    ar_weight: float = 0.0
    """Share of the outputs' size in the loss while training (see `activation.py`); 0 = off."""
    tar_weight: float = 0.0
    """Share of the outputs' jumps in the loss while training; 0 = off."""


@dataclass(frozen=True)
class SentimentConfig(EncoderConfig):
    """A sentiment classifier: an encoder that reads forwards, pooled over all steps, and one sigmoid."""

    emoji_names: bool = False
    """Whether emoji are read by their names (see `sentiment/emoji.py`), as networks trained from now on do."""
    temperatures: tuple[tuple[float, float], ...] = ()
    """Pairs of a length in tokens and what the log-odds of texts so long are divided by, shortest first (see
    `training/calibration.py`); empty = nothing."""

    neutral_widths: tuple[tuple[float, float], ...] = ()
    """The same pairs for what the log-odds are then drawn in by, so that the middle of the scale means neutral (see
    `sentiment/calibration.py`); empty = nothing."""

    def __post_init__(self) -> None:
        """Accept the lists that JSON gives; refuse temperatures that no text could have."""
        super().__post_init__()
        object.__setattr__(self, "temperatures", tuple((float(n), float(t)) for n, t in self.temperatures))
        lengths = [n for n, _ in self.temperatures]
        in_order = lengths == sorted(lengths)
        positive = all(number > 0 for pair in self.temperatures for number in pair)
        object.__setattr__(self, "neutral_widths", tuple((float(n), float(w)) for n, w in self.neutral_widths))
        widths = all(n > 0 and width >= 0 for n, width in self.neutral_widths)
        require(widths, "neutral_widths", self.neutral_widths, "pairs of a length and a number of 0 or more")
        require(in_order and positive, "temperatures", self.temperatures, "pairs of numbers above 0, shortest first")


@dataclass(frozen=True)
class TaggerConfig(EncoderConfig):
    """An entity tagger: a forward and a backward encoder of these sizes, a layer over the words, and a CRF."""

    tags: tuple[str, ...] = ()
    """The tag set, O first, in the order of the CRF's rows."""
    pos_tags: tuple[str, ...] = ("",)
    """The parts of speech; only "" where the data has none."""
    tagger_size: int = 256
    """Units in the layer over the words, one direction."""
    tagger_dropout_prob: float = 0.0
    """Chance that a number before or behind that layer is set to 0 while training; 0 = off."""
    char_size: int = 0
    """Units, one direction, of the network that reads the characters of each word beside its subwords; 0 = words are
    read by their subwords alone."""
    word_dropout_prob: float = 0.0
    """Chance that a number that this network gives is set to 0 while training; 0 = off."""
    unknown_prob: float = 0.0
    """Chance that a word has no vector from outside while training; 0 = off."""
    reads: str = "all"
    """What the scores rest on: "words" while the network for whole words learns beside that for subwords, "subwords"
    where only that one is asked, else "all" that is there."""
    vector_words: int = 0
    """Words in the table of vectors from outside (see `entities/vectors.py`); 0 = no table."""
    vector_rows: int = 0
    """Vectors in it."""
    vector_size: int = 0
    """Numbers in each."""
    vector_parts: int = 0
    """Bytes in which each is stored."""
    vectors: str = ""
    """Where they come from, and their licence."""
    corpora: tuple[str, ...] = ()
    """Data sets that it learned from, each with an offset of its own to the scores of the tags, for no two mark names
    quite alike; texts are read as if they came from the first. Empty where there is but one."""
    agreement: float = 0.0
    """Share of a name's other places in the scores of each place (see `entities/agreement.py`); 0 = none."""

    def __post_init__(self) -> None:
        """Accept the lists that JSON gives; refuse an empty tag set."""
        super().__post_init__()
        object.__setattr__(self, "tags", tuple(self.tags))
        object.__setattr__(self, "pos_tags", tuple(self.pos_tags))
        object.__setattr__(self, "corpora", tuple(self.corpora))
        require(len(self.tags) > 0, "tags", self.tags, "one tag or more")
        require(self.tagger_size >= 1, "tagger_size", self.tagger_size, "1 or more")
        for field in ("tagger_dropout_prob", "word_dropout_prob", "unknown_prob"):
            require(0 <= getattr(self, field) < 1, field, getattr(self, field), "in [0, 1)")
        for field in ("char_size", "vector_words", "vector_rows", "vector_size", "vector_parts"):
            require(getattr(self, field) >= 0, field, getattr(self, field), "0 or more")
        require(self.reads in ("all", "words", "subwords"), "reads", self.reads, "all, words or subwords")
        whole_words = bool(self.vector_words or self.corpora or self.reads == "words")
        require(self.char_size > 0 or not whole_words, "char_size", self.char_size, "1 or more where words are read")
        require(0 <= self.agreement <= 1, "agreement", self.agreement, "in [0, 1]")


@dataclass(frozen=True, kw_only=True)
class TokenizerRecipe:
    """How the tokenizer is trained."""

    data_dir: Path | None = None
    """Folder that holds a folder a data set; without it the data sets come from the Hub."""
    output_dir: Path | None = None
    """Where tokenizer.model is written; default checkpoints/tokenizer."""
    vocab_size: int = 8000
    """Subwords, special ones included."""
    max_lines: int = 1_000_000
    """Lines that are drawn from the corpora to learn from."""
    seed: int = 0
    """Chooses those lines."""
    dry_run: bool = False
    """Read the data, learn from 10,000 lines, write nothing."""


@dataclass(frozen=True, kw_only=True)
class VectorsRecipe:
    """How a table of word vectors is made, for taggers to read."""

    source: str
    """A text file with a word and its numbers a line, the most frequent words first, as GloVe has them; or the name of
    an installed spaCy model that has vectors, or its folder."""
    name: str
    """What the model card calls it."""
    licence: str
    """Its licence, for the model card."""
    output: Path = Path("runs/vectors.safetensors")
    """The file to write."""
    words: int = 400_000
    """Words that are kept, the first ones."""
    parts: int = 20
    """Bytes in which each vector is stored; they divide its numbers."""
    seed: int = 0
    """Chooses the words that the codebooks are found from."""
    dry_run: bool = False
    """Quantise 256 words and write nothing."""

    def __post_init__(self) -> None:
        """Refuse what cannot be made."""
        for field in ("words", "parts"):
            require(getattr(self, field) >= 1, field, getattr(self, field), "1 or more")


SIZES = {"embed_size": 256, "hidden_size": 512, "num_layers": 2}
"""Of a new network, where its recipe does not say."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What the trainings of every task have in common."""

    cell: str = "lstm"
    """rnn, gru or lstm."""
    data_dir: Path | None = None
    """Folder that holds a folder a data set; without it the data sets come from the Hub."""
    output_dir: Path | None = None
    """The checkpoint folder to write; default checkpoints/<task>-<cell>."""
    runs_dir: Path = Path("runs")
    """Where a run keeps its own state, logs and best weights, one folder a run; ignored by git."""
    tokenizer: str = "tokenizer"
    """Name under checkpoints/, or folder, whose tokenizer.model is used; with --init-from that checkpoint's own is."""
    init_from: str | None = None
    """Checkpoint name, folder or Hub id whose weights to start from; the same cell, and its sizes."""
    init_share: float = 0.0
    """Share of the weights that were started from, of the same task, in those that are saved (see averaging.py)."""
    steps: int | None = None
    """Optimiser steps to take; exclusive with --minutes."""
    minutes: float | None = None
    """Minutes to train for; exclusive with --steps. With neither, 20."""
    seed: int = 0
    """Chooses the initial weights, the order of the data and the dropout."""
    resume: bool = False
    """Continue this run from its own state."""
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
    """Each layer learns this many times slower than the one above it (Howard & Ruder 2018 take 2.6); 1 = off."""
    frozen_share: float = 0.0
    """Share of the run in which the encoders stay as they are and only what stands on them learns; 0 = off."""
    weight_decay: float = 0.01
    """AdamW's decoupled weight decay; 0 = off."""
    average_decay: float = 0.0
    """Share of itself that the average of the weights keeps at each step; the average is what is saved; 0 = off."""
    warmup_steps: int = 200
    """Steps over which the learning rate rises from 0; then it falls along a cosine to 0."""
    clip_norm: float = 1.0
    """Gradients longer than this are scaled down to it (Pascanu et al. 2013); 0 = off."""
    validate_every: int = 500
    """Steps between two validations; the best weights so far are kept."""
    precision: str = "auto"
    """auto probes whether bf16 autocast works here and pays, else fp32; bf16 or fp32 forces one."""
    num_threads: int = 0
    """CPU threads that torch uses; 0 = torch's own choice."""

    def __post_init__(self) -> None:
        """Refuse what cannot be trained, before any data is read."""
        require(self.steps is None or self.minutes is None, "steps", self.steps, "left out when --minutes is given")
        require(self.steps is None or self.steps >= 1, "steps", self.steps, "1 or more")
        require(self.minutes is None or self.minutes > 0, "minutes", self.minutes, "more than 0")
        for field in (*SIZES, "batch_size", "validate_every"):
            value = getattr(self, field)
            require(value is None or value >= 1, field, value, "1 or more")
        for field in ("weight_decay", "warmup_steps", "clip_norm", "num_threads"):
            require(getattr(self, field) >= 0, field, getattr(self, field), "0 or more")
        if self.steps is None and self.minutes is None:
            object.__setattr__(self, "minutes", 20.0)
        require(0 <= self.seed < 2**32, "seed", self.seed, "in 0..2^32 - 1")
        for field in (
            "dropout_prob",
            "weight_drop_prob",
            "embed_drop_prob",
            "frozen_share",
            "average_decay",
            "init_share",
        ):
            require(0 <= getattr(self, field) < 1, field, getattr(self, field), "in [0, 1)")
        require(not self.init_share or bool(self.init_from), "init_share", self.init_share, "0 without --init-from")
        require(self.lr > 0, "lr", self.lr, "more than 0")
        require(self.layer_lr_decay >= 1, "layer_lr_decay", self.layer_lr_decay, "1 or more")
        require(self.precision in ("auto", "bf16", "fp32"), "precision", self.precision, "auto, bf16 or fp32")

    def checkpoint_name(self, task: str) -> str:
        """The folder under checkpoints/ where nothing else is given: lm-gru."""
        return f"{task}-{self.cell}"


@dataclass(frozen=True, kw_only=True)
class LanguageRecipe(Recipe):
    """How a language model is trained: truncated back-propagation through a stream of text."""

    datasets: tuple[str, ...] = (
        "english_novels",
        "imdb",
        "reuters21578",
        "reuters_50_50",
        "tiny_shakespeare",
        "sst5",
        "conll2003",
    )
    """Data sets whose train and unsupervised splits are read; one that is named twice is read twice."""
    backward: bool = False
    """Read texts from their end to their beginning: the other half of a tagger's backbone."""
    lower_prob: float = 0.05
    """Chance that an excerpt is shown in small letters, as visitors type."""
    excerpt_chars: int = 20_000
    """Longer documents are cut at ends of lines into excerpts of at least so many characters; 0 = never."""
    characters: bool = False
    """Read single characters, those of the training text, instead of the subwords of --tokenizer."""
    ar_weight: float = 0.0
    """Share of the outputs' size in the loss (Merity et al. 2017); 0 = off."""
    tar_weight: float = 0.0
    """Share of the outputs' jumps in the loss (Merity et al. 2017); 0 = off."""
    validation_dataset: str = "english_novels"
    """Data set whose validation split chooses the best weights."""
    validation_tokens: int = 30_000
    """Tokens of it that are read at each validation; the number on the model card is of all of it."""
    batch_size: int = 32
    """Streams of text read side by side, over all processes."""
    seq_len: int = 70
    """Tokens between two updates, and the reach of the gradient; the state is carried on."""
    zero_state_prob: float = 0.01
    """Chance that a stream goes on from a zero state instead, as every text will begin (Melis et al. 2018); 0 = off."""
    lr: float = 5e-3
    validate_every: int = 1000

    def __post_init__(self) -> None:
        """Refuse what cannot be trained, before any data is read."""
        super().__post_init__()
        for field in ("seq_len", "validation_tokens"):
            require(getattr(self, field) >= 1, field, getattr(self, field), "1 or more")
        for field in ("excerpt_chars", "ar_weight", "tar_weight"):
            require(getattr(self, field) >= 0, field, getattr(self, field), "0 or more")
        require(not (self.characters and self.init_from), "characters", True, "False with --init-from")
        require(len(self.datasets) > 0, "datasets", self.datasets, "one data set or more")
        for field in ("lower_prob", "zero_state_prob"):
            require(0 <= getattr(self, field) <= 1, field, getattr(self, field), "in [0, 1]")

    def checkpoint_name(self, task: str) -> str:
        """The folder under checkpoints/ where nothing else is given: lm-gru, lm-gru-backward."""
        return super().checkpoint_name(task) + ("-backward" if self.backward else "")


@dataclass(frozen=True, kw_only=True)
class SentimentRecipe(Recipe):
    """How a sentiment classifier is trained."""

    datasets: tuple[str, ...] = ("imdb", "sst2", "sst5")
    """Labelled data sets whose train splits are read together; one that is named twice is read twice."""
    unlabelled: tuple[str, ...] = ()
    """Data sets whose unsupervised split (or train, if there is none) is learned from as the teacher judges it."""
    unlabelled_sentences: tuple[str, ...] = ()
    """The same, cut into sentences; one that is named twice gives twice as many."""
    teacher: str | None = None
    """Who judges them: a folder that `train.py teacher` wrote, a three-way classifier of the Hub, or a sentiment
    checkpoint, as --init-from. Its verdicts are kept in --runs-dir."""
    max_sentences: int = 10_000
    """Sentences that are judged for each time that a data set is named."""
    max_words: int = 40
    """Longer sentences are not judged."""
    patterns: int = 0
    """Everyday sentences made from patterns that are learned from too (see patterns.py)."""
    vary: bool = False
    """Write some of the short texts in small letters, in capitals or without their last stop."""
    long_every: int = 0
    """Every so many steps the batch is of texts of more than 64 subwords, else of shorter ones only; 0 = mixed."""
    short_batch_size: int = 64
    """Rows in a step of short texts, over all processes, where --long-every is given."""
    max_tokens: int = 400
    """A longer review is cut to its last so many tokens while training."""
    validation_rows: int = 1000
    """Held-out texts of each data set that are read at each validation."""
    adversarial_size: float = 0.0
    """How far a token's vector is pushed where the loss of its text rises fastest; 0 = off. Miyato et al. 2017 take 5
    for a whole text: 0.25 a token in one of 400."""
    dropout_prob: float = 0.3
    lr: float = 1e-3
    layer_lr_decay: float = 1.5
    frozen_share: float = 0.03
    validate_every: int = 1000

    def __post_init__(self) -> None:
        """Refuse what cannot be trained, before any data is read."""
        super().__post_init__()
        for field in ("max_tokens", "validation_rows"):
            require(getattr(self, field) >= 1, field, getattr(self, field), "1 or more")
        require(self.adversarial_size >= 0, "adversarial_size", self.adversarial_size, "0 or more")
        require(len(self.datasets) > 0, "datasets", self.datasets, "one data set or more")
        for field in ("max_sentences", "max_words", "short_batch_size"):
            require(getattr(self, field) >= 1, field, getattr(self, field), "1 or more")
        for field in ("patterns", "long_every"):
            require(getattr(self, field) >= 0, field, getattr(self, field), "0 or more")
        require(self.long_every != 1, "long_every", self.long_every, "0, or 2 or more")
        judged = bool(self.unlabelled or self.unlabelled_sentences)
        needs = "given with --unlabelled or --unlabelled-sentences, and left out without them"
        require((self.teacher is not None) == judged, "teacher", self.teacher, needs)


@dataclass(frozen=True, kw_only=True)
class TeacherRecipe:
    """How a teacher is fine-tuned."""

    data_dir: Path | None = None
    """Folder that holds a folder a data set; without it the data sets come from the Hub."""
    output_dir: Path = Path("runs/teacher")
    """The folder to write; `train.py sentiment --teacher` and `train.py evaluate` read it."""
    start: str = "sentence-transformers/all-mpnet-base-v2"
    """Folder or Hub id of the transformer to start from."""
    datasets: tuple[str, ...] = ("sst5", "sst2", "goemotions", "rated_sentences", "emobank")
    """Labelled data sets whose train splits are read; some of them with a neutral class."""
    max_rows: int = 3000
    """Rows of each of them, evenly from all."""
    max_words: int = 30
    """Longer texts are left out: they cost most."""
    patterns: int = 2000
    """Everyday sentences made from patterns (see sentiment/patterns.py), facts among them."""
    batch_size: int = 32
    """Rows in one optimiser step."""
    lr: float = 5e-5
    """Largest learning rate (AdamW)."""
    frozen_layers: int = 5
    """So many layers, and the embedding under them, stay as they are: they cost time and know enough."""
    seed: int = 0
    """Chooses the patterns, the order of the data and the new weights on top."""
    bf16: bool = True
    """Multiply in bf16: two to three times as fast on a CPU that can, slower on one that cannot."""
    num_threads: int = 0
    """CPU threads that torch uses; 0 = torch's own choice."""
    dry_run: bool = False
    """Take two steps and write nothing."""

    def __post_init__(self) -> None:
        """Refuse what cannot be trained, before any data is read."""
        for field in ("max_rows", "max_words", "batch_size"):
            require(getattr(self, field) >= 1, field, getattr(self, field), "1 or more")
        for field in ("patterns", "frozen_layers", "num_threads"):
            require(getattr(self, field) >= 0, field, getattr(self, field), "0 or more")
        require(self.lr > 0, "lr", self.lr, "more than 0")
        require(len(self.datasets) > 0, "datasets", self.datasets, "one data set or more")


@dataclass(frozen=True, kw_only=True)
class EntityRecipe(Recipe):
    """How an entity tagger is trained."""

    dataset: str = "conll2003"
    """Data set with `tokens`, `ner_tags` and maybe `pos_tags`, splits train and validation."""
    backward_from: str | None = None
    """Backward language model, as --init-from, whose encoder to start the backward direction from."""
    tagger_size: int = 256
    """Units in the layer over the words, one direction."""
    tagger_dropout_prob: float = 0.4
    """Chance that a number before or behind that layer is set to 0; 0 = off."""
    dropout_prob: float = 0.1
    batch_size: int = 16
    lr: float = 2e-3
    layer_lr_decay: float = 1.5
    validate_every: int = 800
    lower_prob: float = 0.2
    """Chance that a training sentence is shown in small letters."""
    passage_sentences: int = 3
    """Training sentences are also shown in passages of 2 to so many; 1 = never."""
    pos_weight: float = 0.1
    """Share of the part-of-speech loss that is added to that of the tags; 0 = off."""
    agreement: float = 0.0
    """Share with which the places of a name settle together while training: a batch is then sentences that follow each
    other, learned from together and alone; 0 = off. What is saved has the share that held-out data likes best."""
    hide_prob: float = 0.0
    """Chance that a word with a capital is hidden, so that its context and its other places must tell what it is."""
    more_datasets: tuple[str, ...] = ()
    """Data sets whose train splits are learned from too, each told apart from --dataset, whose way to mark names is the
    one that counts; a data set that is named twice is read twice, and --dataset may be named again."""
    char_size: int = 0
    """Units, one direction, of the network that reads the characters of each word. With it a second tagger, of whole
    words, learns beside the one of subwords, which stays as --init-from has it; 0 = none."""
    vectors: Path | None = None
    """Table of word vectors from outside that the second tagger reads, as `train.py vectors` makes it."""
    word_dropout_prob: float = 0.3
    """Chance that a number of a word's vector is set to 0; 0 = off."""
    unknown_prob: float = 0.02
    """Chance that a word is taken for one that the table does not have; 0 = off."""
    title_prob: float = 0.0
    """Chance that a training sentence is shown as a Headline With Capitals."""
    chat_prob: float = 0.0
    """Chance that a training sentence is shown as people chat: emoji and interjections around it, its stop missing."""

    @property
    def corpora(self) -> tuple[str, ...]:
        """Each data set once, the one that counts first."""
        return tuple(dict.fromkeys((self.dataset, *self.more_datasets)))

    def __post_init__(self) -> None:
        """Refuse what cannot be trained, before any data is read."""
        super().__post_init__()
        require(0 <= self.lower_prob <= 1, "lower_prob", self.lower_prob, "in [0, 1]")
        require(self.passage_sentences >= 1, "passage_sentences", self.passage_sentences, "1 or more")
        require(self.pos_weight >= 0, "pos_weight", self.pos_weight, "0 or more")
        require(0 <= self.agreement <= 1, "agreement", self.agreement, "in [0, 1]")
        require(0 <= self.hide_prob < 1, "hide_prob", self.hide_prob, "in [0, 1)")
        for field in ("title_prob", "chat_prob"):
            require(0 <= getattr(self, field) <= 1, field, getattr(self, field), "in [0, 1]")
        shown = self.lower_prob + self.title_prob + self.chat_prob
        require(shown <= 1, "lower_prob + title_prob + chat_prob", shown, "1 or less")
        whole_words = self.vectors is not None or bool(self.more_datasets)
        allowed = "1 or more with --vectors and --more-datasets"
        require(self.char_size > 0 or not whole_words, "char_size", self.char_size, allowed)
        require(not (self.char_size and self.agreement), "agreement", self.agreement, "0 with --char-size")
