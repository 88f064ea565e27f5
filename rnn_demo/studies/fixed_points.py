"""The section `fixed_points`: where a sentiment network rests, from held-out reviews, trained and as it was drawn."""

from rnn_demo.microscope.fixed_points import find_fixed_points
from rnn_demo.microscope.fixed_points_section import section_of
from rnn_demo.microscope.study import Section
from rnn_demo.microscope.untrained import untrained_twin
from rnn_demo.reader import Reader
from rnn_demo.results import FixedPoints
from rnn_demo.studies.held_out import HeldOut

__all__ = ["study_fixed_points"]

NUM_TEXTS, MAX_TOKENS = 100, 200
NUM_STARTS = 200


def study_fixed_points(reader: Reader, held_out: HeldOut) -> Section | None:
    """Search from the states of NUM_TEXTS reviews and sentences; None where the reader is no sentiment model."""
    if reader.task != "sentiment":
        return None
    rows = held_out.reviews[:: max(1, len(held_out.reviews) // NUM_TEXTS)][:NUM_TEXTS]
    texts = [reader.encode(row.text).token_ids[:MAX_TOKENS] for row in rows]
    found: dict[str, FixedPoints] = {}
    for state, network in (("trained", reader), ("untrained", untrained_twin(reader))):
        for news in find_fixed_points(network, texts, NUM_STARTS):
            if isinstance(news, FixedPoints):
                found[state] = news
    return section_of(found)
