"""A simple baseline beside the networks: a word list."""

import numpy as np
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


def vader_scores(texts: list[str]) -> np.ndarray:
    """Score by VADER, float64 (text,), 0 .. 1: neutral, |compound| below 0.05, comes to between 0.4 and 0.6.

    >>> vader_scores(["a wonderful film", "the door is open"]).tolist()
    [1.0, 0.5]
    """
    analyser = SentimentIntensityAnalyzer()
    compounds = np.array([analyser.polarity_scores(text)["compound"] for text in texts])
    return np.asarray((0.5 + 2 * compounds).clip(0, 1))


def vader_is_positive(texts: list[str]) -> np.ndarray:
    """Judge by VADER's word list and rules (Hutto & Gilbert 2014): bool (text,)."""
    analyser = SentimentIntensityAnalyzer()
    return np.array([analyser.polarity_scores(text)["compound"] >= 0 for text in texts])


SPACY_LABELS = {
    **dict.fromkeys(["PERSON"], "PER"),
    **dict.fromkeys(["GPE", "LOC", "FAC"], "LOC"),
    **dict.fromkeys(["ORG"], "ORG"),
    **dict.fromkeys(["NORP", "EVENT", "PRODUCT", "WORK_OF_ART", "LANGUAGE", "LAW"], "MISC"),
}
"""OntoNotes' types as CoNLL-2003 would call them; dates, numbers and amounts are no names there."""


class SpacyTagger:
    """An installed spaCy model's entities (Honnibal et al. 2020), its types mapped: a peer of the taggers here."""

    def __init__(self, name: str) -> None:
        import spacy  # nothing else needs it

        self.nlp = spacy.load(name, exclude=["parser", "lemmatizer", "attribute_ruler"])

    def spans(self, text: str) -> set[tuple[int, int, str]]:
        """Start, end and label of each entity of a text, in code points."""
        found = [(entity.start_char, entity.end_char, entity.label_) for entity in self.nlp(text).ents]
        return {
            (*strip_article(text, start, end), SPACY_LABELS[kind]) for start, end, kind in found if kind in SPACY_LABELS
        }

    def word_spans(self, words: list[str]) -> set[tuple[int, int, str]]:
        """First word, the one after the last, and label of each entity of given words."""
        from spacy.tokens import Doc

        entities = self.nlp(Doc(self.nlp.vocab, words=words)).ents
        return {
            (
                one.start + (one.end - one.start > 1 and words[one.start].lower() == "the"),
                one.end,
                SPACY_LABELS[one.label_],
            )
            for one in entities
            if one.label_ in SPACY_LABELS
        }


def strip_article(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out the article that OntoNotes counts to a name and CoNLL-2003 does not.

    >>> strip_article("in the Hague", 3, 12)
    (7, 12)
    """
    return (start + 4 if text[start:end].lower().startswith("the ") else start), end
