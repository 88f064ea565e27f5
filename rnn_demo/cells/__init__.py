"""The cells. A new cell is a file beside these and a line in CELLS."""

from rnn_demo.cells.cell import Cell, Quantity, State
from rnn_demo.cells.fused import FusedCell
from rnn_demo.cells.gru import GRUCell
from rnn_demo.cells.lstm import LSTMCell
from rnn_demo.cells.rnn import RNNCell

__all__ = ["CELLS", "Cell", "FusedCell", "Quantity", "State"]

CELLS: dict[str, type[Cell]] = {"rnn": RNNCell, "gru": GRUCell, "lstm": LSTMCell}
