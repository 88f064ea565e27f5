"""Nothing is lost and every subword knows its span, whatever is typed: by a tiny tokenizer and by the shipped one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_demo.checkpoint import CHECKPOINTS_DIR
from rnn_demo.domains import DOMAINS
from rnn_demo.errors import CheckpointError, InputError
from rnn_demo.tokenizer import BOS_ID, CONTROL_SYMBOLS, EOS_ID, PAD_ID, SPACE_MARK, UNK_ID, Tokenizer

SHIPPED = CHECKPOINTS_DIR / "tokenizer" / "tokenizer.model"
SIGNS = [*"aé東 \n\t\r\x00\u2581\ufffd\u0301\u200d🎬👩🏽\u2028", "  ", "the ", "<br />", "&amp;"]
TYPED_SYMBOLS = ["<pad>", "<unk>", "<s>", "</s>", "<0xE2>", *CONTROL_SYMBOLS]
TRICKY = st.lists(st.sampled_from(SIGNS + TYPED_SYMBOLS)).map("".join)
TEXTS = st.one_of(st.text(st.characters(exclude_categories=("Cs",))), TRICKY)


@pytest.fixture(scope="session", params=["tiny", "shipped"])
def any_tokenizer(request, tokenizer):
    """Hand over the tiny tokenizer, then the shipped one."""
    if request.param == "tiny":
        return tokenizer
    if not SHIPPED.exists():
        pytest.skip(f"{SHIPPED} is not there; train it with `python train.py tokenizer`")
    return Tokenizer.from_file(SHIPPED)


@given(text=TEXTS)
def test_decoding_gives_back_what_was_encoded(any_tokenizer, text):
    assert any_tokenizer.decode(any_tokenizer.encode(text)) == text.replace("\r\n", "\n").replace("\r", "\n")


def test_every_line_end_is_one_token_over_its_own_span(any_tokenizer):
    tokens = [token for token in any_tokenizer.encode_with_spans("a\r\n\r\nb\r\n") if token.token.isspace()]
    assert [(token.token, token.start, token.end) for token in tokens] == [
        ("\r\n", 1, 3),
        ("\r\n", 3, 5),
        ("\r\n", 6, 8),
    ]
    assert len({token.token_id for token in tokens}) == 1


@given(text=TEXTS)
def test_spans_lie_end_to_end_over_the_text_as_typed(any_tokenizer, text):
    tokens = any_tokenizer.encode_with_spans(text)
    end = 0
    for token in tokens:
        assert token.start == end
        assert token.end >= token.start
        assert token.token == text[token.start : token.end]
        assert token.token or any_tokenizer.is_byte(token.token_id)
        end = token.end
    assert end == len(text)


@given(text=TEXTS)
def test_all_ways_to_encode_agree(any_tokenizer, text):
    token_ids = any_tokenizer.encode(text)
    assert token_ids == [token.token_id for token in any_tokenizer.encode_with_spans(text)]
    assert any_tokenizer.encode_many([text, "", text + "x"]) == [token_ids, [], any_tokenizer.encode(text + "x")]


@given(text=TEXTS)
def test_typing_a_special_piece_never_gives_its_id(any_tokenizer, text):
    special = {*any_tokenizer.suppressed_ids, any_tokenizer.eos_id}
    assert not special & set(any_tokenizer.encode(text))


@given(text=TEXTS.filter(lambda text: SPACE_MARK not in text))
def test_subwords_of_whole_characters_read_as_the_text(any_tokenizer, text):
    for token in any_tokenizer.encode_with_spans(text):
        if not any_tokenizer.is_byte(token.token_id):
            assert any_tokenizer.subword(token.token_id) == ("\n" if "\r" in token.token else token.token)


def test_control_symbols_stand_first_in_a_fixed_order(any_tokenizer):
    assert (PAD_ID, UNK_ID, BOS_ID, EOS_ID) == (0, 1, 2, 3)
    expected = ["<pad>", "<unk>", "<s>", "</s>", "<novel>", "<review>", "<news>", "<play>"]
    expected += ["<spare0>", "<spare1>", "<spare2>", "<spare3>"]
    assert [any_tokenizer.subword(token_id) for token_id in range(12)] == expected
    assert [any_tokenizer.domain_id(domain) for domain in DOMAINS] == [4, 5, 6, 7, 8]
    assert any_tokenizer.domain_id(None) == BOS_ID
    assert any_tokenizer.suppressed_ids == (0, 1, 2, *range(4, 12))
    assert any_tokenizer.decode([0, 2, 4, 5, 11, 3]) == ""


def test_newline_is_a_subword_and_every_byte_too(any_tokenizer):
    assert [token.token for token in any_tokenizer.encode_with_spans("\n\n")] == ["\n", "\n"]
    subwords = {any_tokenizer.subword(token_id) for token_id in range(any_tokenizer.vocab_size)}
    assert {f"<0x{byte:02X}>" for byte in range(256)} <= subwords


def test_a_typed_space_mark_is_spelled_in_bytes(any_tokenizer):
    tokens = any_tokenizer.encode_with_spans("a\u2581 b")
    mark = [token for token in tokens if 1 <= token.start <= token.end <= 2]
    assert [any_tokenizer.subword(token.token_id) for token in mark] == ["<0xE2>", "<0x96>", "<0x81>"]
    assert [token.token for token in mark] == ["", "", "\u2581"]


def test_shipped_tokenizer_is_the_one_that_was_promised():
    if not SHIPPED.exists():
        pytest.skip(f"{SHIPPED} is not there; train it with `python train.py tokenizer`")
    shipped = Tokenizer.from_file(SHIPPED)
    assert shipped.vocab_size == 8000
    for character in "éèüñçßÉ“”‘’—…£":
        assert [token.token for token in shipped.encode_with_spans(character)] == [character]
        assert not any(shipped.is_byte(token_id) for token_id in shipped.encode(character))


@pytest.mark.parametrize("method", ["encode", "encode_with_spans", "encode_many"])
@pytest.mark.parametrize("half", ["high", "low"])
def test_half_of_a_surrogate_pair_is_refused_by_its_position(tokenizer, method, half):
    half = {"high": "\ud83d", "low": "\udfff"}[half]
    text = f"ab{half}c"
    with pytest.raises(InputError, match=rf"half of a surrogate pair at character 2 \(U\+{ord(half):04X}\)"):
        getattr(tokenizer, method)([text] if method == "encode_many" else text)


@pytest.mark.parametrize("content", [None, b"", b"no model at all", "half"])
def test_a_missing_or_broken_file_is_named(tokenizer, tmp_path, content):
    path = tmp_path / "tokenizer.model"
    if content is not None:
        half = tokenizer.model_proto[: len(tokenizer.model_proto) // 2]
        path.write_bytes(half if content == "half" else content)
    with pytest.raises(CheckpointError, match=r"cannot read the tokenizer .*tokenizer\.model: .*train\.py tokenizer"):
        Tokenizer.from_file(path)
