"""Words as pieces: one way to cut a word wherever it stands, and batches of a bounded size."""

from rnn_demo.entities.pieces import Sentence, collate, encode_sentences, encode_word_with_spans, length_sorted_batches
from rnn_demo.tokenizer import PAD_ID

WORDS = [["Ada", "met", "Babbage", "in", "London"], ["Zyzzyva"], ["said", "Łódź", "."]]


def test_words_are_encoded_with_a_space_before_them(tokenizer):
    sentences = encode_sentences(WORDS, tokenizer)
    assert [tokenizer.decode(sentence.token_ids) for sentence in sentences] == [f" {' '.join(row)}" for row in WORDS]
    assert sentences[0].piece_counts == [len(tokenizer.encode(f" {word}")) for word in WORDS[0]]


def test_words_with_spans_have_the_pieces_of_words_without(tokenizer):
    for word in ["London", "Łódź", "▁", "東京", "x" * 50, "\x00"]:
        tokens = encode_word_with_spans(word, 7, tokenizer)
        assert [token.token_id for token in tokens] == encode_sentences([[word]], tokenizer)[0].token_ids
        assert "".join(token.token for token in tokens) == word
        assert (tokens[0].start, tokens[-1].end) == (7, 7 + len(word))


def test_even_an_empty_word_has_a_piece(tokenizer):
    assert encode_sentences([["", "in"]], tokenizer)[0].piece_counts[0] == 1


def test_collate_pads_pieces_and_words():
    batch = collate([Sentence([5, 6, 7], [2, 1]), Sentence([8], [1])])
    assert batch["token_ids"].tolist() == [[5, 6, 7], [8, PAD_ID, PAD_ID]]
    assert batch["piece_counts"].tolist() == [[2, 1], [1, 0]]


def test_length_sorted_batches_hold_every_row_once_and_stay_small():
    lengths = [7000, *range(1, 100), 5000, 5000]
    batches = list(length_sorted_batches(lengths))
    assert sorted(row for rows in batches for row in rows) == list(range(len(lengths)))
    assert all(len(rows) * max(lengths[row] for row in rows) <= 8192 for rows in batches)
    assert max(map(len, batches)) == 32
