"""The text of subwords that come one at a time: a character of several byte subwords appears with the last of them."""

from codecs import getincrementaldecoder

from rnn_demo.tokenizer import Tokenizer


class GrowingText:
    """Subwords so far, and what each adds to their text.

    Args:
        tokenizer: of the subwords.
        starts_word: whether the first subword loses its space: the prompt has it already.
    """

    def __init__(self, tokenizer: Tokenizer, *, starts_word: bool) -> None:
        self.token_ids: list[int] = []
        self._tokenizer = tokenizer
        self._starts_word = starts_word
        self._num_decoded = 0  # after these, byte subwords of a character that is not complete yet

    def add(self, token_id: int) -> str:
        """Return the text that a subword adds; a character that is never finished adds none."""
        is_first = not self.token_ids
        self.token_ids.append(token_id)
        waiting = self.token_ids[self._num_decoded :]
        if not self._is_complete(waiting):
            return ""
        self._num_decoded = len(self.token_ids)
        text = self._tokenizer.decode(waiting)
        return text.removeprefix(" ") if is_first and self._starts_word else text

    def _is_complete(self, token_ids: list[int]) -> bool:
        """Whether the last subword completes a character."""
        if not self._tokenizer.is_byte(token_ids[-1]):
            return True
        utf8 = getincrementaldecoder("utf-8")("replace")
        utf8.decode(bytes(int(self._tokenizer.subword(token_id)[1:-1], 16) for token_id in token_ids))  # <0xE2>
        waiting, _ = utf8.getstate()
        return not waiting
