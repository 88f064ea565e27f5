"""What the same data, tokens and parameters give in each cell."""

from collections.abc import Iterator, Mapping, Sequence

from bench.findings.report import Claim, Material, Section, table
from rnn_demo.cells import CELLS
from rnn_demo.checkpoint import Checkpoint
from rnn_demo.comparison import choose_by_cell, trained_alike
from rnn_demo.tasks import TASKS, Headline


def section(material: Material) -> Section:
    """Compare the cells, task by task."""
    tables, claims = [], list[Claim]()
    for task in TASKS.values():
        predictors, headlines = material.predictors(task.predictor), task.headlines
        checkpoints = {name: predictor.checkpoint for name, predictor in predictors.items()}
        measured = {
            name: each for name, each in checkpoints.items() if any(h.data in each.metrics for h in headlines[:1])
        }
        chosen = choose_by_cell(measured)
        compared = list(chosen.values()) if trained_alike([measured[name] for name in chosen.values()]) else []
        order = dict.fromkeys((*chosen.values(), *measured))
        tables.append(compare({name: measured[name] for name in order}, compared, headlines))
        if compared:
            claims += check({cell: measured[name] for cell, name in chosen.items()}, headlines)
    return Section(
        tables,
        "Compared are models that share their data and the number of tokens; hidden sizes differ, so that all have as "
        "many parameters. Tokens and time are those of the last run. One seed each, and at most three learning rates "
        "([comparison](comparison.md)). The intervals of bench/evaluate.md separate the RNN from both gated cells on "
        "imdb, on the novels and in parts of speech; on sst2 they overlap, and on F1 those of RNN and GRU nearly "
        "touch. Which of GRU and LSTM is ahead is not settled here: another learning rate reversed it. Published, on "
        "music and speech, not on text: with about as many parameters, gated cells clearly beat tanh units on raw "
        "speech and hardly on music, and neither of the two always beats the other (Chung et al. 2014, "
        "arXiv:1412.3555).",
        claims,
    )


def compare(checkpoints: Mapping[str, Checkpoint], compared: Sequence[str], headlines: Sequence[Headline]) -> list[str]:
    """Write a task's table."""
    header = ["model", "compared", "parameters", "tokens read, time", "started from"]
    rows = [
        [
            name,
            "yes" if name in compared else "no",
            f"{checkpoint.num_parameters / 1e6:.2f} M",
            f"{checkpoint.training['tokens'] / 1e6:.1f} M, {checkpoint.minutes:.0f} min",
            checkpoint.init_from or "random weights",
            *(f"{headline.of(checkpoint):.4f}" for headline in headlines),
        ]
        for name, checkpoint in checkpoints.items()
    ]
    return table([*header, *map(str, headlines)], rows)


def check(by_cell: Mapping[str, Checkpoint], headlines: Sequence[Headline]) -> Iterator[Claim]:
    """Check whether every cell with gates is better than every cell without."""
    for headline in headlines:
        values = {cell: headline.of(checkpoint) for cell, checkpoint in by_cell.items()}
        goodness = {cell: value if headline.higher_is_better else -value for cell, value in values.items()}
        gated = [value for cell, value in goodness.items() if CELLS[cell].gate_names]
        plain = [value for cell, value in goodness.items() if not CELLS[cell].gate_names]
        if gated and plain:
            evidence = ", ".join(f"{cell} {value:.4f}" for cell, value in values.items())
            yield Claim(f"a gate helps on {headline.data}, {headline.metric}", min(gated) > max(plain), evidence)
