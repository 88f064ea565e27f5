"""Embedding dropout: whole rows, and the same ones wherever a piece stands."""

import torch

from rnn_demo.config import EncoderConfig
from rnn_demo.encoder import Encoder
from rnn_demo.regularisation.embedding_dropout import drop_rows


def test_whole_rows_are_dropped_and_the_others_scaled():
    torch.manual_seed(0)
    dropped = drop_rows(torch.ones(1000, 3), 0.2)
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert set(dropped.unique().tolist()) == {0.0, 1.25}
    assert abs((dropped == 0).float().mean() - 0.2) < 0.05


def test_a_piece_is_dropped_wherever_it_stands_and_only_while_training():
    torch.manual_seed(0)
    encoder = Encoder(EncoderConfig("rnn", 50, 4, 5, 1, embed_drop_prob=0.5))
    token_ids = torch.arange(50).repeat(2, 1)
    trained, read = encoder.train().embed(token_ids), encoder.eval().embed(token_ids)
    assert torch.equal(trained[0], trained[1])
    kept = trained[0].abs().sum(1) > 0
    assert 0 < kept.sum() < 50
    torch.testing.assert_close(trained[0, kept], 2 * read[0, kept])
