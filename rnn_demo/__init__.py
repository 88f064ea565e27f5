"""Recurrent networks on text: RNN, GRU and LSTM models that write, score sentiment and mark entities.

    >>> import rnn_demo
    >>> rnn_demo.load("lm-lstm").generate("It was", seed=1)   # doctest: +SKIP

Importing this package imports neither torch nor gradio; `load` does when it is called.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rnn_demo.predictor import Predictor

__all__ = ["__version__", "load"]
__version__ = "0.1.0"


def load(name: str) -> "Predictor":
    """Load a checkpoint, ready to answer.

    Args:
        name: a name under checkpoints/, a folder, or a Hub id.

    Returns:
        A `Writer` (generate, stream, next_tokens), a `SentimentScorer` or an `EntityTagger` (predict), by its task.

    Raises:
        CheckpointError: there is no such checkpoint, or it is broken.
    """
    from pathlib import Path

    from rnn_demo.checkpoint import find_checkpoint, read_checkpoint
    from rnn_demo.tasks import find_task

    folder = find_checkpoint(name)
    return find_task(read_checkpoint(folder).task).predictor.load(folder, Path(name).name)
