"""What a model of each task is judged by at a glance: in the README's table and where cells are compared."""

from dataclasses import dataclass

from rnn_demo.checkpoint import Checkpoint


@dataclass(frozen=True)
class Headline:
    """One number of a checkpoint."""

    data: str
    """As dataset/split."""
    metric: str
    """A key of that split's metrics."""
    higher_is_better: bool = True

    def of(self, checkpoint: Checkpoint) -> float:
        """Return its value for a checkpoint."""
        return float(checkpoint.metrics[self.data][self.metric])

    def __str__(self) -> str:
        return f"{self.data} {self.metric}"


HEADLINES = {
    "lm": (Headline("english_novels/validation", "bits_per_char", higher_is_better=False),),
    "sentiment": (Headline("imdb/test", "accuracy"), Headline("sst2/validation", "accuracy")),
    "ner": (Headline("conll2003/test", "f1"), Headline("conll2003/test", "pos_accuracy")),
}
"""Task -> its numbers, the first one first."""
