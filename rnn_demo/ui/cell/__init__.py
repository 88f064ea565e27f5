"""The tab "How a cell works"."""
