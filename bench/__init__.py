"""Reports on the shipped models: a module a report, each with its own command. docs/training.md lists them."""
