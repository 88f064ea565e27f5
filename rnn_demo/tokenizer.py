"""Text <-> token ids, with the place of every subword in the text as it was typed.

SentencePiece (Kudo & Richardson 2018, arXiv:1808.06226) with byte fallback, no normalisation and white space kept, so
that `decode(encode(text)) == text`. The surprises:

- SentencePiece writes a space as U+2581 inside its subwords, so a U+2581 that somebody typed would come back as a
  space. It is spelled out in bytes here, which subwords never do to a space.
- Its offsets count UTF-8 bytes; ours count code points.
- A character outside the vocabulary becomes byte subwords; all but the last of them cover an empty span.
- Special subwords (`<pad>`, `<novel>`, ...) are never matched in a text: typing them gives their letters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sentencepiece

from rnn_demo.checks import require_string
from rnn_demo.domains import DOMAINS
from rnn_demo.errors import CheckpointError

PAD_ID = 0
UNK_ID = 1
BOS_ID = 2
EOS_ID = 3
SPACE_MARK = "\u2581"
PREFIX_SIZE = 2
CONTROL_SYMBOLS = tuple(f"<{domain}>" for domain in DOMAINS) + tuple(f"<spare{i}>" for i in range(4))
"""Control symbols: they have an id and no text. The spares are for tasks to come."""


@dataclass(frozen=True)
class Token:
    """A subword and the span of the text that it stands for."""

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
    """Subwords that are given before the text: its domain, or the start."""
    tokens: tuple[Token, ...]

    @property
    def token_ids(self) -> list[int]:
        """Everything that is read, in order."""
        return [*self.prefix_ids, *(token.token_id for token in self.tokens)]


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
        """Subwords, special ones included."""
        return int(self.processor.vocab_size())

    @property
    def has_only_characters(self) -> bool:
        """Whether no subword is longer than one character, special subwords and bytes apart."""
        special = self.processor.is_control, self.processor.is_byte, self.processor.is_unknown
        written = (i for i in range(self.vocab_size) if not any(is_it(i) for is_it in special))
        return all(len(self.subword(i)) == 1 for i in written)

    def domain_id(self, domain: str | None) -> int:
        """The subword that opens a document: its domain, or `<s>` where the domain is unknown."""
        return BOS_ID if domain is None else int(self.processor.piece_to_id(f"<{domain}>"))

    def prefix_ids(self, domain: str | None) -> tuple[int, int]:
        """Return the PREFIX_SIZE token ids that stand before a document: the end of another one, then its domain.

        In training the state is carried from one document to the next, so a model hardly ever meets a domain's symbol
        with its state at zero (see docs/experiments.md).
        """
        return self.eos_id, self.domain_id(domain)

    @property
    def suppressed_ids(self) -> tuple[int, ...]:
        """Subwords that have no text and that a model must never write; the end of the text is not among them."""
        return (PAD_ID, UNK_ID, BOS_ID, *(int(self.processor.piece_to_id(subword)) for subword in CONTROL_SYMBOLS))

    def encode(self, text: str) -> list[int]:
        """Turn a text into token ids.

        Raises:
            InputError: the text holds half of a surrogate pair, which is no character.
        """
        token_ids: list[int] = []
        for i, part in enumerate(require_string("text", text).split(SPACE_MARK)):
            token_ids += self.space_mark_ids if i else []
            token_ids += self.processor.encode(part)
        return token_ids

    def encode_many(self, texts: Iterable[str]) -> list[list[int]]:
        """Turn texts into token ids, on all cores."""
        whole = [require_string("text", text) for text in texts]
        many: list[list[int]] = self.processor.encode(whole, num_threads=-1)
        return [self.encode(text) if SPACE_MARK in text else ids for text, ids in zip(whole, many, strict=True)]

    def encode_with_spans(self, text: str) -> tuple[Token, ...]:
        """Turn a text into tokens that know their place in it.

        Raises:
            InputError: the text holds half of a surrogate pair, which is no character.
        """
        tokens: list[Token] = []
        offset = 0
        for i, part in enumerate(require_string("text", text).split(SPACE_MARK)):
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
        for subword in self.processor.encode(part, return_type="proto").pieces:
            start, end = code_point_at[subword.begin], code_point_at[subword.end]
            tokens.append(Token(part[start:end], subword.id, offset + start, offset + end))
        return tokens

    def is_byte(self, token_id: int) -> bool:
        """Whether a subword is a single byte, `<0x00>` .. `<0xFF>`, maybe of a longer character."""
        return bool(self.processor.is_byte(token_id))

    def decode(self, token_ids: Sequence[int]) -> str:
        """Turn token ids back into text; special subwords have none."""
        return str(self.processor.decode(list(token_ids)))

    def subword(self, token_id: int) -> str:
        """A subword as it would read in a text; `<0xE2>` for a byte, `</s>` and the like for a special subword."""
        return str(self.processor.id_to_piece(token_id)).replace(SPACE_MARK, " ")
