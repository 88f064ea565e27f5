"""Why a tagger marks an entity: which tokens its log-odds rest on.

    log-odds = log p - log(1 - p)        p = p(exactly this span has this label | X), the CRF's own confidence

That is one number in logits for the whole entity, whatever its length, with the steps between tags and the other paths
counted in, and the confidence on the page is its sigmoid. Integrated gradients share it out as for sentiment (see
`microscope/attribution.py`). A tagger reads every subword with two encoders that have an embedding each: the share of a
subword is that of its two vectors together.
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
"""Of not being this entity: float64 tells no smaller one."""


@dataclass(frozen=True)
class Window:
    """Some consecutive words of a text, as a tagger reads them, and an entity among them."""

    words: Sequence[Word]
    subwords: Sequence[Sequence[Token]]
    sentence_sizes: Sequence[int]
    """Words in each sentence; each is read by itself."""
    sentence: int
    """The number of the one with the entity."""
    span: TagSpan
    """Counted in the words of that sentence."""
    vectors: Tensor
    """float32 (1, 1 + seq, 2 * embed); of the prefix, then of the subwords, for the forward encoder and for the
    backward one."""
    places: Occurrences
    """Which words are the same name: in the whole window, and kept so where a part of it is left out, or the log-odds
    would jump where a word stops being a name."""

    @property
    def subword_counts(self) -> list[int]:
        """Subwords in each word."""
        return [len(subwords) for subwords in self.subwords]


def attribute_entity(tagger: EntityTagger, tagged: TaggedText, entity: int = 0) -> Attribution:
    """Attribute the log-odds of an entity to the tokens of a text; the baseline is a text of empty tokens.

    Args:
        tagger: the tagger that found it.
        tagged: a text and its entities; of a longer one only the MAX_TOKENS tokens around the entity are read.
        entity: its index among the entities, from 0.

    Raises:
        InputError: there is no such entity.
    """
    window = read_window(tagger, tagged, entity, MAX_TOKENS)
    tokens = [token for subwords in window.subwords for token in subwords]
    return attribute_along_path(lambda batch: log_odds(tagger, window, batch), window.vectors, tokens, num_start=1)


@torch.inference_mode()
def leave_one_word_out(tagger: EntityTagger, tagged: TaggedText, entity: int = 0) -> tuple[AttributedToken, ...]:
    """Return by how much the log-odds of an entity fall when each word is left out; otherwise as `attribute_entity`.

    A word is left out by setting its vectors to 0, for its place has to stay: the entity may be that very word.

    Returns:
        One entry a word, of the MAX_OCCLUDED tokens around the entity.
    """
    window = read_window(tagger, tagged, entity, MAX_OCCLUDED)
    whole = float(log_odds(tagger, window, window.vectors))
    word_of_piece = torch.arange(len(window.words)).repeat_interleave(torch.tensor(window.subword_counts))  # (seq,)
    falls: list[float] = []
    for words in torch.arange(len(window.words)).split(max(1, BATCH_TOKENS // window.vectors.shape[1])):
        vectors = window.vectors.repeat(len(words), 1, 1)
        vectors[:, 1:] *= (word_of_piece != words[:, None])[:, :, None]
        falls += (whole - log_odds(tagger, window, vectors)).tolist()
    return tuple(
        AttributedToken(word.text, word.start, word.end, fall) for word, fall in zip(window.words, falls, strict=True)
    )


def read_window(tagger: EntityTagger, tagged: TaggedText, entity: int, most: int) -> Window:
    """Return the words around an entity that have at most `most` tokens together."""
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
    sizes = [len(list(sentence)) for _, sentence in groupby(numbers)]  # the window may cut the first and the last
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
    places = group_names(model, forms, emissions[0], pos_logits[0])
    return Window(words, subwords, sizes, sentence, span, vectors, places)


def window_around(sizes: Sequence[int], start: int, end: int, most: int) -> tuple[int, int]:
    """Grow start..end to both sides for as long as what lies between has a size of `most` at most.

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
    """Return the log-odds of the window's entity for vectors in the place of its own: (batch, 1 + seq, size)."""
    model, sizes = tagger.model, window.sentence_sizes
    emissions, _ = score_window(model, vectors, window.subword_counts, sizes)
    settled = smooth_emissions(emissions.double(), window.places, model.config.alpha)
    barred = bar_signs(model, settled, [word.text for word in window.words])
    around = barred.split(list(sizes), dim=1)[window.sentence]
    spans = [replace(window.span, row=row) for row in range(len(vectors))]
    probs = model.crf.span_posteriors(around, torch.full((len(vectors),), around.shape[1]), spans)  # float64 (batch,)
    return probs.log() - (1 - probs).clamp(min=SMALLEST_PROB).log()


def score_window(
    model: TaggerModel, vectors: Tensor, subword_counts: Sequence[int], sentence_sizes: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Score the words of a window, each sentence read by itself.

    Args:
        model: a tagger.
        vectors: float32 (batch, 1 + seq, size); of the window, in several versions.
        subword_counts: subwords in each word.
        sentence_sizes: words in each sentence.

    Returns:
        emissions (batch, words, tags), and pos_logits (batch, words, parts of speech).
    """
    batch = len(vectors)
    counts = [part.tolist() for part in torch.tensor(subword_counts).split(list(sentence_sizes))]
    start, *parts = vectors.split([1, *map(sum, counts)], dim=1)
    # (1 + longest, sentences, batch, 2 * embed), then a row for each sentence of each version
    padded = pad_sequence([torch.cat([start, part], dim=1).transpose(0, 1) for part in parts])
    rows = padded.flatten(1, 2).transpose(0, 1)
    row_counts = pad_sequence([torch.tensor(part) for part in counts], batch_first=True).repeat_interleave(batch, 0)
    embed_size = model.config.embed_size
    forward, backward, spread = rows.split([embed_size, embed_size, rows.shape[2] - 2 * embed_size], dim=-1)
    features = None if model.word_tagger is None else gather_words(spread[:, 1:], row_counts)
    scores = model.score_vectors(forward, backward, row_counts, features)

    def end_to_end(found: Tensor) -> Tensor:
        return torch.cat([rows[:, :n] for rows, n in zip(found.split(batch), sentence_sizes, strict=True)], dim=1)

    return end_to_end(scores.emissions), end_to_end(scores.pos_logits)


def window_words(words: Sequence[Word], sentence_sizes: Sequence[int]) -> list[str]:
    """Return the words of each sentence of a window as the tagger reads them, end to end."""
    in_order = iter(words)
    return [word for size in sentence_sizes for word in as_read([word.text for word in islice(in_order, size)])]


def with_features(model: TaggerModel, vectors: Tensor, words: Sequence[str], subword_counts: Sequence[int]) -> Tensor:
    """Put the vectors of whole words beside those of their subwords, an equal part at each subword of a word.

    So both are scaled from nothing together, and the share of a subword is that of all that is read there.

    Args:
        model: a tagger; where it does not read whole words, the vectors stay as they are.
        vectors: float32 (1, 1 + seq, 2 * embed).
        words: as they are read.
        subword_counts: subwords in each word.

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
    """Add up what stands at the subwords of each word.

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
