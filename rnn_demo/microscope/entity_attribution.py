"""Token attributions of an entity's log-odds.

    log-odds = log p - log(1 - p)        p = p(exactly this span has this label | X), the CRF's confidence

The log-odds are one number per entity, in logits, and include the CRF's transitions and all other paths; the confidence
on the page is their sigmoid. Integrated gradients attribute them as in `attribution.py`. A tagger has a forward and a
backward embedding; the attribution of a subword is the sum over both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from rnn_demo.entities.consistency import Occurrences, smooth_emissions
from rnn_demo.entities.crf import TagSpan
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.scores import bar_signs, group_names
from rnn_demo.entities.spelling import collate_spelling
from rnn_demo.entities.subwords import as_read
from rnn_demo.entities.tag import EntityTagger
from rnn_demo.entities.words import Word
from rnn_demo.errors import InputError
from rnn_demo.microscope.attribution import (
    BATCH_TOKENS,
    MAX_OCCLUDED,
    MAX_TOKENS,
    AttributedToken,
    Attribution,
    attribute_along_path,
)
from rnn_demo.results import TaggedText
from rnn_demo.tokenizer import Token

SMALLEST_PROB = 1e-15
"""Lower bound of 1 - p: the resolution of float64."""


@dataclass(frozen=True)
class Window:
    """Consecutive words of a text, as a tagger reads them, around an entity."""

    words: Sequence[Word]
    subwords: Sequence[Sequence[Token]]
    sentence_sizes: Sequence[int]
    """Words per sentence; sentences are read separately."""
    sentence: int
    """Index of the sentence with the entity."""
    span: TagSpan
    """In words of that sentence."""
    vectors: Tensor
    """float32 (1, 1 + seq, 2 * embed); of the prefix, then of the subwords, forward and backward embedding."""
    occurrences: Occurrences
    """Occurrences of the same name. They stay fixed during occlusion: the log-odds would jump if they changed."""

    @property
    def subword_counts(self) -> list[int]:
        """Subwords per word."""
        return [len(subwords) for subwords in self.subwords]


def attribute_entity(tagger: EntityTagger, tagged: TaggedText, entity: int = 0) -> Attribution:
    """Attribute the log-odds of an entity to the tokens of a text; the baseline has all embeddings at 0.

    Args:
        tagger: the tagger that marked the entity.
        tagged: a text and its entities; a window of MAX_TOKENS tokens around the entity is read.
        entity: index of the entity, from 0.

    Raises:
        InputError: there is no such entity.
    """
    window = read_window(tagger, tagged, entity, MAX_TOKENS)
    tokens = [token for subwords in window.subwords for token in subwords]
    return attribute_along_path(lambda batch: log_odds(tagger, window, batch), window.vectors, tokens, num_start=1)


@torch.inference_mode()
def leave_one_word_out(tagger: EntityTagger, tagged: TaggedText, entity: int = 0) -> tuple[AttributedToken, ...]:
    """Return the drop of an entity's log-odds when each word in a window of MAX_OCCLUDED tokens is occluded.

    Occlusion sets the word's vectors to 0. The word keeps its position, because it may be part of the entity.
    """
    window = read_window(tagger, tagged, entity, MAX_OCCLUDED)
    full_log_odds = float(log_odds(tagger, window, window.vectors))
    word_of_subword = torch.arange(len(window.words)).repeat_interleave(torch.tensor(window.subword_counts))  # (seq,)
    drops: list[float] = []
    for words in torch.arange(len(window.words)).split(max(1, BATCH_TOKENS // window.vectors.shape[1])):
        vectors = window.vectors.repeat(len(words), 1, 1)
        vectors[:, 1:] *= (word_of_subword != words[:, None])[:, :, None]
        drops += (full_log_odds - log_odds(tagger, window, vectors)).tolist()
    return tuple(
        AttributedToken(word.text, word.start, word.end, drop) for word, drop in zip(window.words, drops, strict=True)
    )


def read_window(tagger: EntityTagger, tagged: TaggedText, entity: int, most: int) -> Window:
    """Return a window of at most `most` tokens around an entity."""
    entities = tagged.entities
    if not entities:
        raise InputError(f"{tagger.name} finds no entity in this text; give one with a name in it")
    if not 0 <= entity < len(entities):
        raise InputError(
            f"entity is {entity}; {tagger.name} finds {len(entities)} in this text: give 0..{len(entities) - 1}"
        )
    flat = [
        (word, tokens, number)
        for number, sentence in enumerate(tagger.split(tagged.text))
        for word, tokens in zip(*sentence, strict=True)
    ]
    start = next(i for i, (word, _, _) in enumerate(flat) if word.start == entities[entity].start)
    end = next(i for i, (word, _, _) in enumerate(flat) if word.end == entities[entity].end) + 1
    first, last = window_around([len(tokens) for _, tokens, _ in flat], start, end, most)
    words, subwords, numbers = zip(*flat[first:last], strict=True)
    sizes = [len(list(sentence)) for _, sentence in groupby(numbers)]  # the outer sentences may be cut
    sentence = numbers[start - first] - numbers[0]
    before = first + sum(sizes[:sentence])
    span = TagSpan(0, start - before, end - before, entities[entity].label)
    model = tagger.model
    with torch.no_grad():
        token_ids = torch.tensor([[tagger.start_id, *(token.token_id for tokens in subwords for token in tokens)]])
        vectors = torch.cat([model.encoder.embed(token_ids), model.backward_encoder.embed(token_ids)], dim=-1)
        vectors = with_features(model, vectors, window_words(words, sizes), [len(tokens) for tokens in subwords])
        emissions, pos_logits = score_window(model, vectors, [len(tokens) for tokens in subwords], sizes)
    in_order = iter(words)
    forms = [[word.text.lower() for word in islice(in_order, size)] for size in sizes]
    occurrences = group_names(model, forms, emissions[0], pos_logits[0])
    return Window(words, subwords, sizes, sentence, span, vectors, occurrences)


def window_around(sizes: Sequence[int], start: int, end: int, most: int) -> tuple[int, int]:
    """Grow start..end on both sides while its total size is at most `most`.

    >>> window_around([1, 1, 1, 5, 1, 1], 2, 3, 4), window_around([1, 1], 1, 2, 9)
    ((0, 3), (0, 2))
    """
    size, grows = sum(sizes[start:end]), True
    while grows:
        grows = False
        if start > 0 and size + sizes[start - 1] <= most:
            start, size, grows = start - 1, size + sizes[start - 1], True
        if end < len(sizes) and size + sizes[end] <= most:
            end, size, grows = end + 1, size + sizes[end], True
    return start, end


def log_odds(tagger: EntityTagger, window: Window, vectors: Tensor) -> Tensor:
    """Return the log-odds, (batch,), of the window's entity for other vectors, (batch, 1 + seq, size)."""
    model, sizes = tagger.model, window.sentence_sizes
    emissions, _ = score_window(model, vectors, window.subword_counts, sizes)
    smoothed = smooth_emissions(emissions.double(), window.occurrences, model.config.alpha)
    masked = bar_signs(model, smoothed, [word.text for word in window.words])
    sentence = masked.split(list(sizes), dim=1)[window.sentence]
    spans = [replace(window.span, row=row) for row in range(len(vectors))]
    probs = model.crf.span_posteriors(sentence, torch.full((len(vectors),), sentence.shape[1]), spans)  # (batch,)
    return probs.log() - (1 - probs).clamp(min=SMALLEST_PROB).log()


def score_window(
    model: TaggerModel, vectors: Tensor, subword_counts: Sequence[int], sentence_sizes: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Score the words of a window; sentences are read separately.

    Args:
        model: a tagger.
        vectors: float32 (batch, 1 + seq, size); variants of the window's vectors.
        subword_counts: subwords per word.
        sentence_sizes: words per sentence.

    Returns:
        emissions (batch, words, tags), and pos_logits (batch, words, parts of speech).
    """
    batch = len(vectors)
    counts = [part.tolist() for part in torch.tensor(subword_counts).split(list(sentence_sizes))]
    start, *parts = vectors.split([1, *map(sum, counts)], dim=1)
    # (1 + longest, sentences, batch, 2 * embed), then one row per sentence and variant
    padded = pad_sequence([torch.cat([start, part], dim=1).transpose(0, 1) for part in parts])
    rows = padded.flatten(1, 2).transpose(0, 1)
    row_counts = pad_sequence([torch.tensor(part) for part in counts], batch_first=True).repeat_interleave(batch, 0)
    embed_size = model.config.embed_size
    forward, backward, spread = rows.split([embed_size, embed_size, rows.shape[2] - 2 * embed_size], dim=-1)
    features = None if model.word_tagger is None else gather_words(spread[:, 1:], row_counts)
    scores = model.score_vectors(forward, backward, row_counts, features)

    def concatenate(by_row: Tensor) -> Tensor:
        return torch.cat([rows[:, :n] for rows, n in zip(by_row.split(batch), sentence_sizes, strict=True)], dim=1)

    return concatenate(scores.emissions), concatenate(scores.pos_logits)


def window_words(words: Sequence[Word], sentence_sizes: Sequence[int]) -> list[str]:
    """Return the words of a window as the tagger reads them."""
    in_order = iter(words)
    return [word for size in sentence_sizes for word in as_read([word.text for word in islice(in_order, size)])]


def with_features(model: TaggerModel, vectors: Tensor, words: Sequence[str], subword_counts: Sequence[int]) -> Tensor:
    """Append word vectors to the subword vectors, divided equally among the subwords of a word.

    The path of integration then scales both together, and a subword's attribution covers both.

    Args:
        model: a tagger; the vectors are returned unchanged if it has no word vectors.
        vectors: float32 (1, 1 + seq, 2 * embed).
        words: as the tagger reads them.
        subword_counts: subwords per word.

    Returns:
        float32 (1, 1 + seq, 2 * embed + size of a word's vector).
    """
    if model.word_tagger is None:
        return vectors
    counts = torch.tensor(subword_counts)
    features = model.word_tagger.reader(**collate_spelling([words]))[0] / counts[:, None]
    spread = torch.cat([features.new_zeros(1, features.shape[1]), features.repeat_interleave(counts, 0)])
    return torch.cat([vectors, spread[None]], dim=-1)


def gather_words(spread: Tensor, subword_counts: Tensor) -> Tensor:
    """Sum vectors over the subwords of each word.

    Args:
        spread: float32 (batch, seq, size).
        subword_counts: int64 (batch, words); 0 past each sentence.

    Returns:
        float32 (batch, words, size).

    >>> gather_words(torch.tensor([[[1.0], [2.0], [4.0], [9.0]]]), torch.tensor([[2, 1, 0]])).flatten().tolist()
    [3.0, 4.0, 0.0]
    """
    ends = subword_counts.cumsum(1)
    places = torch.arange(spread.shape[1], device=spread.device)
    belongs = (places < ends[:, :, None]) & (places >= (ends - subword_counts)[:, :, None])  # (batch, words, seq)
    return belongs.to(spread.dtype) @ spread
