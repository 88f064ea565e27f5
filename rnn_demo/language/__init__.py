"""Prompt -> text: the language model, how it is trained, measured and how it writes."""
