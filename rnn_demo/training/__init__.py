"""The parts of training that every task shares."""
