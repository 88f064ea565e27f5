"""Why a tagger marks an entity: which tokens its log-odds rest on.

    log-odds = log p - log(1 - p)        p = p(exactly this span has this label | X), the CRF's own confidence

That is one number in logits for the whole entity, whatever its length, with the steps between tags and the other paths
counted in, and the confidence on the page is its sigmoid. Integrated gradients share it out as for sentiment (see
`microscope/attribution.py`). A tagger reads every piece with two encoders that have an embedding each: the share of a
piece is that of its two vectors together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rnn_demo.entities.agreement import Places, settle_together
from rnn_demo.entities.crf import TagSpan
from rnn_demo.entities.scores import group_names
from rnn_demo.entities.tag import EntityTagger
from rnn_demo.entities.words import Word, number_sentences
from rnn_demo.errors import InputError
from rnn_demo.microscope.attribution import BATCH_TOKENS, MAX_LEFT_OUT, MAX_TOKENS, share_out
from rnn_demo.results import AttributedToken, Attribution
from rnn_demo.tokenizer import Token

__all__ = ["attribute_entity", "leave_out_words", "log_odds", "window"]

SMALLEST_PROB = 1e-15
"""Of not being this entity: float64 tells no smaller one."""


@dataclass(frozen=True)
class Passage:
    """Some consecutive words of a text, as a tagger reads them, and an entity among them."""

    words: Sequence[Word]
    pieces: Sequence[Sequence[Token]]
    span: TagSpan
    """In row 0; counted in these words."""
    vectors: Tensor
    """float32 (1, 1 + seq, 2 * embed); of the start piece, then of the pieces, for the encoder that reads forwards and
    for the one that reads backwards."""
    places: Places
    """Which words are the same name: in the whole passage, and kept so where a part of it is left out, or the log-odds
    would jump where a word stops being a name."""

    @property
    def piece_counts(self) -> Tensor:
        """int64 (1, words)."""
        return torch.tensor([[len(pieces) for pieces in self.pieces]])


def attribute_entity(tagger: EntityTagger, text: str, entity: int = 0) -> Attribution:
    """Share the log-odds of an entity out among the tokens of a text, from a text of empty tokens.

    Args:
        tagger: what found it.
        text: of a longer one only the MAX_TOKENS tokens around the entity are read.
        entity: its place among the entities that the tagger finds, from 0.

    Raises:
        InputError: there is no such entity, or the text cannot be read.
    """
    passage = read_passage(tagger, text, entity, MAX_TOKENS)
    tokens = [token for pieces in passage.pieces for token in pieces]
    return share_out(lambda batch: log_odds(tagger, passage, batch), passage.vectors, tokens, num_start=1)


@torch.inference_mode()
def leave_out_words(tagger: EntityTagger, text: str, entity: int = 0) -> tuple[AttributedToken, ...]:
    """Say by how much the log-odds of an entity fall when each word is left out; otherwise as `attribute_entity`.

    A word is left out by setting its vectors to 0, for its place has to stay: the entity may be that very word.

    Returns:
        One entry a word, of the MAX_LEFT_OUT tokens around the entity.
    """
    passage = read_passage(tagger, text, entity, MAX_LEFT_OUT)
    whole = float(log_odds(tagger, passage, passage.vectors))
    word_of_piece = torch.arange(len(passage.words)).repeat_interleave(passage.piece_counts[0])  # (seq,)
    falls: list[float] = []
    for words in torch.arange(len(passage.words)).split(max(1, BATCH_TOKENS // passage.vectors.shape[1])):
        vectors = passage.vectors.repeat(len(words), 1, 1)
        vectors[:, 1:] *= (word_of_piece != words[:, None])[:, :, None]
        falls += (whole - log_odds(tagger, passage, vectors)).tolist()
    return tuple(
        AttributedToken(word.text, word.start, word.end, fall) for word, fall in zip(passage.words, falls, strict=True)
    )


def read_passage(tagger: EntityTagger, text: str, entity: int, most: int) -> Passage:
    """Find an entity, and take the words around it that have `most` tokens together."""
    found = tagger.predict([text])[0].entities
    if not found:
        raise InputError(f"{tagger.name} finds no entity in this text; give one with a name in it")
    if not 0 <= entity < len(found):
        raise InputError(f"entity is {entity}; {tagger.name} finds {len(found)} in this text: give 0..{len(found) - 1}")
    words, pieces = tagger.split(text)
    start = next(i for i, word in enumerate(words) if word.start == found[entity].start)
    end = next(i for i, word in enumerate(words) if word.end == found[entity].end) + 1
    first, last = window([len(tokens) for tokens in pieces], start, end, most)
    ids = [tagger.start_id, *(token.token_id for tokens in pieces[first:last] for token in tokens)]
    with torch.no_grad():
        token_ids = torch.tensor([ids])
        forward, backward = (e.embed(token_ids) for e in (tagger.model.encoder, tagger.model.backward_encoder))
        counts = torch.tensor([[len(tokens) for tokens in pieces[first:last]]])
        scores = tagger.model.score_vectors(forward, backward, counts)
        forms, numbers = [word.text.lower() for word in words], number_sentences(text, words)
        places = group_names(
            tagger.model, forms[first:last], numbers[first:last], scores.emissions[0], scores.pos_logits[0]
        )
    span = TagSpan(0, start - first, end - first, found[entity].label)
    return Passage(words[first:last], pieces[first:last], span, torch.cat([forward, backward], dim=-1), places)


def window(sizes: Sequence[int], start: int, end: int, most: int) -> tuple[int, int]:
    """Grow start..end to both sides for as long as what lies between has a size of `most` at most.

    >>> window([1, 1, 1, 5, 1, 1], 2, 3, 4), window([1, 1, 1, 5, 1, 1], 3, 4, 4), window([1, 1], 1, 2, 9)
    ((0, 3), (3, 4), (0, 2))
    """
    size, grows = sum(sizes[start:end]), True
    while grows:
        grows = False
        if start > 0 and size + sizes[start - 1] <= most:
            start, size, grows = start - 1, size + sizes[start - 1], True
        if end < len(sizes) and size + sizes[end] <= most:
            end, size, grows = end + 1, size + sizes[end], True
    return start, end


def log_odds(tagger: EntityTagger, passage: Passage, vectors: Tensor) -> Tensor:
    """Give the log-odds of the passage's entity for vectors in the place of its own: (batch, 1 + seq, 2 * embed)."""
    model = tagger.model
    forward, backward = vectors.chunk(2, dim=-1)
    scores = model.score_vectors(forward, backward, passage.piece_counts.expand(len(vectors), -1))
    spans = [replace(passage.span, row=row) for row in range(len(vectors))]
    emissions = settle_together(scores.emissions.double(), passage.places, model.config.agreement)
    probs = model.crf.span_posteriors(emissions, scores.num_words, spans)  # float64 (batch,)
    return probs.log() - (1 - probs).clamp(min=SMALLEST_PROB).log()
