r"""Text <-> token ids, with the span of every subword in the text as it was typed.

SentencePiece (Kudo & Richardson 2018, arXiv:1808.06226) with byte fallback, no normalisation and white space kept, so
that `decode(encode(text)) == text`, except that every line end is read as `\n`. The surprises:

- SentencePiece writes a space as U+2581 inside its subwords, so a typed U+2581 would come back as a space. It is
  spelled in bytes here; subwords never do that to a space.
- Its offsets count UTF-8 bytes; ours count code points.
- A character outside the vocabulary becomes byte subwords; all but the last of them have an empty span.
- Control symbols (`<pad>`, `<novel>`, ...) are never matched in a text: typing them gives their letters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import sentencepiece

from rnn_demo.checks import require_string
from rnn_demo.domains import CONTROL_SYMBOL_OF
from rnn_demo.errors import CheckpointError
from rnn_demo.rewriting import with_line_feeds

PAD_ID = 0
UNK_ID = 1
BOS_ID = 2
EOS_ID = 3
SPACE_MARK = "\u2581"
PREFIX_SIZE = 2
CONTROL_SYMBOLS = ("<novel>", "<review>", "<news>", "<play>", *(f"<spare{i}>" for i in range(4)))
"""Subwords that have an id and no text, in the order of every tokenizer.model. The spares are for domains to come."""


@dataclass(frozen=True)
class Token:
    """A subword and its span in the text."""

    token: str
    """The text as typed, `text[start:end]`; empty for all but the last byte of a character."""
    token_id: int
    start: int
    end: int


@dataclass(frozen=True)
class EncodedText:
    """A text as a network reads it."""

    text: str
    prefix_ids: tuple[int, ...]
    """Control symbols that the network reads before the text."""
    tokens: tuple[Token, ...]

    @property
    def token_ids(self) -> list[int]:
        """All token ids, those of the prefix first."""
        return [*self.prefix_ids, *(token.token_id for token in self.tokens)]

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Start and end of each token in the text, code points."""
        return tuple((token.start, token.end) for token in self.tokens)


class Tokenizer:
    """A trained SentencePiece model.

    Args:
        model_proto: the bytes of a `tokenizer.model` file.
    """

    pad_id, unk_id, bos_id, eos_id = PAD_ID, UNK_ID, BOS_ID, EOS_ID

    def __init__(self, model_proto: bytes) -> None:
        self.model_proto = model_proto
        self.processor = sentencepiece.SentencePieceProcessor()
        self.processor.load_from_serialized_proto(model_proto)  # the constructor would take no bytes for no model
        self.space_mark_ids = [self.processor.piece_to_id(f"<0x{byte:02X}>") for byte in SPACE_MARK.encode()]

    @classmethod
    def from_file(cls, path: Path) -> "Tokenizer":
        """Read a `tokenizer.model`.

        Raises:
            CheckpointError: the file is missing or is not a SentencePiece model.
        """
        try:
            return cls(path.read_bytes())
        except (OSError, RuntimeError) as error:
            raise CheckpointError(
                f"cannot read the tokenizer {path}: {error}; train one with `python train.py tokenizer`"
            ) from error

    @property
    def vocab_size(self) -> int:
        """Subwords, control symbols included."""
        return int(self.processor.vocab_size())

    @cached_property
    def has_only_characters(self) -> bool:
        """Whether no subword is longer than one character, apart from control symbols and bytes."""
        special = self.processor.is_control, self.processor.is_byte, self.processor.is_unknown
        plain = (i for i in range(self.vocab_size) if not any(is_special(i) for is_special in special))
        return all(len(self.subword(i)) == 1 for i in plain)

    @cached_property
    def word_start_ids(self) -> tuple[int, ...]:
        """Subwords that begin with a space, and so begin a word."""
        return tuple(i for i in range(self.vocab_size) if self.subword(i).startswith(" "))

    def domain_id(self, domain: str | None) -> int:
        """Return the control symbol of a domain, `<s>` for none."""
        return BOS_ID if domain is None else int(self.processor.piece_to_id(CONTROL_SYMBOL_OF[domain]))

    def prefix_ids(self, domain: str | None) -> tuple[int, int]:
        """Return the PREFIX_SIZE token ids that stand before a document: the end of another one, then its domain.

        In training the state is carried from one document to the next, so a model hardly ever meets a domain's symbol
        with its state at zero (see docs/experiments.md).
        """
        return self.eos_id, self.domain_id(domain)

    @property
    def suppressed_ids(self) -> tuple[int, ...]:
        """Subwords without text that a model must never write; the end of the text is not among them."""
        return (PAD_ID, UNK_ID, BOS_ID, *(int(self.processor.piece_to_id(symbol)) for symbol in CONTROL_SYMBOLS))

    def encode(self, text: str) -> list[int]:
        """Return the token ids of a text; errors as in `encode_with_spans`."""
        token_ids: list[int] = []
        for i, part in enumerate(with_line_feeds(require_string("text", text)).text.split(SPACE_MARK)):
            token_ids += self.space_mark_ids if i else []
            token_ids += self.processor.encode(part)
        return token_ids

    def encode_many(self, texts: Iterable[str]) -> list[list[int]]:
        """Return the token ids of many texts, computed on all cores."""
        texts = [with_line_feeds(require_string("text", text)).text for text in texts]
        many: list[list[int]] = self.processor.encode(texts, num_threads=-1)
        return [self.encode(text) if SPACE_MARK in text else ids for text, ids in zip(texts, many, strict=True)]

    def encode_with_spans(self, text: str) -> tuple[Token, ...]:
        """Return the tokens of a text with their spans.

        Raises:
            InputError: the text contains half of a surrogate pair, which is no character.
        """
        read = with_line_feeds(require_string("text", text))
        tokens: list[Token] = []
        part_start = 0
        for i, part in enumerate(read.text.split(SPACE_MARK)):
            spans = self._spans_of(part)
            if i:
                *bytes_before, last_byte = self.space_mark_ids
                spans = [*((byte_id, -1, -1) for byte_id in bytes_before), (last_byte, -1, 0), *spans]
            for token_id, first, last in spans:
                start, end = read.offsets[part_start + first], read.offsets[part_start + last]
                tokens.append(Token(text[start:end], token_id, start, end))
            part_start += len(part) + len(SPACE_MARK)
        return tuple(tokens)

    def _spans_of(self, part: str) -> list[tuple[int, int, int]]:
        """Return the token id, start and end of each subword of a text without SPACE_MARK."""
        code_point_at = [0] * (len(part.encode()) + 1)  # UTF-8 byte offset -> code point offset
        byte_offset = 0
        for i, character in enumerate(part):
            code_point_at[byte_offset] = i
            byte_offset += len(character.encode())
        code_point_at[byte_offset] = len(part)
        subwords = self.processor.encode(part, return_type="proto").pieces
        return [(subword.id, code_point_at[subword.begin], code_point_at[subword.end]) for subword in subwords]

    def is_byte(self, token_id: int) -> bool:
        """Whether a subword is one byte, `<0x00>` to `<0xFF>`, maybe of a longer character."""
        return bool(self.processor.is_byte(token_id))

    def decode(self, token_ids: Sequence[int]) -> str:
        """Return the text of token ids; control symbols have none."""
        return str(self.processor.decode(list(token_ids)))

    def subword(self, token_id: int) -> str:
        """Return a subword as it reads in a text; `<0xE2>` for a byte, `</s>` and the like for a control symbol."""
        return str(self.processor.id_to_piece(token_id)).replace(SPACE_MARK, " ")
