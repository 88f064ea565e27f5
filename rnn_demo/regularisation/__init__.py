"""Regularisation: one method and its paper per file."""
