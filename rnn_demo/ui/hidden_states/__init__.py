"""The Hidden states tab."""
