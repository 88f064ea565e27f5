"""What keeps a network from learning its training text by heart: a file a method, each with its paper."""
