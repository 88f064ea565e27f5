"""A linear-chain conditional random field: the last layer of a tagger, which scores whole tag sequences.

A softmax for each word would choose each tag by itself and could write I-PER after B-LOC. The CRF adds a score for
every step from one tag to the next and normalises over all tag sequences at once; dynamic programming does that in
time linear in the length. It reads scores, not words: the network below it makes the emissions.

Papers: Lafferty, McCallum & Pereira 2001 (the model, forward-backward) and Lample et al. 2016, arXiv:1603.01360,
section 2.2 (on top of a recurrent network), whose letters are used beside the equations.

The surprise: what the IOB2 scheme forbids, I-X anywhere but after B-X or I-X, is not left to learning. Those steps
have the fixed score IMPOSSIBLE_SCORE in training and decoding alike, and a probability of exactly 0 in float32.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnn_demo.errors import InputError, ShapeError, unknown_name

PAD_TAG_ID = -100
"""Stands for a tag past the end of a sentence; torch's own `ignore_index`."""

IMPOSSIBLE_SCORE = -1e4
"""Nats. Finite, because minus infinity gives gradients that are not numbers; exp of it is 0 in float32."""


@dataclass(frozen=True)
class TagSpan:
    """Consecutive words of one sentence of a batch that may be an entity."""

    row: int
    """Index of the sentence in the batch."""
    start: int
    """Index of the first word."""
    end: int
    """Index after the last word."""
    label: str
    """The part of a tag after B- or I-: PER, LOC, ..."""


class LinearChainCRF(nn.Module):
    """Scores, probabilities and best paths of tag sequences y for the emissions P of a sentence X of n words.

        s(X, y)   = start[y_1] + Σ_t P[t, y_t] + Σ_t A[y_t, y_t+1] + end[y_n]
        p(y | X)  = exp s(X, y) / Z(X)           Z(X) = Σ_y exp s(X, y) over all tag sequences
        α_t(j)    = P[t, j] + log Σ_i exp(α_t-1(i) + A[i, j])        all beginnings that end in tag j at t
        β_t(i)    = log Σ_j exp(A[i, j] + P[t+1, j] + β_t+1(j))      all endings after tag i at t
        p(y_t = j | X) = exp(α_t(j) + β_t(j)) / Z(X)

    A is `transitions[from_tag, to_tag]` (flair has the axes the other way round); Lample's A also holds the rows
    for start and end. All scores are nats. Half precision is computed in float32, float64 stays what it is; inside,
    probabilities take float64, because log Z of a thousand words leaves float32 too few digits behind the point.
    """

    forbidden_steps: Tensor
    """bool (from_tag, to_tag); True where IOB2 has no such step. Not saved: the tag names say it."""
    forbidden_starts: Tensor
    """bool (tags,); True where no sentence begins so."""

    def __init__(self, tags: Sequence[str]) -> None:
        """Make a CRF that has no preference yet between the steps that are possible.

        Args:
            tags: the names, in the order of the emissions' last axis; any name that is not B-X or I-X is unconstrained.

        Raises:
            InputError: no tags, or the same one twice.
        """
        super().__init__()
        self.tags = tuple(tags)
        if not self.tags or len(set(self.tags)) < len(self.tags):
            raise InputError(f"tags are {', '.join(self.tags) or 'empty'}; give one or more, each once")
        self.transitions = nn.Parameter(torch.zeros(self.num_tags, self.num_tags))
        self.start_scores = nn.Parameter(torch.zeros(self.num_tags))
        self.end_scores = nn.Parameter(torch.zeros(self.num_tags))
        # on the CPU even where the weights are only outlined, to be read from a file: these are in none
        steps = [[_may_follow(to_tag, from_tag) for to_tag in self.tags] for from_tag in self.tags]
        self.register_buffer("forbidden_steps", ~torch.tensor(steps, device="cpu"), persistent=False)
        starts = [_may_follow(to_tag, None) for to_tag in self.tags]
        self.register_buffer("forbidden_starts", ~torch.tensor(starts, device="cpu"), persistent=False)

    @property
    def num_tags(self) -> int:
        """Size of the tag set."""
        return len(self.tags)

    def path_score(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """Return the score of tag sequences.

        Args:
            emissions: float (batch, seq, tags); unnormalised scores, nats.
            tags: int64 (batch, seq); tag ids, anything past each length.
            lengths: int64 (batch,); words per sentence, 1..seq.

        Returns:
            float32 (batch,); s(X, y), nats. Each forbidden step in y costs IMPOSSIBLE_SCORE.

        Raises:
            ShapeError: shapes that do not fit, a length below 1 or above seq, a tag id that is no row.

        Source: Lample et al. 2016, section 2.2.
        """
        emissions, mask = self._checked(emissions, lengths)
        if tags.shape != mask.shape:
            raise ShapeError(f"tags are {tuple(tags.shape)}; they must be (batch, seq) = {tuple(mask.shape)}")
        tags = tags.masked_fill(~mask, 0)
        if tags.min() < 0 or tags.max() >= self.num_tags:
            raise ShapeError(f"tags run from {tags.min()} to {tags.max()}; they must be 0..{self.num_tags - 1}")
        last_tags = tags.gather(1, lengths[:, None] - 1)[:, 0]  # y_n  (batch,)
        emitted = emissions.gather(2, tags[:, :, None])[:, :, 0]  # P[t, y_t]  (batch, seq), 0 past each length
        stepped = self._steps()[tags[:, :-1], tags[:, 1:]] * mask[:, 1:]  # A[y_t, y_t+1]  (batch, seq - 1)
        return self._starts()[tags[:, 0]] + emitted.sum(1) + stepped.sum(1) + self.end_scores[last_tags]

    def log_partition(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """Return log Z(X), the sum over all tag sequences of each sentence.

        Args:
            emissions: float (batch, seq, tags); unnormalised scores, nats.
            lengths: int64 (batch,); words per sentence, 1..seq.

        Returns:
            float32 (batch,); log Z(X), nats.

        Raises:
            ShapeError: shapes that do not fit, a length below 1 or above seq.

        Cost: O(seq * tags^2) per sentence.
        Source: Lample et al. 2016, section 2.2; Lafferty et al. 2001.
        """
        emissions, _ = self._checked(emissions, lengths)
        alphas = self._alphas(emissions)
        last = alphas[torch.arange(len(alphas), device=alphas.device), lengths - 1]  # α_n  (batch, tags)
        return (last + self.end_scores).logsumexp(1)

    def log_likelihood(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """Return log p(y | X) of tag sequences; its negative is the loss to train on.

        Args:
            emissions: float (batch, seq, tags); unnormalised scores, nats.
            tags: int64 (batch, seq); tag ids, anything past each length.
            lengths: int64 (batch,); words per sentence, 1..seq.

        Returns:
            float32 (batch,); nats per sentence, at most 0.

        Raises:
            ShapeError: shapes that do not fit, a length below 1 or above seq, a tag id that is no row.

        Source: Lample et al. 2016, section 2.2.
        """
        return self.path_score(emissions, tags, lengths) - self.log_partition(emissions, lengths)

    def viterbi(self, emissions: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return the best tag path of each sentence.

        Args:
            emissions: float (batch, seq, tags); unnormalised scores, nats.
            lengths: int64 (batch,); words per sentence, 1..seq.

        Returns:
            paths: int64 (batch, seq); tag ids, PAD_TAG_ID past each length.
            scores: float32 (batch,); path score before normalising, nats.

        Raises:
            ShapeError: shapes that do not fit, a length below 1 or above seq.

        Cost: O(seq * tags^2) per sentence. Transitions are [from_tag, to_tag].
        Source: Lample et al. 2016, arXiv:1603.01360, section 2.2.
        """
        emissions, mask = self._checked(emissions, lengths)
        steps, stay = self._steps(), torch.arange(self.num_tags, device=emissions.device)
        best = self._starts() + emissions[:, 0]  # score of the best beginning that ends in tag j  (batch, tags)
        came_from = []
        for t in range(1, emissions.shape[1]):
            scores, tags = (best[:, :, None] + steps).max(1)  # over the tag before  (batch, tags)
            inside = mask[:, t, None]
            best = torch.where(inside, scores + emissions[:, t], best)
            came_from.append(torch.where(inside, tags, stay))  # past the end the path stays where it is
        scores, tag = (best + self.end_scores).max(1)
        path = [tag]
        for tags in reversed(came_from):
            path.append(tags.gather(1, path[-1][:, None])[:, 0])
        return torch.stack(path[::-1], dim=1).masked_fill(~mask, PAD_TAG_ID), scores

    def marginals(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """Return the probability of each tag at each word, over all paths: forward-backward.

        Args:
            emissions: float (batch, seq, tags); unnormalised scores, nats.
            lengths: int64 (batch,); words per sentence, 1..seq.

        Returns:
            float32 (batch, seq, tags); p(y_t = j | X), 0 past each length.

        Raises:
            ShapeError: shapes that do not fit, a length below 1 or above seq.

        Cost: O(seq * tags^2) per sentence.
        Source: Lafferty et al. 2001.
        """
        emissions, mask = self._checked(emissions, lengths)
        scores = self._alphas(emissions.double()) + self._betas(emissions.double(), lengths)
        probs = scores.softmax(2) * mask[:, :, None]  # log Σ_j exp(α_t(j) + β_t(j)) is log Z(X) at every t
        return probs.to(emissions.dtype)

    def span_posteriors(self, emissions: Tensor, lengths: Tensor, spans: Sequence[TagSpan]) -> Tensor:
        """Return the exact probability that the words of each span are exactly one entity with its label.

        That is B-X at `start`, I-X up to `end` and no I-X at `end`, summed over all paths elsewhere.

        Args:
            emissions: float (batch, seq, tags); unnormalised scores, nats.
            lengths: int64 (batch,); words per sentence, 1..seq.
            spans: spans and labels, in any order.

        Returns:
            float32 (spans,); probabilities.

        Raises:
            ShapeError: shapes that do not fit, a length below 1 or above seq, a span outside its sentence.
            InputError: a label whose B- or I- tag does not exist.

        Cost: as marginals, and O(end - start + tags) per span.
        Source: Culotta & McCallum 2004, "Confidence estimation for information extraction".
        """
        emissions, _ = self._checked(emissions, lengths)
        dtype, emissions = emissions.dtype, emissions.double()
        alphas, betas, steps = self._alphas(emissions), self._betas(emissions, lengths), self._steps()
        posteriors = emissions.new_zeros(len(spans))
        for index, span in enumerate(spans):
            begin, inside = self._tag_id(f"B-{span.label}"), self._tag_id(f"I-{span.label}")
            length = int(lengths[span.row]) if 0 <= span.row < len(lengths) else 0
            if not 0 <= span.start < span.end <= length:
                raise ShapeError(f"{span} does not lie within the {length} words of its sentence")
            emission, alpha, beta = emissions[span.row], alphas[span.row], betas[span.row]  # each (seq, tags)
            score, tag = alpha[span.start, begin], begin  # all beginnings up to B-X
            for t in range(span.start + 1, span.end):
                score, tag = score + steps[tag, inside] + emission[t, inside], inside
            if span.end < length:  # all endings but those that go on with I-X
                endings = steps[tag] + emission[span.end] + beta[span.end]
                score = score + torch.cat([endings[:inside], endings[inside + 1 :]]).logsumexp(0)
            else:
                score = score + self.end_scores[tag]
            posteriors[index] = (score - (alpha[span.start] + beta[span.start]).logsumexp(0)).exp()  # over Z(X)
        return posteriors.to(dtype)

    def _checked(self, emissions: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return emissions in float32 or better with 0 past each length, and the mask of the words."""
        shape = tuple(emissions.shape)
        if emissions.dim() != 3 or shape[2] != self.num_tags or 0 in shape:
            raise ShapeError(f"emissions are {shape}; they must be (batch, seq, {self.num_tags}), none of them 0")
        if lengths.shape != shape[:1]:
            raise ShapeError(f"lengths are {tuple(lengths.shape)}; they must be (batch,) = ({shape[0]},)")
        if lengths.min() < 1 or lengths.max() > shape[1]:
            raise ShapeError(f"lengths run from {lengths.min()} to {lengths.max()}; they must be 1..{shape[1]} (seq)")
        mask = torch.arange(shape[1], device=emissions.device) < lengths[:, None]  # (batch, seq)
        emissions = emissions.to(torch.promote_types(emissions.dtype, torch.float32))
        return emissions.masked_fill(~mask[:, :, None], 0.0), mask

    def _steps(self) -> Tensor:
        """Return A with its forbidden steps: (from_tag, to_tag)."""
        return self.transitions.masked_fill(self.forbidden_steps, IMPOSSIBLE_SCORE)

    def _starts(self) -> Tensor:
        """Return the start scores with the forbidden ones: (tags,)."""
        return self.start_scores.masked_fill(self.forbidden_starts, IMPOSSIBLE_SCORE)

    def _alphas(self, emissions: Tensor) -> Tensor:
        """Return α_t(j): (batch, seq, tags); without meaning past each length."""
        steps = self._steps()
        alphas = [self._starts() + emissions[:, 0]]
        for t in range(1, emissions.shape[1]):  # α_t(j) = P[t, j] + log Σ_i exp(α_t-1(i) + A[i, j])
            alphas.append(emissions[:, t] + (alphas[-1][:, :, None] + steps).logsumexp(1))
        return torch.stack(alphas, dim=1)

    def _betas(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """Return β_t(i): (batch, seq, tags); the end scores at the last word and past it."""
        steps, seq_len = self._steps(), emissions.shape[1]
        betas = [self.end_scores.expand(len(emissions), -1)]
        for t in reversed(range(seq_len - 1)):  # β_t(i) = log Σ_j exp(A[i, j] + P[t+1, j] + β_t+1(j))
            before = (steps + (emissions[:, t + 1] + betas[-1])[:, None, :]).logsumexp(2)
            betas.append(torch.where((t + 1 < lengths)[:, None], before, self.end_scores))
        return torch.stack(betas[::-1], dim=1)

    def _tag_id(self, tag: str) -> int:
        """Return the row of a tag."""
        if tag not in self.tags:
            raise unknown_name("tag", tag, self.tags)
        return self.tags.index(tag)


def _may_follow(to_tag: str, from_tag: str | None) -> bool:
    """Return whether IOB2 lets `to_tag` follow `from_tag`, or start a sentence (None).

    >>> _may_follow("I-PER", "B-PER"), _may_follow("I-PER", "O"), _may_follow("I-PER", None), _may_follow("B-LOC", "O")
    (True, False, False, True)
    """
    return not to_tag.startswith("I-") or from_tag in (f"B-{to_tag[2:]}", to_tag)
