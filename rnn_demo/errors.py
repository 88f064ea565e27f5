"""Every error that this package raises on purpose.

    RnnDemoError
    ├── InputError (ValueError)    a text, a name or a setting that cannot be used
    │   └── NothingToReadError     a text without anything that a network can read
    ├── ShapeError (ValueError)    tensors that do not fit together
    ├── DataError                  a data set is missing, empty or has the wrong columns
    ├── CheckpointError            a checkpoint is missing, broken or of another kind
    └── TrainingError              a run cannot start or continue

A message says which value is wrong, what is allowed and what to do. Only `ui/` shows errors on the page, only the two
command lines print them, and no other code catches them.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class RnnDemoError(Exception):
    """The root: catch this one to catch them all."""


class InputError(RnnDemoError, ValueError):
    """A text, a name or a setting that cannot be used."""


class NothingToReadError(InputError):
    """A text without anything that a network can read."""


class ShapeError(RnnDemoError, ValueError):
    """Tensors that do not fit together."""


class DataError(RnnDemoError):
    """A data set is missing, empty or has the wrong columns."""


class CheckpointError(RnnDemoError):
    """A checkpoint is missing, broken or of another kind."""


class TrainingError(RnnDemoError):
    """A run cannot start or continue."""


def unknown_name(kind: str, name: object, allowed: Iterable[str]) -> InputError:
    """Return the error for a name that is not in a registry.

    >>> str(unknown_name("cell", "lstmm", ["rnn", "gru", "lstm"]))
    "unknown cell 'lstmm'; choose one of rnn, gru, lstm (did you mean 'lstm'?)"
    """
    names = list(allowed)
    near = get_close_matches(str(name), names, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return InputError(f"unknown {kind} {name!r}; choose one of {', '.join(names)}{hint}")
