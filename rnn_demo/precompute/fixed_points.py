"""The entry `fixed_points`: fixed points of a sentiment network and its random-init baseline, from held-out reviews."""

from rnn_demo.microscope.fixed_points import compare_fixed_points, result_of, to_entry
from rnn_demo.precompute.held_out import HeldOut
from rnn_demo.precomputed import Entry
from rnn_demo.predictor import Predictor
from rnn_demo.sentiment.score import SentimentScorer

NUM_TEXTS, MAX_TOKENS = 100, 200
NUM_STARTS = 200


def precompute_fixed_points(predictor: Predictor, held_out: HeldOut) -> Entry | None:
    """Search from the states along NUM_TEXTS reviews and sentences; return None unless it is a sentiment model."""
    if not isinstance(predictor, SentimentScorer):
        return None
    rows = held_out.reviews[:: max(1, len(held_out.reviews) // NUM_TEXTS)][:NUM_TEXTS]
    texts = [predictor.encode(row.text).token_ids[:MAX_TOKENS] for row in rows]
    return to_entry(result_of(compare_fixed_points(predictor, texts, NUM_STARTS)))
