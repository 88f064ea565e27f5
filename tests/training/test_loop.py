"""The loop: it learns, keeps the best, goes on after a kill to the same weights, and refuses what would lose a run."""

import json
import math
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny import stop_after
from torch import nn

from rnn_demo.errors import InputError, TrainingError
from rnn_demo.language.config import LanguageModelConfig, LanguageRecipe
from rnn_demo.language.model import LanguageModel
from rnn_demo.language.train import LanguageObjective
from rnn_demo.training import loop
from rnn_demo.training.loop import Loop, learning_rate_factor

STEPS = 8
SETTINGS = {
    "steps": STEPS,
    "batch_size": 4,
    "seq_len": 5,
    "dropout_prob": 0.3,
    "warmup_steps": 2,
    "validate_every": 2,
    "lr": 0.01,
    "precision": "fp32",
}


class Job:
    """A run that can be started again and again in one folder."""

    def __init__(self, tokenizer, run_dir: Path):
        self.tokenizer, self.run_dir, self.seen = tokenizer, run_dir, []
        generator = np.random.default_rng(0)
        self.token_ids = generator.choice([20, 21, 22, 23, 24, 3, 4], size=400).astype(np.int32)

    def run(self, *args, **changes):
        """Train as `stop_short`, and to the end: the run gives way to the next one."""
        report = self.stop_short(*args, **changes)
        self.loop.folder.mark_finished()
        return report

    def stop_short(self, on_progress=None, change_loss=None, **changes):
        """Train from the first step, or from where the folder stands; its weights are not written anywhere else yet."""
        recipe = LanguageRecipe(**{**SETTINGS, **changes})
        torch.manual_seed(recipe.seed)
        config = LanguageModelConfig(recipe.cell, self.tokenizer.vocab_size, 6, 5, 2, dropout_prob=0.3)
        self.model = LanguageModel(config)
        held_out = [[4, 20, 21, 22, 23, 24, 3, 20], [4, 22, 20]]
        objective = LanguageObjective(self.token_ids, held_out, self.tokenizer, recipe)
        if change_loss:
            whole = objective.loss
            objective.loss = lambda *batch: change_loss(*whole(*batch))
        self.loop = Loop(self.model, objective, recipe, self.run_dir, on_progress or self.seen.append)
        return self.loop.run()

    def weights(self):
        """Copy the weights that the network holds now."""
        return {name: tensor.clone() for name, tensor in self.model.state_dict().items()}


@pytest.fixture
def job(tokenizer, tmp_path):
    """Make a run that has not started."""
    return Job(tokenizer, tmp_path / "runs" / "lm-tiny")


def assert_same_weights(one, other):
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


def test_a_run_validates_keeps_the_best_and_logs(job):
    report = job.run()
    assert [progress.step for progress in job.seen] == list(range(1, STEPS + 1))
    assert [bool(progress.metrics) for progress in job.seen] == [False, True] * 4
    assert job.seen[-1].fraction == 1
    assert job.seen[-1].remaining_s == 0
    assert "fp32: as requested" in job.seen[0].message
    assert not any(progress.message for progress in job.seen[1:])
    lines = [json.loads(line) for line in (job.run_dir / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4, 6, 8]
    best = min(lines, key=lambda line: line["nats_per_token"])
    assert report.best["step"] == best["step"]
    assert report.best["nats_per_token"] == best["nats_per_token"]
    assert (report.steps, report.tokens, report.device) == (STEPS, STEPS * 4 * 5, "cpu")
    assert_same_weights(job.weights(), load_file(job.run_dir / "best.safetensors"))
    assert not job.model.training
    assert list((job.run_dir / "tensorboard").rglob("events.*"))
    assert json.loads((job.run_dir / "run.json").read_text())["finished"]


def test_encoders_can_stay_as_they_are_for_a_share_of_the_run(job):
    seen = []

    def listen(progress):
        seen.append(job.weights()["encoder.layers.0.forward_cell.kernel.weight_hh_l0"])

    job.run(listen, freeze_fraction=0.5)
    torch.manual_seed(0)
    start = LanguageModel(job.model.config).state_dict()["encoder.layers.0.forward_cell.kernel.weight_hh_l0"]
    assert all(torch.equal(weight, start) for weight in seen[: STEPS // 2])
    assert all(not torch.equal(one, other) for one, other in pairwise(seen[STEPS // 2 - 1 :]))
    assert all(parameter.requires_grad for parameter in job.model.parameters())


def test_the_average_is_validated_and_saved_while_the_weights_train_on(tokenizer, tmp_path):
    plain, averaged = Job(tokenizer, tmp_path / "plain"), Job(tokenizer, tmp_path / "averaged")
    plain.run()
    averaged.run(average_decay=0.9)
    assert [p.loss_nats for p in averaged.seen] == [p.loss_nats for p in plain.seen]
    trained = [load_file(job.run_dir / "state" / "model.safetensors") for job in (plain, averaged)]
    assert_same_weights(*trained)
    kept = averaged.weights()["bias"]
    assert not torch.equal(kept, plain.weights()["bias"])
    assert kept.norm() < plain.weights()["bias"].norm()  # it starts from zero and follows


def test_the_best_weights_are_kept_when_later_ones_are_worse(job):
    report = job.run(lr=3.0, warmup_steps=0, steps=12)
    values = [progress.metrics["nats_per_token"] for progress in job.seen if progress.metrics]
    assert report.best["nats_per_token"] == min(values)
    assert report.best["step"] == 2 * (values.index(min(values)) + 1)


@pytest.mark.parametrize("killed_at", [4, 5])
@pytest.mark.parametrize(("cell", "average_decay"), [("rnn", 0.0), ("gru", 0.9), ("lstm", 0.0), ("lstm", 0.9)])
def test_resuming_after_a_kill_gives_exactly_the_same_weights(tokenizer, tmp_path, cell, average_decay, killed_at):
    how = {"cell": cell, "average_decay": average_decay}
    whole = Job(tokenizer, tmp_path / "whole")
    whole_report = whole.run(**how)
    cut = Job(tokenizer, tmp_path / "cut")
    with pytest.raises(KeyboardInterrupt):
        cut.run(stop_after(killed_at, cut.seen), **how)
    report = cut.run(**how, resume=True)
    assert [progress.step for progress in cut.seen] == [*range(1, killed_at + 1), *range(5, STEPS + 1)]
    assert [p.loss_nats for p in cut.seen[killed_at:]] == [p.loss_nats for p in whole.seen[4:]]
    assert_same_weights(load_file(cut.run_dir / "best.safetensors"), load_file(whole.run_dir / "best.safetensors"))
    assert_same_weights(cut.weights(), whole.weights())
    assert (report.steps, report.tokens, report.best) == (whole_report.steps, whole_report.tokens, whole_report.best)
    last = [load_file(run.run_dir / "state" / "model.safetensors") for run in (cut, whole)]
    assert_same_weights(*last)


def test_a_finished_run_can_be_made_longer(job):
    job.run()
    report = job.run(steps=STEPS + 4, resume=True)
    assert report.steps == STEPS + 4
    assert [progress.step for progress in job.seen[STEPS:]] == list(range(STEPS + 1, STEPS + 5))


def test_a_finished_run_that_is_made_longer_is_unfinished_until_its_end(job):
    job.run()
    with pytest.raises(KeyboardInterrupt):
        job.run(stop_after(STEPS + 1), steps=STEPS + 4, resume=True)
    with pytest.raises(TrainingError, match="contains an unfinished run; continue it with --resume, or remove it"):
        job.run()


def test_a_kill_while_the_state_is_replaced_loses_nothing(job):
    with pytest.raises(KeyboardInterrupt):
        job.run(stop_after(5))
    (job.run_dir / "state").rename(job.run_dir / "state.old")
    with pytest.raises(TrainingError, match="contains an unfinished run"):
        job.run()
    job.run(resume=True)
    assert [progress.step for progress in job.seen] == [5, 6, 7, 8]


def test_a_long_way_to_the_next_validation_is_saved_now_and_then(job, monkeypatch):
    monkeypatch.setattr(loop, "SAVE_EVERY_MINUTES", 0)
    with pytest.raises(KeyboardInterrupt):
        job.run(stop_after(3), validate_every=100)
    job.run(resume=True, validate_every=100)
    assert [progress.step for progress in job.seen] == [4, 5, 6, 7, 8]


def test_resuming_with_a_changed_setting_is_refused_by_its_name(job):
    with pytest.raises(KeyboardInterrupt):
        job.run(stop_after(3))
    for changes, message in [
        ({"lr": 0.02}, r"was started with lr=0\.01, not 0\.02; resume it with that"),
        ({"batch_size": 8}, "was started with batch_size=4, not 8"),
        ({"seed": 1}, "was started with seed=0, not 1"),
        ({"datasets": ("imdb",)}, "was started with datasets="),
    ]:
        with pytest.raises(TrainingError, match=message):
            job.run(resume=True, **changes)
    values = json.loads((job.run_dir / "run.json").read_text())
    values["recipe"]["num_processes"] = "2"
    (job.run_dir / "run.json").write_text(json.dumps(values))
    with pytest.raises(TrainingError, match="was started with num_processes=2, not 1"):
        job.run(resume=True)


def test_nothing_to_resume_is_said(job):
    with pytest.raises(TrainingError, match=r"there is no run to resume in .*lm-tiny; leave --resume out"):
        job.run(resume=True)


def test_an_unfinished_run_is_never_overwritten(job):
    with pytest.raises(KeyboardInterrupt):
        job.run(stop_after(2))
    state = (job.run_dir / "state" / "model.safetensors").read_bytes()
    with pytest.raises(TrainingError, match="contains an unfinished run; continue it with --resume, or remove it"):
        job.run()
    assert (job.run_dir / "state" / "model.safetensors").read_bytes() == state
    job.run(resume=True)
    job.run()  # a finished one gives way


def test_a_run_whose_checkpoint_was_not_written_is_not_overwritten_and_gives_the_same_weights_again(job):
    job.stop_short()
    weights = job.weights()
    with pytest.raises(TrainingError, match="contains an unfinished run; continue it with --resume, or remove it"):
        job.run()
    job.run(resume=True)
    assert_same_weights(job.weights(), weights)


def test_a_run_stopped_before_anything_was_saved_is_not_called_resumable(job):
    with pytest.raises(KeyboardInterrupt):
        job.run(stop_after(1))
    with pytest.raises(TrainingError, match="contains a run that saved nothing yet: running, or stopped; remove it"):
        job.run()


def test_a_folder_that_is_no_run_is_never_overwritten(job):
    job.run_dir.mkdir(parents=True)
    (job.run_dir / "thesis.tex").write_text("years of work")
    with pytest.raises(TrainingError, match="contains something other than a run; give another --runs-dir"):
        job.run()
    assert (job.run_dir / "thesis.tex").exists()


def test_a_broken_run_file_is_named(job):
    with pytest.raises(KeyboardInterrupt):
        job.run(stop_after(2))
    (job.run_dir / "run.json").write_text("{")
    for resume in (True, False):
        with pytest.raises(TrainingError, match=r"cannot read .*run\.json: .*remove .* to start again"):
            job.run(resume=resume)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops_and_keeps_the_best(job, value):
    steps = []

    def spoil(loss, state):
        if torch.is_grad_enabled():
            steps.append(1)
        return (loss * value if len(steps) == 6 else loss), state

    with pytest.raises(
        TrainingError, match=r"no longer finite at step 5 \(loss .*smaller lr than 0\.01; the best .*best"
    ):
        job.run(change_loss=spoil)
    best = load_file(job.run_dir / "best.safetensors")
    assert all(tensor.isfinite().all() for tensor in best.values())
    assert len(job.seen) == 5


def test_a_loss_that_is_no_number_at_once_promises_no_weights(job):
    with pytest.raises(TrainingError, match=r"at step 0 \(loss nan, gradient nan\); try a smaller lr than 0\.01$"):
        job.run(change_loss=lambda loss, state: (loss * math.nan, state))


def test_gradients_are_clipped_and_0_is_off(tokenizer, tmp_path):
    norms, before = {}, torch.optim.AdamW.step
    for clip_norm in (0.0, 1e-3):
        run = Job(tokenizer, tmp_path / str(clip_norm))

        def step(optimizer, *args, clip_norm=clip_norm, **kwargs):
            total = torch.stack([p.grad.norm() for group in optimizer.param_groups for p in group["params"]]).norm()
            norms.setdefault(clip_norm, []).append(float(total))
            return before(optimizer, *args, **kwargs)

        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(torch.optim.AdamW, "step", step)
            run.run(clip_norm=clip_norm, steps=3)
    assert max(norms[1e-3]) <= 1.001e-3
    assert min(norms[0.0]) > 1e-2


def test_biases_do_not_decay(job, monkeypatch):
    groups = []
    adamw = torch.optim.AdamW
    monkeypatch.setattr(torch.optim, "AdamW", lambda given, **kwargs: groups.extend(given) or adamw(given, **kwargs))
    job.run(steps=1, weight_decay=0.25)
    found = {(group["weight_decay"], p.dim()) for group in groups for p in group["params"]}
    assert found == {(0.25, 2), (0.0, 1)}


def test_a_run_by_the_clock_ends_with_a_validation(job, monkeypatch):
    now = [1000.0]

    def clock():
        now[0] += 0.25  # each look at the clock takes time, so a run can end between any two
        return now[0]

    monkeypatch.setattr(time, "perf_counter", clock)
    for tenths in range(1, 12):
        job.seen.clear()
        report = job.run(steps=None, minutes=tenths / 60 * 0.9, validate_every=1000)
        assert job.seen[-1].metrics
        assert job.seen[-1].fraction == 1
        assert report.best["step"] == report.steps == job.seen[-1].step
        assert all(progress.remaining_s >= 0 for progress in job.seen)


def test_a_dry_run_takes_two_steps_whatever_else_is_asked(job):
    report = job.run(steps=None, minutes=60, dry_run=True)
    assert report.steps == 2
    assert job.seen[-1].metrics
    with pytest.raises(KeyboardInterrupt):
        job.run(stop_after(2), dry_run=True)
    job.run(dry_run=True)


def test_bf16_trains_where_it_works(job):
    try:  # torch's own network: what only ours cannot do is a fault of ours
        with torch.autocast("cpu", torch.bfloat16):
            outputs, _ = nn.LSTM(4, 4)(torch.zeros(2, 3, 4))
        outputs.sum().backward()
    except RuntimeError as error:
        pytest.skip(f"no bf16 here: {error}")
    job.run(precision="bf16")
    assert "bf16: as requested" in job.seen[0].message
    assert all(weight.dtype == torch.float32 for weight in job.weights().values())
    assert job.seen[-1].loss_nats < job.seen[0].loss_nats + 1


def test_the_same_training_chooses_the_same_precision_whatever_the_clock_says(job, monkeypatch):
    choices = iter(["fp32", "bf16"])
    monkeypatch.setattr(loop, "choose_precision", lambda *_: (next(choices), "timed"))
    assert [job.run(precision="auto").precision for _ in range(2)] == ["fp32", "fp32"]
    assert json.loads((job.run_dir / "run.json").read_text())["precision"] == "fp32"
    with pytest.raises(KeyboardInterrupt):
        job.run(stop_after(3), precision="auto")
    assert job.run(precision="auto", resume=True).precision == "fp32"
    assert next(choices) == "bf16"  # the clock was read once


def test_a_batch_that_cannot_be_shared_is_refused(job, monkeypatch):
    class ThreeProcesses:
        num_processes = 3

    monkeypatch.setattr(loop, "PartialState", lambda cpu: ThreeProcesses)
    with pytest.raises(TrainingError, match="batch_size 4 cannot be shared evenly by 3 processes; give a multiple"):
        job.run()


def test_learning_rate_rises_and_falls_along_a_cosine():
    factors = [learning_rate_factor(step, step / 100, 10) for step in range(101)]
    assert factors[0] == pytest.approx(0.1)
    assert max(factors) == factors[9] == pytest.approx(0.98, abs=0.001)
    assert all(later < earlier for earlier, later in pairwise(factors[9:]))
    assert factors[-1] == 0
    assert learning_rate_factor(0, 0.0, 0) == 1
    assert learning_rate_factor(10**6, 1.2, 0) == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps is 0; it must be 1 or more"),
        ({"steps": 1, "minutes": 1}, "steps is 1; it must be left out when --minutes is given"),
        ({"steps": None, "minutes": 0}, "minutes is 0; it must be more than 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"hidden_size": 0}, "hidden_size is 0"),
        ({"lr": math.nan}, "lr is nan; it must be more than 0"),
        ({"lr": 0}, "lr is 0"),
        ({"seed": -1}, "seed is -1; it must be in 0"),
        ({"seed": 2**32}, "seed is 4294967296"),
        ({"dropout_prob": 1}, r"dropout_prob is 1; it must be in \[0, 1\)"),
        ({"clip_norm": -1}, "clip_norm is -1; it must be 0 or more"),
        ({"precision": "fp16"}, "precision is 'fp16'; it must be auto, bf16 or fp32"),
        ({"datasets": ()}, r"datasets is \(\); it must be one data set or more"),
    ],
)
def test_settings_that_cannot_be_trained_are_refused_by_name(settings, message):
    with pytest.raises(InputError, match=message):
        LanguageRecipe(**{**SETTINGS, **settings})
