"""Text <-> token ids, with the place of every piece in the text as it was typed.

SentencePiece (Kudo & Richardson 2018, arXiv:1808.06226) with byte fallback, no normalisation and white space kept, so
that `decode(encode(text)) == text`. The surprises:

- SentencePiece writes a space as U+2581 inside its pieces, so a U+2581 that somebody typed would come back as a
  space. It is spelled out in bytes here, which pieces never do to a space.
- Its offsets count UTF-8 bytes; ours count code points.
- A character outside the vocabulary becomes byte pieces; all but the last of them cover an empty span.
- Special pieces (`<pad>`, `<novel>`, ...) are never matched in a text: typing them gives their letters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sentencepiece

from rnn_demo.errors import CheckpointError, InputError
from rnn_demo.styles import STYLES

__all__ = ["PAD_ID", "SPECIAL_PIECES", "EncodedText", "Token", "Tokenizer"]

PAD_ID = 0
UNK_ID = 1
BOS_ID = 2
EOS_ID = 3
SPACE_MARK = "\u2581"
SPECIAL_PIECES = tuple(f"<{style}>" for style in STYLES) + tuple(f"<spare{i}>" for i in range(4))
"""Control symbols: they have an id and no text. The spares are for tasks to come."""


@dataclass(frozen=True)
class Token:
    """A piece and the span of the text that it stands for."""

    token: str
    """The text as typed, `text[start:end]`; empty for all but the last byte of a character."""
    token_id: int
    start: int
    end: int


@dataclass(frozen=True)
class EncodedText:
    """A text as a network reads it."""

    text: str
    start_ids: tuple[int, ...]
    """Pieces that are given before the text: its style, or the start."""
    tokens: tuple[Token, ...]

    @property
    def token_ids(self) -> list[int]:
        """Everything that is read, in order."""
        return [*self.start_ids, *(token.token_id for token in self.tokens)]


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
        """Pieces, special ones included."""
        return int(self.processor.vocab_size())

    @property
    def has_only_characters(self) -> bool:
        """Whether no piece is longer than one character, special pieces and bytes apart."""
        special = self.processor.is_control, self.processor.is_byte, self.processor.is_unknown
        written = (i for i in range(self.vocab_size) if not any(is_it(i) for is_it in special))
        return all(len(self.piece(i)) == 1 for i in written)

    def style_id(self, style: str | None) -> int:
        """The piece that opens a document: its style, or `<s>` where the style is unknown."""
        return BOS_ID if style is None else int(self.processor.piece_to_id(f"<{style}>"))

    @property
    def unwritable_ids(self) -> tuple[int, ...]:
        """Pieces that have no text and that a model must never write; the end of the text is not among them."""
        return (PAD_ID, UNK_ID, BOS_ID, *(int(self.processor.piece_to_id(piece)) for piece in SPECIAL_PIECES))

    def encode(self, text: str) -> list[int]:
        """Turn a text into token ids.

        Raises:
            InputError: the text holds half of a surrogate pair, which is no character.
        """
        token_ids: list[int] = []
        for i, part in enumerate(checked(text).split(SPACE_MARK)):
            token_ids += self.space_mark_ids if i else []
            token_ids += self.processor.encode(part)
        return token_ids

    def encode_many(self, texts: Iterable[str]) -> list[list[int]]:
        """Turn texts into token ids, on all cores."""
        whole = [checked(text) for text in texts]
        many: list[list[int]] = self.processor.encode(whole, num_threads=-1)
        return [self.encode(text) if SPACE_MARK in text else ids for text, ids in zip(whole, many, strict=True)]

    def encode_with_spans(self, text: str) -> tuple[Token, ...]:
        """Turn a text into tokens that know their place in it.

        Raises:
            InputError: the text holds half of a surrogate pair, which is no character.
        """
        tokens: list[Token] = []
        offset = 0
        for i, part in enumerate(checked(text).split(SPACE_MARK)):
            if i:
                *first, last = self.space_mark_ids
                tokens += [Token("", token_id, offset, offset) for token_id in first]
                tokens.append(Token(SPACE_MARK, last, offset, offset + 1))
                offset += 1
            tokens += self._part_with_spans(part, offset)
            offset += len(part)
        return tuple(tokens)

    def _part_with_spans(self, part: str, offset: int) -> list[Token]:
        code_point_at = [0] * (len(part.encode()) + 1)  # UTF-8 byte offset -> code point offset
        byte_offset = 0
        for i, character in enumerate(part):
            code_point_at[byte_offset] = i
            byte_offset += len(character.encode())
        code_point_at[byte_offset] = len(part)
        tokens = []
        for piece in self.processor.encode(part, return_type="proto").pieces:
            start, end = code_point_at[piece.begin], code_point_at[piece.end]
            tokens.append(Token(part[start:end], piece.id, offset + start, offset + end))
        return tokens

    def is_byte(self, token_id: int) -> bool:
        """Whether a piece is a single byte, `<0x00>` .. `<0xFF>`, maybe of a longer character."""
        return bool(self.processor.is_byte(token_id))

    def decode(self, token_ids: Sequence[int]) -> str:
        """Turn token ids back into text; special pieces have none."""
        return str(self.processor.decode(list(token_ids)))

    def piece(self, token_id: int) -> str:
        """A piece as it would read in a text; `<0xE2>` for a byte, `</s>` and the like for a special piece."""
        return str(self.processor.id_to_piece(token_id)).replace(SPACE_MARK, " ")


def checked(text: str) -> str:
    """Refuse what cannot be written in UTF-8, as it would stop SentencePiece half way."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"the text has half of a surrogate pair at character {error.start} (U+{ord(text[error.start]):04X}), "
            "which is no character; remove it"
        ) from error
    return text
