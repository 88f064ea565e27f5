"""The cells. A new one is a file beside these and a line in CELLS."""

from rnn_demo.cells.cell import Cell, State
from rnn_demo.cells.gru import GRUCell
from rnn_demo.cells.lstm import LSTMCell
from rnn_demo.cells.rnn import RNNCell

__all__ = ["CELLS", "Cell", "State"]

CELLS: dict[str, type[Cell]] = {"rnn": RNNCell, "gru": GRUCell, "lstm": LSTMCell}
