"""Models: the checkpoints, what they were trained on and how good they are, as each config.json says."""

from numbers import Real
from typing import Any

import gradio as gr

from rnn_demo.checkpoint import Checkpoint, weights_size
from rnn_demo.comparison import trained_alike
from rnn_demo.plots import Figure, Score, draw_model_scores
from rnn_demo.published import read_published
from rnn_demo.tasks import TASKS
from rnn_demo.ui.model_store import ModelStore
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.names import METRICS, name_metric
from rnn_demo.ui.shared.problems import build_problems

INTRO = "Every answer on this page comes from one of these networks: **compare what the cells reach.**"
NOTES = (
    "{compared}For the others, check what each was trained on. Rates lie between 0 and 1. Lower is better for ece, "
    "perplexity, bits and nats; f1_alone reads each sentence by itself. Dotted lines are published numbers, of other "
    "models with other data. Some models were trained in several runs: the last column describes the last run, the "
    "files in docs/ all of them."
)
HEADERS = ["model", "results", "task and cell", "parameters", "file size", "last run"]
WIDTHS: list[str | int] = [110, 220, 115, 120, 85, 360]
"""Pixels. A phone shows the first two columns."""


def build_models_tab(service: Service) -> None:
    """Lay out the tab."""
    build_problems(service.store)
    rows = model_rows(service.store)
    if not rows:
        return
    gr.Markdown(INTRO, elem_classes="intro")
    charts = {task: draw_scores(service.store, task) for task in TASKS}
    with gr.Row():
        for task, chart in charts.items():
            if chart is not None:
                build_chart(task, chart)
    with gr.Accordion("All models and numbers", open=all(chart is None for chart in charts.values())):
        gr.Dataframe(
            rows,
            headers=HEADERS,
            column_widths=WIDTHS,
            label="Models",
            interactive=False,
            wrap=True,
            max_height=2400,
            elem_id="models",
        )
        gr.Markdown(NOTES.format(compared=say_which_compare(service.store)))
    with gr.Accordion("Training commands of the last runs", open=False):
        gr.Code(
            "\n".join(train_commands(service.store)),
            language=None,
            wrap_lines=True,
            interactive=False,
            label="Commands",
        )


def build_chart(task: str, chart: Figure) -> None:
    """Lay out the chart of a task below what it shows."""
    headline = TASKS[task].headlines[0]
    title = f"**{TASKS[task].title.capitalize()}**: {name_metric(headline.metric)} on {headline.data}"
    with gr.Column(min_width=320):
        gr.Markdown(f"{title}, {'higher' if headline.higher_is_better else 'lower'} is better")
        gr.Plot(chart, show_label=False, elem_id=f"scores-{task}")


def draw_scores(store: ModelStore, task: str) -> Figure | None:
    """Draw the first headline of a task for its models, beside what was published; None where none was measured."""
    if not TASKS[task].headlines:
        return None
    headline = TASKS[task].headlines[0]
    models = []
    for name in store.names(task):
        checkpoint = store.find(name).checkpoint
        value = checkpoint.metrics.get(headline.data, {}).get(headline.metric)
        if value is not None:
            models.append(Score(store.title(name), float(value), checkpoint.cell))
    published = [
        Score(row.who, row.value, source=row.source)
        for row in read_published().get(headline.data, ())
        if row.metric == headline.metric
    ]
    return draw_model_scores(models, published, f"models-{task}") if models else None


def say_which_compare(store: ModelStore) -> str:
    """Return the networks of each task whose cells can be compared; empty where there are none."""
    by_task = [list(store.names_by_cell(task).values()) for task in TASKS]
    alike = [names for names in by_task if trained_alike([store.find(name).checkpoint for name in names])]
    names = "; ".join(map(", ".join, alike))
    same = "the same data, the same number of tokens, about as many parameters"
    return f"**To compare the cells, take {names}**: {same}. " if names else ""


def model_rows(store: ModelStore) -> list[list[str]]:
    """Return a row for each checkpoint that can be used, task by task."""
    rows = []
    for entry in sorted(store.entries.values(), key=lambda entry: [*TASKS, entry.task].index(entry.task)):
        if entry.predictor is None:
            continue
        checkpoint = entry.predictor.checkpoint
        megabytes = weights_size(store.checkpoints_dir / entry.name) / 1e6
        rows.append(
            [
                entry.name,
                show_metrics(checkpoint.metrics),
                f"{TASKS[entry.task].title}, {checkpoint.cell}",
                f"{checkpoint.num_parameters / 1e6:.1f} M",
                f"{megabytes:.1f} MB",
                show_training(entry.name, checkpoint),
            ]
        )
    return rows


def show_training(name: str, checkpoint: Checkpoint) -> str:
    """Return what a checkpoint's last run read: data sets, tokens, time, and where it started from."""
    data, tokens = checkpoint.trained_on
    names = ", ".join(dict.fromkeys(split.partition("/")[0] for split in data))
    read = "" if tokens is None else f"{tokens / 1e6:.1f} M tokens in "
    origin = "an earlier version of itself" if checkpoint.init_from == name else checkpoint.init_from
    start = f", starting from {origin}" if origin else ""
    return f"{names}: {read}{checkpoint.minutes:.0f} minutes on {checkpoint.hardware}{start}"


def show_metrics(metrics: dict[str, dict[str, Any]]) -> str:
    """Return the metrics by data set.

    >>> show_metrics({"imdb/test": {"accuracy": 0.8612, "ece": 0.031, "examples": 25000}})
    'imdb/test: accuracy 0.861, ece 0.031'
    >>> show_metrics({})
    'not measured yet'
    """
    lines = [
        f"{split}: " + ", ".join(f"{name} {shorten(values[name])}" for name in METRICS if name in values)
        for split, values in metrics.items()
    ]
    return "; ".join(lines) or "not measured yet"


def shorten(number: object) -> str:
    """Return a number with three significant digits.

    >>> shorten(0.86121), shorten(63.128), shorten(None)
    ('0.861', '63.1', 'None')
    """
    return (f"{number:.3f}" if number < 10 else f"{number:.1f}") if isinstance(number, Real) else str(number)


def train_commands(store: ModelStore) -> list[str]:
    """List the commands of the last runs, each below the name of its model."""
    return [line for entry in store.entries.values() if entry.predictor for line in (f"# {entry.name}", entry.command)]
