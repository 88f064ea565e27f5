"""The section `fixed_points`: where a sentiment network rests, from held-out reviews, trained and as it was drawn."""

from rnn_demo.microscope.baseline import random_init_baseline
from rnn_demo.microscope.fixed_points import FixedPoints, find_fixed_points
from rnn_demo.microscope.fixed_points_section import section_of
from rnn_demo.precompute.held_out import HeldOut
from rnn_demo.precomputed import Entry
from rnn_demo.predictor import Predictor
from rnn_demo.sentiment.score import SentimentScorer

NUM_TEXTS, MAX_TOKENS = 100, 200
NUM_STARTS = 200


def precompute_fixed_points(predictor: Predictor, held_out: HeldOut) -> Entry | None:
    """Search from the states of NUM_TEXTS reviews and sentences; None where the predictor is no sentiment model."""
    if not isinstance(predictor, SentimentScorer):
        return None
    rows = held_out.reviews[:: max(1, len(held_out.reviews) // NUM_TEXTS)][:NUM_TEXTS]
    texts = [predictor.encode(row.text).token_ids[:MAX_TOKENS] for row in rows]
    found: dict[str, FixedPoints] = {}
    for state, network in (("trained", predictor), ("untrained", random_init_baseline(predictor))):
        for news in find_fixed_points(network, texts, NUM_STARTS):
            if isinstance(news, FixedPoints):
                found[state] = news
    return section_of(found)
