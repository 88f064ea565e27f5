"""Text -> entities: the tagger, how it is trained, measured and how it answers."""
