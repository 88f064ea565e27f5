"""The CRF against brute force: every tag path of tiny sentences is written out and summed."""

from itertools import pairwise, product

import pytest
import torch
from torch import Tensor

from rnn_demo.entities.crf import IMPOSSIBLE_SCORE, PAD_TAG_ID, LinearChainCRF, TagSpan
from rnn_demo.errors import InputError, ShapeError

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
LENGTHS = torch.tensor([4, 1, 3])
ALL_SPANS = [
    TagSpan(row, start, end, label)
    for row, length in enumerate(LENGTHS.tolist())
    for start in range(length)
    for end in range(start + 1, length + 1)
    for label in ("PER", "LOC")
]


@pytest.fixture
def crf() -> LinearChainCRF:
    """Make a CRF in float64 whose scores are random."""
    generator = torch.Generator().manual_seed(0)
    crf = LinearChainCRF(TAGS).double()
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter, generator=generator)
    return crf


@pytest.fixture
def emissions() -> Tensor:
    """Draw scores for three sentences: float64 (3, 4, tags)."""
    return torch.randn(3, 4, len(TAGS), dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def all_paths(crf: LinearChainCRF, emissions: Tensor, length: int) -> list[tuple[tuple[int, ...], float]]:
    """List every path that IOB2 allows through one sentence (seq, tags), with its score added up term by term."""
    paths = []
    for path in product(range(len(TAGS)), repeat=length):
        names = [TAGS[tag] for tag in path]
        pairs = pairwise(["O", *names])
        if any(name[0] == "I" and before not in (f"B-{name[2:]}", name) for before, name in pairs):
            continue
        score = crf.start_scores[path[0]] + crf.end_scores[path[-1]]
        score += sum(emissions[t, tag] for t, tag in enumerate(path))
        score += sum(crf.transitions[before, tag] for before, tag in pairwise(path))
        paths.append((path, score.item()))
    return paths


def probabilities(crf: LinearChainCRF, emissions: Tensor, row: int) -> list[tuple[tuple[int, ...], float]]:
    """List every path through one sentence with its share of the whole."""
    paths = all_paths(crf, emissions[row], int(LENGTHS[row]))
    total = sum(torch.tensor(score).double().exp() for _, score in paths)
    return [(path, float(torch.tensor(score).double().exp() / total)) for path, score in paths]


def read_spans(path: tuple[int, ...]) -> set[tuple[int, int, str]]:
    """Read the entities off a path that IOB2 allows: (start, end, label)."""
    spans = set()
    for start, tag in enumerate(path):
        if TAGS[tag][0] == "B":
            end = start + 1
            while end < len(path) and TAGS[path[end]] == f"I-{TAGS[tag][2:]}":
                end += 1
            spans.add((start, end, TAGS[tag][2:]))
    return spans


def test_log_partition_equals_brute_force(crf, emissions):
    expected = [
        torch.tensor([score for _, score in all_paths(crf, emissions[row], length)]).double().logsumexp(0)
        for row, length in enumerate(LENGTHS.tolist())
    ]
    torch.testing.assert_close(crf.log_partition(emissions, LENGTHS), torch.stack(expected), rtol=1e-6, atol=1e-6)


def test_path_score_equals_brute_force(crf, emissions):
    for path, score in all_paths(crf, emissions[0], 4):
        assert crf.path_score(emissions[:1], torch.tensor([path]), LENGTHS[:1]).item() == pytest.approx(score)


def test_log_likelihood_of_all_paths_sums_to_one(crf, emissions):
    paths = torch.tensor([path for path, _ in all_paths(crf, emissions[0], 4)])
    batch = emissions[:1].expand(len(paths), -1, -1)
    log_likelihood = crf.log_likelihood(batch, paths, torch.full((len(paths),), 4))
    assert (log_likelihood < 0).all()
    assert log_likelihood.exp().sum().item() == pytest.approx(1)


def test_viterbi_equals_brute_force(crf, emissions):
    paths, scores = crf.viterbi(emissions, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        best_path, best_score = max(all_paths(crf, emissions[row], length), key=lambda scored: scored[1])
        assert paths[row].tolist() == [*best_path, *[PAD_TAG_ID] * (4 - length)]
        assert scores[row].item() == pytest.approx(best_score)


def test_marginals_equal_brute_force(crf, emissions):
    expected = torch.zeros_like(emissions)
    for row in range(len(LENGTHS)):
        for path, probability in probabilities(crf, emissions, row):
            for t, tag in enumerate(path):
                expected[row, t, tag] += probability
    torch.testing.assert_close(crf.marginals(emissions, LENGTHS), expected)


def test_marginals_are_the_gradient_of_the_log_partition(crf, emissions):
    emissions.requires_grad_()
    (gradient,) = torch.autograd.grad(crf.log_partition(emissions, LENGTHS).sum(), emissions)
    torch.testing.assert_close(crf.marginals(emissions, LENGTHS), gradient)


def test_span_posteriors_equal_brute_force(crf, emissions):
    expected = [
        sum(
            probability
            for path, probability in probabilities(crf, emissions, span.row)
            if (span.start, span.end, span.label) in read_spans(path)
        )
        for span in ALL_SPANS
    ]
    posteriors = crf.span_posteriors(emissions, LENGTHS, ALL_SPANS)
    torch.testing.assert_close(posteriors, torch.tensor(expected, dtype=torch.float64))


def test_span_posteriors_that_begin_at_a_word_sum_to_its_marginal(crf, emissions):
    spans = [TagSpan(0, 1, end, "PER") for end in (2, 3, 4)]
    marginal = crf.marginals(emissions, LENGTHS)[0, 1, TAGS.index("B-PER")]
    torch.testing.assert_close(crf.span_posteriors(emissions, LENGTHS, spans).sum(), marginal)
    assert crf.span_posteriors(emissions, LENGTHS, []).shape == (0,)


@pytest.mark.parametrize("filler", [0.0, 1e30, float("nan"), float("-inf")])
def test_padding_never_changes_an_answer(crf, emissions, filler):
    emissions = emissions.masked_fill((torch.arange(4) >= LENGTHS[:, None])[:, :, None], filler)
    wider = torch.cat([emissions, torch.full((3, 2, len(TAGS)), filler, dtype=torch.float64)], dim=1).requires_grad_()
    paths, scores = crf.viterbi(wider, LENGTHS)
    log_partition, marginals = crf.log_partition(wider, LENGTHS), crf.marginals(wider, LENGTHS)
    log_likelihood = crf.log_likelihood(wider, paths, LENGTHS)
    posteriors = crf.span_posteriors(wider, LENGTHS, ALL_SPANS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone, only = emissions[row : row + 1, :length], LENGTHS[row : row + 1]
        path, score = crf.viterbi(alone, only)
        assert paths[row].tolist() == path[0].tolist() + [PAD_TAG_ID] * (6 - length)
        torch.testing.assert_close(scores[row], score[0])
        torch.testing.assert_close(log_partition[row], crf.log_partition(alone, only)[0])
        torch.testing.assert_close(log_likelihood[row], crf.log_likelihood(alone, path, only)[0])
        torch.testing.assert_close(marginals[row, :length], crf.marginals(alone, only)[0])
        assert (marginals[row, length:] == 0).all()
        spans = [index for index, span in enumerate(ALL_SPANS) if span.row == row]
        moved = [TagSpan(0, ALL_SPANS[i].start, ALL_SPANS[i].end, ALL_SPANS[i].label) for i in spans]
        torch.testing.assert_close(posteriors[spans], crf.span_posteriors(alone, only, moved))
    (log_likelihood.sum() + marginals.sum() + posteriors.sum()).backward()
    assert wider.grad.isfinite().all()
    assert (wider.grad[:, 4:] == 0).all()
    assert all(parameter.grad.isfinite().all() for parameter in crf.parameters())


def test_batch_order_never_changes_an_answer(crf, emissions):
    order = torch.tensor([2, 0, 1])
    torch.testing.assert_close(
        crf.marginals(emissions, LENGTHS)[order], crf.marginals(emissions[order], LENGTHS[order])
    )
    paths, scores = crf.viterbi(emissions, LENGTHS)
    other_paths, other_scores = crf.viterbi(emissions[order], LENGTHS[order])
    assert torch.equal(paths[order], other_paths)
    torch.testing.assert_close(scores[order], other_scores)


def test_gradients_are_those_of_the_formula(crf, emissions):
    tags = torch.tensor([[1, 2, 0, 3], [0, 0, 0, 0], [3, 4, 0, 0]])
    inputs = (emissions.requires_grad_(), crf.transitions, crf.start_scores, crf.end_scores)
    assert torch.autograd.gradcheck(lambda emissions, *_: crf.log_likelihood(emissions, tags, LENGTHS), inputs)


def test_forbidden_steps_are_never_decoded_and_have_no_probability():
    crf = LinearChainCRF(TAGS)
    emissions = torch.zeros(1, 3, len(TAGS))
    emissions[..., TAGS.index("I-PER")] = 50.0  # the network is sure of I-PER everywhere, the first word included
    paths, _ = crf.viterbi(emissions, torch.tensor([3]))
    assert [TAGS[tag] for tag in paths[0].tolist()] == ["B-PER", "I-PER", "I-PER"]
    assert crf.marginals(emissions, torch.tensor([3]))[0, 0, TAGS.index("I-PER")] == 0
    for path in ([0, 2, 0], [2, 0, 0], [1, 4, 0]):
        assert crf.path_score(emissions * 0, torch.tensor([path]), torch.tensor([3])).item() == IMPOSSIBLE_SCORE


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_float32(dtype):
    crf = LinearChainCRF(TAGS)
    halves = torch.randn(2, 30, len(TAGS), generator=torch.Generator().manual_seed(2)).to(dtype)
    lengths = torch.tensor([30, 17])
    for method in (crf.log_partition, crf.marginals, lambda *given: crf.viterbi(*given)[1]):
        expected = method(halves.float(), lengths)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            answer = method(halves, lengths)
        assert answer.dtype == torch.float32
        assert torch.equal(answer, expected)


def test_long_sentence_keeps_its_probabilities_in_float32(crf):
    emissions = 10 * torch.randn(1, 2000, len(TAGS), generator=torch.Generator().manual_seed(3))
    lengths = torch.tensor([2000])
    spans = [TagSpan(0, start, start + 2, "LOC") for start in range(0, 1998, 50)]
    exact = crf.marginals(emissions.double(), lengths), crf.span_posteriors(emissions.double(), lengths, spans)
    crf.float()
    answer = crf.marginals(emissions, lengths), crf.span_posteriors(emissions, lengths, spans)
    for probs, exact_probs in zip(answer, exact, strict=True):
        assert probs.dtype == torch.float32
        assert probs.max() <= 1
        torch.testing.assert_close(probs.double(), exact_probs, rtol=0, atol=1e-6)


def test_training_learns_the_steps():
    crf = LinearChainCRF(TAGS)
    emissions, lengths = torch.zeros(1, 5, len(TAGS)), torch.tensor([5])
    tags = torch.tensor([[0, 1, 2, 0, 3]])
    optimizer = torch.optim.SGD(crf.parameters(), lr=1.0)
    for _ in range(50):
        optimizer.zero_grad()
        (-crf.log_likelihood(emissions, tags, lengths)).sum().backward()
        optimizer.step()
    assert torch.equal(crf.viterbi(emissions, lengths)[0], tags)


def test_state_dict_holds_the_scores_only():
    assert set(LinearChainCRF(TAGS).state_dict()) == {"transitions", "start_scores", "end_scores"}


@pytest.mark.parametrize(
    ("emissions_shape", "tags", "lengths", "message"),
    [
        ((2, 3, 5), [[0, 0, 0]] * 2, [0, 3], r"lengths run from 0 to 3; they must be 1\.\.3"),
        ((2, 3, 5), [[0, 0, 0]] * 2, [2, 4], r"lengths run from 2 to 4; they must be 1\.\.3"),
        ((2, 3, 5), [[0, 0, 0]] * 2, [3], r"lengths are \(1,\); they must be \(batch,\) = \(2,\)"),
        ((2, 3, 4), [[0, 0, 0]] * 2, [3, 3], r"emissions are \(2, 3, 4\); they must be \(batch, seq, 5\)"),
        ((0, 3, 5), [], [], r"emissions are \(0, 3, 5\)"),
        ((2, 3, 5), [[0, 0]] * 2, [3, 3], r"tags are \(2, 2\); they must be \(batch, seq\) = \(2, 3\)"),
        ((2, 3, 5), [[0, 5, 0]] * 2, [3, 3], r"tags run from 0 to 5; they must be 0\.\.4"),
        ((2, 3, 5), [[0, PAD_TAG_ID, 0]] * 2, [3, 3], r"tags run from -100 to 0"),
    ],
)
def test_misfits_are_refused(emissions_shape, tags, lengths, message):
    with pytest.raises(ShapeError, match=message):
        LinearChainCRF(TAGS).log_likelihood(torch.zeros(emissions_shape), torch.tensor(tags), torch.tensor(lengths))


@pytest.mark.parametrize("span", [TagSpan(0, 2, 2, "PER"), TagSpan(0, -1, 1, "PER"), TagSpan(1, 0, 2, "PER")])
def test_span_outside_its_sentence_is_refused(crf, emissions, span):
    with pytest.raises(ShapeError, match=r"does not lie within the . words of its sentence"):
        crf.span_posteriors(emissions, LENGTHS, [span])


def test_unknown_label_is_refused(crf, emissions):
    with pytest.raises(InputError, match=r"unknown tag 'B-PERS'; choose one of O, B-PER.*did you mean 'B-PER'"):
        crf.span_posteriors(emissions, LENGTHS, [TagSpan(0, 0, 1, "PERS")])


@pytest.mark.parametrize(("tags", "message"), [((), "tags are empty"), (("O", "O"), "tags are O, O")])
def test_bad_tag_sets_are_refused(tags, message):
    with pytest.raises(InputError, match=message):
        LinearChainCRF(tags)
