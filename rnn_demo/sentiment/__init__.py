"""Text -> score: the sentiment classifier, how it is trained, measured and how it answers."""
