"""Every task through one contract: what answers, what trains and what measures is there under its name."""

from inspect import signature

import pytest

from rnn_demo.config import EncoderConfig, Recipe
from rnn_demo.errors import InputError
from rnn_demo.predictor import Predictor
from rnn_demo.tasks import TASKS, find_task


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_complete(name):
    task = find_task(name)
    assert issubclass(task.predictor, Predictor)
    assert task.predictor.task == name
    assert issubclass(task.recipe, Recipe)
    functions = task.functions()
    assert list(signature(functions.train).parameters) == ["recipe", "on_progress"]
    assert list(signature(functions.evaluate).parameters) == ["folder", "dataset", "split", "data_dir", "case"]
    assert list(signature(functions.held_out_texts).parameters) == ["data_dir"]
    (config,) = signature(task.predictor.model_class).parameters.values()
    assert issubclass(config.annotation, EncoderConfig)


def test_tasks_are_in_the_order_of_the_tabs():
    assert list(TASKS) == ["lm", "sentiment", "ner"]


def test_an_unknown_task_is_refused_with_what_there_is():
    with pytest.raises(
        InputError, match=r"unknown task 'sentment'; choose one of lm, sentiment, ner \(did you mean 'se"
    ):
        find_task("sentment")
