"""What the microscope finds in the shipped models, beside what was published: `python -m bench.findings`.

Writes docs/what-we-found.md and its figures. Needs no data: everything comes from the checkpoints, their studies and
checkpoints/reference.txt. Nothing is chosen here; a number that disagrees with the paper is printed as it is.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
import torch
import tyro
from playwright.sync_api import sync_playwright
from torch import Tensor, nn

import rnn_demo
from bench.clamping import LENGTH, SAMPLES, measure
from rnn_demo.cells import CELLS, State
from rnn_demo.checkpoint import CHECKPOINTS_DIR, choose_by_cell, shipped_checkpoints, trained_alike
from rnn_demo.language.write import Writer
from rnn_demo.microscope.baseline import random_init_baseline
from rnn_demo.microscope.basis import read_basis
from rnn_demo.microscope.correlations import best_units
from rnn_demo.microscope.fixed_points import LINE, MAX_SPEED, is_line
from rnn_demo.microscope.fixed_points_section import fixed_points_of
from rnn_demo.microscope.gradients import gradient_over_distance
from rnn_demo.microscope.held_out_corpus import HELD_OUT_NAME, read_chunks
from rnn_demo.microscope.jacobians import largest_singular_values
from rnn_demo.microscope.joint_state import REST_CAP
from rnn_demo.microscope.sentiment_direction import read_direction
from rnn_demo.plots import Figure, draw_fixed_points, draw_gradients
from rnn_demo.precomputed import Entry, Precomputed, read_precomputed
from rnn_demo.predictor import ForwardPredictor, Predictor
from rnn_demo.sentiment.score import SentimentScorer

DOCS = Path(__file__).parent.parent / "docs"
NUM_PASSAGES, PASSAGE_CHARS = 20, 800
BEGINNING = 80
"""Tokens of a text whose cost is looked at."""
FOLD = 1000
"""How much smaller counts as forgotten."""
NUM_FEATURES = 8
MOST = 0.85
"""Of the variance: nearly the 90 % that were published."""
PUBLISHED_TOKENS = 1000
CLEAR = 0.6
"""|r| of a unit that follows a feature clearly."""
MEASURED = {
    "lm": [("english_novels/validation", "bits_per_char", -1)],
    "sentiment": [("imdb/test", "accuracy", 1), ("sst2/validation", "accuracy", 1)],
    "ner": [("conll2003/test", "f1", 1), ("conll2003/test", "pos_accuracy", 1)],
}
"""What the cells are compared by, of each task: data set, metric, and -1 where less is better."""
Drawn = dict[str, Figure]


def studied() -> dict[str, tuple[Predictor, Precomputed]]:
    """The shipped models that answer, each with its study."""
    names = [name for name in shipped_checkpoints() if not name.endswith("-backward")]
    return {name: (rnn_demo.load(name), read_precomputed(CHECKPOINTS_DIR / name)) for name in names}


def table(header: list[str], rows: list[list[str]]) -> list[str]:
    """Write a table."""
    return [f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rows)]


def chosen_of(models: dict[str, tuple[Predictor, Precomputed]], task: str) -> dict[str, str]:
    """Choose the model of each cell that its like is compared by: cell -> name."""
    return choose_by_cell(
        {name: predictor.checkpoint for name, (predictor, _) in models.items() if predictor.task == task}
    )


def verdict(claim: str, agrees: bool, ours: str) -> str:
    """Hold a published finding against ours."""
    return f"- {claim}: **{'agrees' if agrees else 'does not agree'}** ({ours})"


def trajectories(models: dict[str, tuple[Predictor, Precomputed]], drawn: Drawn) -> Iterator[str]:
    """How many directions the states of each model really use."""
    rows, verdicts = [], []
    for name, (predictor, study) in models.items():
        basis = read_basis(study.get("basis"), predictor.model.encoder.config.num_layers - 1, "h")
        if basis is not None:
            shares = np.cumsum(basis.explained_variance)
            units = str(len(basis.mean))
            rows.append([name, units, *(f"{100 * float(shares[i]):.0f} %" for i in (0, 1, 2, 9))])
            if isinstance(predictor, SentimentScorer):
                three = float(shares[2])
                verdicts.append(
                    verdict(
                        f"3 components hold about 90 % of the variance of {name}", three > MOST, f"{100 * three:.0f} %"
                    )
                )
    yield from table(["model", "units", "1 component", "2", "3", "10"], rows)
    yield ""
    yield (
        "Share of the variance of the last layer's h over 1,000 held-out texts. Published, for networks trained on "
        "sentiment alone from a random start: 2 or 3 components hold about 90 % (Maheswaranathan et al. 2019, "
        f"arXiv:1906.10720); {100 * MOST:.0f} % counts. A language model has to keep track of far more than one "
        "opinion."
    )
    yield ""
    yield from verdicts


def attractors(models: dict[str, tuple[Predictor, Precomputed]], drawn: Drawn) -> Iterator[str]:
    """Where the sentiment models come to rest."""
    rows, verdicts = [], []
    for name, (_, study) in models.items():
        section = study.get("fixed_points")
        if section is None:
            continue
        both = fixed_points_of(section)
        drawn[f"fixed-points-{name}"] = draw_fixed_points(both)
        for state, found in both.items():
            slowest = f"{median_of(found.time_constants):,.0f}" if found.time_constants.size else "-"
            aligned = f"{median_of(found.alignments):.2f}" if found.alignments.size else "-"
            spread = f"{tenth(found.logits.min())} to {tenth(found.logits.max())}" if found.logits.size else "-"
            rows.append(
                [
                    f"{name}, {state}",
                    f"{len(found.points)} of {len(found.speeds)}",
                    f"{np.sum(found.whole_speeds < MAX_SPEED)}",
                    f"{100 * np.median(found.drift):.1f} %" if len(found.drift) else "-",
                    f"{100 * float(found.explained_variance[:3].sum()):.0f} %",
                    slowest,
                    f"{np.sum(found.growing[:, 0])} of {len(found.growing)}" if len(found.growing) else "-",
                    aligned,
                    spread,
                ]
            )
        lined = [is_line(both[state].logits) for state in ("trained", "untrained")]
        shapes = [shape_of(both[state].logits) for state in ("trained", "untrained")]
        ours = f"{shapes[0]}; before training {shapes[1]}"
        verdicts.append(verdict(f"{name} has a line of fixed points after training only", lined == [True, False], ours))
        if both["trained"].time_constants.size:
            tokens = median_of(both["trained"].time_constants)
            near = PUBLISHED_TOKENS / 3 < tokens < PUBLISHED_TOKENS * 3
            claim = f"{name}'s slowest mode lasts about {PUBLISHED_TOKENS:,} tokens"
            verdicts.append(verdict(claim, near, f"{tokens:,.0f}"))
    header = ["model", "searches that ended at q < 1e-8", "the same over h and c", "drift of h in 20 tokens"]
    header += ["variance in 3 components", "slowest mode, tokens", "where it grows"]
    yield from table([*header, "its alignment with the readout", "logit along the points"], rows)
    yield ""
    yield (
        "Published: nearly every search converges, the fixed points lie along a line that the readout reads, 2 or 3 "
        "components hold about 90 % of the variance, and the slowest mode lasts about 1,000 tokens, in the trained "
        "network only (Maheswaranathan et al. 2019). At each point looked at: the longest time constant, and the "
        "largest |cosine| of a slow mode with the readout; shown are their medians. q is taken over h alone, and an "
        f"LSTM's c is held within ±{REST_CAP:g}, beyond which tanh(c) hardly changes; q over h and c stands beside it, "
        "and h moves on as the drift says: where that is more than 0 they are slow points, not exact ones, and some of "
        "their slowest modes grow instead of fading. A line means here: logits over more than "
        f"{LINE:g} without a gap of a quarter of that; that it follows the readout is not tested, and the alignments "
        "are low."
    )
    yield ""
    yield from verdicts
    yield from (
        f"\n![Fixed points of {name}](figures/fixed-points-{name}.png)"
        for name in models
        if f"fixed-points-{name}" in drawn
    )


def tenth(number: float) -> str:
    """Write a number with one digit behind the point; what rounds to 0 has no sign.

    >>> tenth(-0.04), tenth(-0.06)
    ('0.0', '-0.1')
    """
    return f"{round(number, 1) + 0.0:.1f}"


def shape_of(logits: np.ndarray) -> str:
    """Return how fixed points lie along the readout."""
    if not len(logits):
        return "no point stands still"
    if np.ptp(logits) <= LINE:
        return f"one place, at logit {tenth(logits.mean())}"
    gap = np.diff(np.sort(logits)).max()
    return f"from logit {tenth(logits.min())} to {tenth(logits.max())}, the widest gap {gap:.1f}"


def median_of(by_point: np.ndarray) -> float:
    """The median over points of the largest over modes: (point, mode) -> ()."""
    return float(np.median(by_point.max(axis=1)))


def reach(norms: list[float]) -> int:
    """After how many tokens a gradient has shrunk FOLD times, for good; the length of the text where it has not."""
    still = [distance for distance, norm in enumerate(norms) if norm * FOLD > norms[0]]
    return still[-1] + 1 if still else 0


def held_out_passages() -> list[str]:
    """Cut NUM_PASSAGES passages of some 200 tokens out of the held-out text, evenly."""
    passages = [text[:PASSAGE_CHARS] for text in read_chunks(CHECKPOINTS_DIR / HELD_OUT_NAME)]
    passages = [text for text in passages if len(text) > PASSAGE_CHARS // 2]
    return passages[:: max(1, len(passages) // NUM_PASSAGES)][:NUM_PASSAGES]


def gradients(models: dict[str, tuple[Predictor, Precomputed]], drawn: Drawn) -> Iterator[str]:
    """How far back the gradient of each cell reaches."""
    passages = held_out_passages()
    rows, reaches_of = [], {}
    for name, (predictor, _) in models.items():
        if not isinstance(predictor, ForwardPredictor):
            continue
        networks = {"trained": predictor, "untrained": random_init_baseline(predictor)}
        row = [name]
        for network in networks.values():
            reaches = [reach(gradient_over_distance(network, text)) for text in passages]
            stretch = [value for text in passages[:5] for value in largest_singular_values(network, text)]
            row += [f"{median(reaches):.0f} ({min(reaches)} to {max(reaches)})", f"{median(stretch):.2f}"]
        rows.append(row)
        reaches_of[name] = int(row[1].split()[0])
    prose = {name: models[name][0] for name in chosen_of(models, "lm").values()}
    drawn["gradients"] = draw_gradients(
        {
            name: {
                "trained": gradient_over_distance(predictor, passages[0]),
                "untrained": gradient_over_distance(random_init_baseline(predictor), passages[0]),
            }
            for name, predictor in prose.items()
        },
        {name: predictor.checkpoint.cell for name, predictor in prose.items()},
    )
    yield from table(["model", "reach, trained", "largest singular value", "reach, untrained", "the same"], rows)
    yield ""
    yield (
        f"Reach: tokens after which |dL/ds| is {FOLD:,} times smaller, the median (least to most) over "
        f"{len(passages)} held-out passages of some 200 tokens: more cannot be seen, and where nothing fades that far "
        "the reach is the length of the passage. In training the gradient was cut after 70 tokens in language models "
        "(64 characters in shakespeare-lstm) and 400 to 600 in sentiment models: this is what the cell would allow, "
        "and for a classifier the way through the last state alone. The largest singular value "
        "is that of one step's Jacobian, the median over tokens. Published: a vanilla RNN's gradient vanishes "
        "exponentially (Hochreiter 1991; Bengio et al. 1994), where all singular values stay below 1 it must (Pascanu "
        "et al. 2013, arXiv:1211.5063), and a trained LSTM language model uses about 200 tokens of context, of which "
        "only the last 50 in their order (Khandelwal et al. 2018, arXiv:1805.04623)."
    )
    yield ""
    for task in ("lm", "sentiment"):
        found = {cell: reaches_of[name] for cell, name in chosen_of(models, task).items()}
        if len(found) > 1 and "rnn" in found:
            soonest = all(found["rnn"] < reached for cell, reached in found.items() if cell != "rnn")
            least = min(
                len(models[name][0].encode(text).tokens)
                for name in chosen_of(models, task).values()
                for text in passages
            )
            ours = ", ".join(
                f"{cell} {'at least ' if reached >= least else ''}{reached} tokens" for cell, reached in found.items()
            )
            yield verdict(f"of the {task} models the vanilla RNN forgets soonest", soonest, ours)
    yield "\n![The gradient over distance on one passage](figures/gradients.png)"


def units(models: dict[str, tuple[Predictor, Precomputed]], drawn: Drawn) -> Iterator[str]:
    """What single units keep track of."""
    rows, quoted = [], {}
    for name, (predictor, study) in models.items():
        section = study.get("units")
        if section is None:
            continue
        last = predictor.model.encoder.config.num_layers - 1
        best = best_units(section.arrays[f"{last}.correlations"], section.notes["features"])
        shown = [f"{one.feature} {one.correlation:+.2f} (unit {one.unit})" for one in best[:NUM_FEATURES]]
        rows.append([name, "; ".join(shown)])
        if name.startswith("lm-"):  # the plays have no quotation marks
            quoted[name] = next(one.correlation for one in best if one.feature == "inside quotes") or 0.0
    yield from table(["model", "the clearest features, with the unit that follows each best and its correlation"], rows)
    yield ""
    yield (
        "Pearson's r over held-out tokens, last layer's h. Published: single cells that are on inside quotes, that "
        "count down a line, that follow brackets (Karpathy et al. 2015, arXiv:1506.02078), all in models of "
        f"characters, where a sign is a token of its own. Clearly means here: |r| above {CLEAR:g}."
    )
    yield ""
    for name, r in quoted.items():
        yield verdict(f"a unit of {name} follows quotation marks clearly", abs(r) > CLEAR, f"r {r:+.2f}")


def clamp(models: dict[str, tuple[Predictor, Precomputed]], drawn: Drawn) -> Iterator[str]:
    """What clamp a direction or a unit does to what is written."""
    writer, study = models["lm-lstm"]
    scorer, _ = models["sentiment-lstm"]
    section = study.get("sentiment_direction")
    if section is None:
        yield "The direction was not computed: `python train.py study lm-lstm`."
        return
    last = writer.model.config.num_layers - 1
    measured = measure(writer, scorer, section, [last])
    rows = [
        [one.setting, f"{one.score:.2f} ({one.low:.2f} to {one.high:.2f})", f"{one.perplexity:.0f}"] for one in measured
    ]
    yield from table(["held in lm-lstm's last layer", "P(positive) of what it writes", "perplexity"], rows)
    yield ""
    yield (
        f"{SAMPLES} texts of {LENGTH} tokens a setting after “The movie was”, judged by sentiment-lstm, with the "
        "bootstrap 95 % interval; perplexity under the free model is what the hold costs. "
        + "; ".join(unit_accuracies(models))
        + ". Published: one unit of a 4,096-unit multiplicative LSTM, trained on 82 million reviews, tells IMDB "
        "reviews apart with 92.3 % and steers what is written (Radford et al. 2017, arXiv:1704.01444). Our language "
        "models of prose have read the labelled reviews as text, and the judge grew out of an earlier lm-lstm, so it "
        "is not independent of the writer."
    )
    yield ""
    for what, start in (("a direction", "direction"), ("a single unit", "unit")):
        ends = [one for one in measured if one.setting.startswith(start)]
        low, high = min(ends, key=lambda one: one.score), max(ends, key=lambda one: one.score)
        ours = f"P(positive) from {low.score:.2f} to {high.score:.2f}"
        yield verdict(f"{what} steers the opinion of what is written", low.high < high.low, ours)
    accuracy = read_direction(section, last).unit_accuracy
    yield verdict("a single unit tells reviews apart", accuracy > MOST, f"{100 * accuracy:.0f} % in lm-lstm")


def unit_accuracies(models: dict[str, tuple[Predictor, Precomputed]]) -> Iterator[str]:
    """How well the direction and the best unit of each language model tell reviews apart."""
    for name, (predictor, study) in models.items():
        section: Entry | None = study.get("sentiment_direction")
        if section is not None:
            found = read_direction(section, predictor.model.encoder.config.num_layers - 1)
            yield (
                f"{name}'s direction tells labelled reviews apart with {100 * found.accuracy:.1f} %, its unit "
                f"{found.unit} alone with {100 * found.unit_accuracy:.1f} %"
            )


def gates(models: dict[str, tuple[Predictor, Precomputed]], drawn: Drawn) -> Iterator[str]:
    """What the same data, tokens and parameters come to in each cell."""
    verdicts = []
    for task, measures in MEASURED.items():
        told = {name: predictor.checkpoint for name, (predictor, _) in models.items() if predictor.task == task}
        told = {name: one for name, one in told.items() if measures[0][0] in one.metrics}
        chosen = choose_by_cell(told)
        alike = trained_alike([told[name] for name in chosen.values()])
        rows = []
        for name in dict.fromkeys((*chosen.values(), *told)):
            one = told[name]
            compared = "yes" if alike and name in chosen.values() else "no"
            trained = f"{one.training['tokens'] / 1e6:.1f} M, {one.minutes:.0f} min"
            start = one.init_from or "random weights"
            values = [f"{one.metrics[data][metric]:.4f}" for data, metric, _ in measures]
            rows.append([name, compared, f"{one.num_parameters / 1e6:.2f} M", trained, start, *values])
        header = ["model", "compared", "parameters", "tokens read, time", "started from"]
        yield from table([*header, *(f"{data} {metric}" for data, metric, _ in measures)], rows)
        yield ""
        for data, metric, sign in measures if alike and list(chosen) == list(CELLS) else ():
            found = {cell: told[name].metrics[data][metric] for cell, name in chosen.items()}
            ours = ", ".join(f"{cell} {value:.4f}" for cell, value in found.items())
            helps = min(sign * value for cell, value in found.items() if cell != "rnn") > sign * found["rnn"]
            verdicts.append(verdict(f"a gate helps on {data}, {metric}", helps, ours))
    yield (
        "Compared are those that share data and tokens read; their RNN and GRU are wider than the LSTM, so that all "
        "three have as many parameters. Tokens and time are those of the last run. One seed each, and two or three "
        "learning rates at most (README). The intervals of bench/evaluate.md part the RNN from both gated cells on "
        "imdb, on the novels and in parts of speech; on sst2 they overlap, on F1 those of RNN and GRU nearly touch. "
        "Which of GRU and LSTM is ahead is not settled here: another learning rate turned it round. Published, on "
        "music and speech, not on text: with about as many parameters gated cells clearly beat tanh units on raw "
        "speech and hardly on music, and neither of the two always beats the other (Chung et al. 2014, "
        "arXiv:1412.3555)."
    )
    yield ""
    yield from verdicts


@torch.inference_mode()
def beginnings(models: dict[str, tuple[Predictor, Precomputed]], drawn: Drawn) -> Iterator[str]:
    """What the first tokens of a text cost, read from a zero state and from one that other texts have left."""
    passages = held_out_passages()
    before, measured = passages[::2], passages[1::2]
    rows = []
    for name, (predictor, _) in models.items():
        if not isinstance(predictor, Writer):
            continue
        left = None
        for text in before:
            left = predictor.model.predict(torch.tensor([predictor.encode(text).token_ids]), left)[1]
        costs = [torch.stack([nats_of(predictor, text, state) for text in measured]).mean(0) for state in (None, left)]
        parts = [f"{float(cost[part].mean()):.2f}" for part in (slice(0, 20), slice(20, BEGINNING)) for cost in costs]
        rows.append([name, *parts])
    header = ["model", "tokens 1 to 20, from zero", "from a state left by other texts", "21 to 80, from zero", "left"]
    yield from table(header, rows)
    yield ""
    yield (
        f"Nats a token, the mean over {len(measured)} held-out passages; {len(before)} others have left the state. A "
        "network that was trained with its state carried on, and never zero, can come to rely on that: an earlier GRU "
        "of ours paid 5.11 for the first 20 tokens from zero, 4.63 from a state left by other texts. So now and then "
        "a stream goes on from zero (Melis et al. 2018, arXiv:1707.05589)."
    )


def nats_of(predictor: Writer, text: str, state: State | None) -> Tensor:
    """What each of the first BEGINNING tokens of a text costs, float32 (token,), nats."""
    encoded = predictor.encode(text)
    token_ids = torch.tensor([encoded.token_ids[: len(encoded.prefix_ids) + BEGINNING]])
    logits, _ = predictor.model.predict(token_ids[:, :-1], state)
    first = len(encoded.prefix_ids)
    return nn.functional.cross_entropy(logits[0, first - 1 :], token_ids[0, first:], reduction="none")


SECTIONS: dict[str, Callable[[dict[str, tuple[Predictor, Precomputed]], Drawn], Iterator[str]]] = {
    "1. How many directions a state moves in": trajectories,
    "2. The line attractor": attractors,
    "3. How far back a cell can learn from": gradients,
    "4. What units keep track of": units,
    "5. Clamp a unit, writing on": clamp,
    "6. What a gate buys": gates,
    "7. How a text begins": beginnings,
}


def save_pictures(drawn: Drawn, folder: Path) -> None:
    """Let the browser draw the figures: transparent, so that they suit a light and a dark page."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 860, "height": 560})
        for name, figure in drawn.items():
            page.set_content(
                f"<domain>body {{margin: 0}}</domain>{figure.to_html(include_plotlyjs=True, full_html=False)}"
            )
            page.locator(".main-svg").first.wait_for()
            page.wait_for_timeout(500)
            page.locator(".plotly-graph-div").screenshot(path=folder / f"{name}.png", omit_background=True)
        browser.close()


def main() -> None:
    """Measure all sections and write docs/what-we-found.md."""
    models, drawn = studied(), Drawn()
    lines = [
        "# What we found",
        "",
        "`python -m bench.findings` writes this file from the shipped checkpoints; the numbers stand beside those of",
        "the papers, whether or not they agree. Our networks are small and were trained for hours on a CPU.",
        "",
        "*h* is a cell's output and *c* an LSTM's memory; a *unit* is one number of h; the *logit* is a score before",
        "it becomes a probability; the *readout* is the direction in h along which a score is read.",
    ]
    for title, section in SECTIONS.items():
        lines += ["", f"## {title}", "", *section(models, drawn)]
        print("\n".join(lines), flush=True)
    said = [line for line in lines if line.startswith("- ")]
    agree = sum("**agrees**" in line for line in said)
    lines[4:4] = ["", f"Of {len(said)} findings that are held against ours, {agree} agree."]
    save_pictures(drawn, DOCS / "figures")
    (DOCS / "what-we-found.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    tyro.cli(main)
