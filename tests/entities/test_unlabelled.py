"""Lines that nobody tagged: who tags them, which are kept, and how they reach the training."""

import json
from pathlib import Path

import pytest
import torch
from tiny import checkpoint_of, write_split

from rnn_demo.checkpoint import save_checkpoint
from rnn_demo.config import EntityRecipe, TaggerConfig
from rnn_demo.entities.evaluate import tag_sentences
from rnn_demo.entities.model import TaggerModel
from rnn_demo.entities.pieces import encode_sentences
from rnn_demo.entities.train import train
from rnn_demo.entities.unlabelled import MAX_WORDS, Committee, tag_unlabelled
from rnn_demo.errors import DataError, InputError

TAGS = ("O", "B-LOC", "I-LOC")
TEXTS = ["Ada saw Rome.\n\nShe left London, too.", " ".join(["word"] * (MAX_WORDS + 1)) + "\nIt's late in Paris"]
LINES = [["Ada", "saw", "Rome", "."], ["She", "left", "London", ",", "too", "."], ["It", "'s", "late", "in", "Paris"]]


@pytest.fixture
def make_tagger(tokenizer, tmp_path):
    """Write a tagger with weights of some size; give its folder."""

    def write(seed, tags=TAGS, likes=None):
        torch.manual_seed(seed)
        config = TaggerConfig("lstm", tokenizer.vocab_size, 8, 6, 1, tags=tags, pos_tags=("NN",), tagger_size=6)
        model = TaggerModel(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(2)
            if likes is not None:
                model.to_tags.bias[tags.index(likes)] += 30
        folder = tmp_path / f"tagger-{seed}"
        save_checkpoint(folder, model, tokenizer, checkpoint_of("ner"))
        return str(folder)

    return write


def write_texts(tmp_path):
    write_split(tmp_path, "paper", "train", text=TEXTS)
    return tmp_path


def test_a_committee_of_one_tags_as_the_tagger_does(make_tagger, tokenizer):
    folder = make_tagger(1)
    tags, chances = Committee([folder]).tag(LINES)
    expected, _ = tag_sentences(TaggerModel.load(Path(folder)), encode_sentences(LINES, tokenizer))
    assert tags == expected
    assert all(0 < chance <= 1 for chance in chances)


def test_the_surer_of_two_teachers_decides(make_tagger):
    committee = Committee([make_tagger(1), make_tagger(2, likes="B-LOC")])
    tags, chances = committee.tag(LINES)
    assert {tag for row in tags for tag in row} == {"B-LOC"}
    assert min(chances) > 0.9
    assert Committee([make_tagger(1)]).tag(LINES)[0] != tags


def test_lines_are_split_cut_down_and_kept_where_the_teachers_are_sure(make_tagger, tmp_path):
    data_dir, sure, unsure = write_texts(tmp_path), make_tagger(2, likes="O"), make_tagger(1)
    found = tag_unlabelled("paper", [sure], 9, data_dir, seed=0)
    assert sorted(found.words) == sorted(LINES)  # the line of 61 words is left out
    assert {tag for row in found.tags for tag in row} == {"O"}
    assert found.pos_tags == [[""] * len(row) for row in found.words]
    assert len(tag_unlabelled("paper", [sure], 2, data_dir, seed=0).words) == 2
    with pytest.raises(DataError, match=r"paper/train has no line that the teachers .*tagger-1 are sure of"):
        tag_unlabelled("paper", [unsure], 9, data_dir, seed=0)


def test_training_reads_the_tagged_lines_as_well(make_tagger, tokenizer, tmp_path):
    data_dir, teacher = write_texts(tmp_path), make_tagger(2, likes="O")
    for split in ("train", "validation"):
        write_split(data_dir, "mine", split, tokens=[["in", "Rome"]] * 4, ner_tags=[["O", "B-LOC"]] * 4)
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer.model").write_bytes(tokenizer.model_proto)
    recipe = EntityRecipe(
        dataset="mine",
        data_dir=data_dir,
        tokenizer=str(tmp_path / "tokenizer"),
        output_dir=tmp_path / "ner-tiny",
        runs_dir=tmp_path / "runs",
        steps=2,
        embed_size=8,
        hidden_size=6,
        num_layers=1,
        tagger_size=6,
        batch_size=4,
        precision="fp32",
        unlabelled=("paper",),
        teachers=(teacher,),
    )
    config = json.loads((train(recipe, lambda progress: None) / "config.json").read_text())
    assert config["data"] == ["mine/train", "paper/train"]
    assert " --unlabelled paper --teachers tagger-2 " in config["command"]


def test_teachers_of_other_tags_and_teachers_without_texts_are_refused(make_tagger):
    with pytest.raises(DataError, match=r"the teachers' tags differ: .* has O, B-LOC, I-LOC, .* has O, B-PER, I-PER"):
        Committee([make_tagger(1), make_tagger(2, tags=("O", "B-PER", "I-PER"))])
    with pytest.raises(InputError, match=r"teachers is .*; it must be given with --unlabelled"):
        EntityRecipe(teachers=("ner-lstm",))
    with pytest.raises(InputError, match=r"teachers is \(\); it must be given with --unlabelled"):
        EntityRecipe(unlabelled=("reuters_50_50",))
