"""What several tabs call the same thing. No gradio in here."""

ENTITY_NAMES = {"PER": "person", "LOC": "place", "ORG": "organisation", "MISC": "other name"}
"""CoNLL-2003's four types in plain words; the labels of other tag sets are shown as they are."""
METRICS = ("perplexity", "bits_per_char", "nats_per_char", "accuracy", "ece", "f1", "f1_alone", "pos_accuracy")
"""The metrics shown in tables, on the page and in the docs; config.json has all of them."""


def name_metric(metric: str) -> str:
    """Return a metric in words.

    >>> name_metric("bits_per_char"), name_metric("f1"), name_metric("ece")
    ('bits per character', 'F1', 'ece')
    """
    return {"bits_per_char": "bits per character", "f1": "F1"}.get(metric, metric)


def layer_choices(num_layers: int) -> list[tuple[str, int]]:
    """List the layers for a menu: name and number.

    >>> layer_choices(3), layer_choices(1)
    ([('0 (nearest to the words)', 0), ('1', 1), ('2 (last)', 2)], [('0 (the only layer)', 0)])
    """
    if num_layers == 1:
        return [("0 (the only layer)", 0)]
    notes = {0: " (nearest to the words)", num_layers - 1: " (last)"}
    return [(f"{layer}{notes.get(layer, '')}", layer) for layer in range(num_layers)]
