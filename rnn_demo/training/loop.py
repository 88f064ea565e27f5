"""The training loop that every task shares, on Hugging Face Accelerate: one CPU, one GPU, or many processes.

AdamW, a linear warm-up and a cosine decay to 0 over steps or minutes, gradient clipping, the best weights on
validation kept (or the best average of weights, where one is asked for). All that a run needs to go on is in its own
folder:

    runs/lm-lstm/run.json           the recipe and the precision it was started with
                 state/             where it stands: weights, optimiser, random numbers, carried state
                 best.safetensors   the best weights so far, fp32
                 metrics.jsonl      a line a validation; TensorBoard's files stand beside it
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any, Protocol

import torch
from accelerate import Accelerator, PartialState
from accelerate.utils import (
    DistributedDataParallelKwargs,
    broadcast,
    broadcast_object_list,
    parse_flag_from_env,
    set_seed,
)
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from rnn_demo.cells import State
from rnn_demo.config import Recipe
from rnn_demo.encoder import encoders_of
from rnn_demo.errors import TrainingError
from rnn_demo.training.averaging import average_of
from rnn_demo.training.layer_rates import parameter_groups
from rnn_demo.training.precision import choose_precision

DRY_RUN_STEPS = 2
BEST_NAME = "best.safetensors"
RUN_NAME = "run.json"
PROBE_BATCHES = 8
SAVE_EVERY_MINUTES = 5
"""Where the next validation is farther off: no more than so much of a run is lost."""


class Objective(Protocol):
    """What a task gives to the loop."""

    metric: str
    """The metric of `validate` that chooses the best weights."""
    higher_is_better: bool
    chosen_on: str
    """What `validate` reads, as dataset/split, for the model card."""

    def batch_at(self, step: int, rank: int, world: int) -> dict[str, Tensor]:
        """The tensors of one step, on the CPU; a pure function of its arguments."""

    def loss(self, model: nn.Module, batch: dict[str, Tensor], state: State | None) -> tuple[Tensor, State | None]:
        """The mean loss of a batch, nats, and the state to carry to the next batch."""

    def num_tokens(self, batch: dict[str, Tensor]) -> int:
        """Real tokens in a batch."""

    def validate(self, model: Any) -> dict[str, float]:
        """The metrics of the task's own network on held-out data; called in eval mode, gradients off."""

    def finish(self, model: Any) -> None:
        """Last touches to the best weights, such as calibration on held-out data; called once, as `validate`."""


@dataclass(frozen=True)
class Progress:
    """Where a run stands, a value a step."""

    step: int
    fraction: float
    """Of the whole run, in [0, 1]."""
    loss_nats: float
    tokens_per_s: float
    remaining_s: float
    metrics: dict[str, float] | None
    """From the validation after this step, if there was one."""
    message: str = ""
    """Something to tell the person who waits."""


@dataclass(frozen=True)
class TrainingReport:
    """What a run came to."""

    steps: int
    tokens: int
    minutes: float
    best: dict[str, float]
    """The metrics of the best validation."""
    device: str


@dataclass
class Standing:
    """What has to be remembered, beside weights and random numbers, to continue a run."""

    step: int = 0
    tokens: int = 0
    elapsed_s: float = 0.0
    best: dict[str, float] | None = None

    def state_dict(self) -> dict[str, Any]:
        """For Accelerate's `save_state`."""
        return dict(vars(self))

    def load_state_dict(self, values: dict[str, Any]) -> None:
        """For Accelerate's `load_state`."""
        vars(self).update(values)


def this_process() -> PartialState:
    """Which of how many processes this is, and its device: a CUDA GPU where there is one, else the CPU."""
    return PartialState(cpu=parse_flag_from_env("ACCELERATE_USE_CPU") or not torch.cuda.is_available())


def learning_rate_factor(step: int, fraction: float, warmup_steps: int) -> float:
    """The share of the largest learning rate: a linear rise, then a cosine to 0 at the end of the run.

    >>> [round(learning_rate_factor(step, step / 100, 10), 3) for step in (0, 9, 50, 100)]
    [0.1, 0.98, 0.5, 0.0]
    """
    rise = min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0
    return rise * 0.5 * (1 + math.cos(math.pi * min(1.0, fraction)))


def train(
    model: nn.Module, objective: Objective, recipe: Recipe, run_dir: Path, on_progress: Callable[[Progress], None]
) -> TrainingReport:
    """Train a network; it holds the best weights afterwards. The run counts as unfinished until `mark_finished`.

    Args:
        model: initialised, on the CPU.
        objective: data, loss and validation.
        recipe: how long and how.
        run_dir: the run's own folder.
        on_progress: called after every step.

    Raises:
        TrainingError: the loss is no longer finite, there is nothing to resume from, the run was started with other
            settings, or its folder holds something else.
    """
    return Loop(model, objective, recipe, run_dir, on_progress).run()


def mark_finished(run_dir: Path) -> None:
    """Let a run give way to the next one: what it came to has been written elsewhere."""
    path = run_dir / RUN_NAME
    path.write_text(
        json.dumps({**json.loads(path.read_text(encoding="utf-8")), "finished": True}, indent=2), encoding="utf-8"
    )


class Loop:
    """One run; see `train`."""

    def __init__(
        self,
        model: nn.Module,
        objective: Objective,
        recipe: Recipe,
        run_dir: Path,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self.objective, self.recipe, self.run_dir, self.on_progress = objective, recipe, run_dir, on_progress
        self.process = this_process()
        if recipe.batch_size % self.process.num_processes:
            raise TrainingError(
                f"batch_size {recipe.batch_size} cannot be shared evenly by {self.process.num_processes} processes; "
                "give a multiple"
            )
        precision, reason = self._open_run(model)
        set_seed(recipe.seed)
        self.accelerator = Accelerator(
            cpu=self.process.device.type == "cpu",
            mixed_precision="bf16" if precision == "bf16" else "no",
            kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=recipe.freeze_fraction > 0)],
            log_with="tensorboard",
            project_dir=run_dir,
        )
        self.accelerator.init_trackers("tensorboard")
        self.standing = Standing()
        self.accelerator.register_for_checkpointing(self.standing)
        groups = parameter_groups(model, recipe.layer_lr_decay, recipe.weight_decay)
        self.encoder_parameters = [p for encoder in encoders_of(model) for p in encoder.parameters()]
        self.model, self.optimizer = self.accelerator.prepare(
            model, torch.optim.AdamW(groups, lr=recipe.lr, fused=True)
        )
        self.averaged = average_of(self.accelerator.unwrap_model(self.model), recipe.average_decay)
        if self.averaged is not None:
            self.accelerator.register_for_checkpointing(self.averaged)
        self.state: State | None = None
        self.precision = precision
        self.message = f"{self.accelerator.device}, {self.accelerator.num_processes} process(es), {precision}: {reason}"

    def run(self) -> TrainingReport:
        """Train to the end, from the start or from where the run stands."""
        if self.recipe.resume:
            self._load_state()
        self.started_at = time.perf_counter() - self.standing.elapsed_s
        self.saved_at = self._minutes()
        self.first_tokens, self.first_s = self.standing.tokens, time.perf_counter()
        fraction = self._fraction()
        while fraction < 1:  # asked once a step: no run ends between this look at the clock and a last validation
            loss = self._step(fraction)
            fraction = self._fraction()
            metrics = None
            if self.standing.step % self.recipe.validate_every == 0 or fraction >= 1:
                metrics = self._validate(loss)
                fraction = self._fraction()
            elif self._minutes() - self.saved_at > SAVE_EVERY_MINUTES:
                self._save_state()
            self._tell(loss, fraction, metrics)
        self.accelerator.end_training()
        model = self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False)
        model.load_state_dict(load_file(self.run_dir / BEST_NAME))
        model.to("cpu").eval()
        standing = self.standing
        return TrainingReport(
            standing.step, standing.tokens, standing.elapsed_s / 60, standing.best or {}, str(self.accelerator.device)
        )

    def _fraction(self) -> float:
        self.standing.elapsed_s = time.perf_counter() - self.started_at
        if self.recipe.dry_run:
            return self.standing.step / DRY_RUN_STEPS
        if self.recipe.steps is not None:
            return self.standing.step / self.recipe.steps
        return self._minutes() / (self.recipe.minutes or math.inf)

    def _minutes(self) -> float:
        """How long the run has gone on: one clock for all processes."""
        return float(broadcast(torch.tensor(self.standing.elapsed_s / 60, device=self.accelerator.device)))

    def _step(self, fraction: float) -> float:
        accelerator, standing = self.accelerator, self.standing
        factor = learning_rate_factor(standing.step, fraction, self.recipe.warmup_steps)
        for parameter in self.encoder_parameters:
            parameter.requires_grad_(fraction >= self.recipe.freeze_fraction)
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.lr * factor * group["lr_scale"]
        batch = self.objective.batch_at(standing.step, accelerator.process_index, accelerator.num_processes)
        batch = {name: tensor.to(accelerator.device) for name, tensor in batch.items()}
        self.model.train()
        loss, state = self.objective.loss(self.model, batch, self.state)
        self.state = None if state is None else tuple(part.detach() for part in state)
        accelerator.backward(loss)
        norm = float(accelerator.clip_grad_norm_(self.model.parameters(), self.recipe.clip_norm or math.inf))
        mean_loss = float(accelerator.reduce(loss.detach(), reduction="mean"))
        if not math.isfinite(norm + mean_loss):  # both over all processes: every one sees the same and stops
            kept = f"; the best weights so far stay in {self.run_dir / BEST_NAME}" if standing.best else ""
            raise TrainingError(
                f"the loss or its gradient is no longer finite at step {standing.step} (loss {mean_loss:.4g}, gradient "
                f"{norm:.4g}); try a smaller lr than {self.recipe.lr}{kept}"
            )
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.averaged is not None:
            self.averaged.update_parameters(accelerator.unwrap_model(self.model))
        standing.step += 1
        standing.tokens += self.objective.num_tokens(batch) * accelerator.num_processes
        return mean_loss

    @torch.no_grad()
    def _validate(self, loss: float) -> dict[str, float] | None:
        metrics = None
        if self.accelerator.is_main_process:
            model = self.accelerator.unwrap_model(self.model) if self.averaged is None else self.averaged.module
            metrics = self.objective.validate(model.eval())
            best = self.standing.best
            name, sign = self.objective.metric, 1 if self.objective.higher_is_better else -1
            if best is None or sign * metrics[name] > sign * best[name]:
                self.standing.best = {**metrics, "step": self.standing.step}
                save_file(model.state_dict(), self.run_dir / BEST_NAME)
            self.accelerator.log({"loss_nats": loss, **metrics}, step=self.standing.step)
            line = {"step": self.standing.step, "elapsed_s": round(self.standing.elapsed_s, 1), "loss_nats": loss}
            with (self.run_dir / "metrics.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps({**line, **metrics}) + "\n")
        self._save_state()
        return metrics

    def _tell(self, loss: float, fraction: float, metrics: dict[str, float] | None) -> None:
        standing, now = self.standing, time.perf_counter()
        fraction = min(1.0, fraction)
        spent = max(now - self.first_s, 1e-9)
        progress = Progress(
            step=standing.step,
            fraction=fraction,
            loss_nats=loss,
            tokens_per_s=(standing.tokens - self.first_tokens) / spent,
            remaining_s=standing.elapsed_s * (1 - fraction) / fraction if fraction else math.inf,
            metrics=metrics,
            message=self.message,
        )
        self.message = ""
        if self.accelerator.is_main_process:
            self.on_progress(progress)

    def _open_run(self, model: nn.Module) -> tuple[str, str]:
        """Start a fresh run folder, or check that the one to resume was started the same way."""
        state, old = self.run_dir / "state", self.run_dir / "state.old"
        if self.process.is_main_process and old.is_dir() and not state.exists():
            old.rename(state)
        self.process.wait_for_everyone()
        if self.recipe.resume:
            if not state.is_dir():
                raise TrainingError(f"there is no run to resume in {self.run_dir}; leave --resume out to start one")
            stored = self._read_run_file()
            for name, now in self._settings().items():
                if (was := stored["recipe"].get(name, now)) != now:
                    raise TrainingError(f"{self.run_dir} was started with {name}={was}, not {now}; resume it with that")
            if self.process.is_main_process:
                self._write_run_file(stored["precision"])
            return str(stored["precision"]), "as the run began"
        if not self.recipe.dry_run:
            self._require_free()
        self.process.wait_for_everyone()
        precision, reason = self._agree_on_precision(model)
        if self.process.is_main_process:
            rmtree(self.run_dir, ignore_errors=True)
            self.run_dir.mkdir(parents=True)
            self._write_run_file(precision)
        self.process.wait_for_everyone()
        return precision, reason

    def _require_free(self) -> None:
        """Refuse to start over where another run, or something else, would be lost."""
        if not self.run_dir.is_dir() or not any(self.run_dir.iterdir()):
            return
        if not (self.run_dir / RUN_NAME).exists():
            raise TrainingError(f"{self.run_dir} holds something else than a run; give another --runs-dir")
        if self._read_run_file()["finished"]:
            return
        if (self.run_dir / "state").is_dir():
            raise TrainingError(f"{self.run_dir} holds an unfinished run; continue it with --resume, or remove it")
        raise TrainingError(f"{self.run_dir} holds a run that saved nothing yet: at work, or stopped; remove it")

    def _settings(self) -> dict[str, str]:
        settings = {name: str(value) for name, value in vars(self.recipe).items() if name not in RESUMABLE}
        return {**settings, "num_processes": str(self.process.num_processes)}

    def _read_run_file(self) -> dict[str, Any]:
        path = self.run_dir / RUN_NAME
        try:
            values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TrainingError(f"cannot read {path}: {error}; remove {self.run_dir} to start again") from error
        return values

    def _write_run_file(self, precision: str) -> None:
        values = {"recipe": self._settings(), "precision": precision, "finished": False}
        (self.run_dir / RUN_NAME).write_text(json.dumps(values, indent=2), encoding="utf-8")

    def _agree_on_precision(self, model: nn.Module) -> tuple[str, str]:
        device = self.process.device
        agreed = [choose_precision(self.recipe.precision, device, lambda: self._probe_loss(model, device))]
        model.zero_grad()
        model.to("cpu")
        if self.process.num_processes > 1:
            broadcast_object_list(agreed)  # clocks differ from process to process
        return agreed[0]

    def _probe_loss(self, model: nn.Module, device: torch.device) -> Tensor:
        """The loss of the longest of the first batches: in a short one the difference would drown."""
        batches = [self.objective.batch_at(step, 0, 1) for step in range(PROBE_BATCHES)]
        batch = {name: tensor.to(device) for name, tensor in max(batches, key=self.objective.num_tokens).items()}
        return self.objective.loss(model.to(device).train(), batch, None)[0]

    def _save_state(self) -> None:
        accelerator = self.accelerator
        new = self.run_dir / "state.new"
        accelerator.save_state(str(new))
        if self.state is not None:
            parts = {str(i): part.contiguous() for i, part in enumerate(self.state)}
            save_file(parts, new / f"carried-{accelerator.process_index}.safetensors")
        accelerator.wait_for_everyone()
        if accelerator.is_main_process:
            state, old = self.run_dir / "state", self.run_dir / "state.old"
            rmtree(old, ignore_errors=True)
            if state.exists():
                state.rename(old)  # two renames: a kill between them leaves the old one, which `_open_run` takes back
            new.rename(state)
            rmtree(old, ignore_errors=True)
        accelerator.wait_for_everyone()
        self.saved_at = self._minutes()

    def _load_state(self) -> None:
        accelerator = self.accelerator
        accelerator.load_state(str(self.run_dir / "state"))
        carried = self.run_dir / "state" / f"carried-{accelerator.process_index}.safetensors"
        if carried.exists():
            parts = load_file(carried, device=str(accelerator.device))
            # cloned: kernels round differently on memory that lies as it lay in the file
            self.state = tuple(parts[str(i)].clone() for i in range(len(parts)))


RESUMABLE = ("resume", "steps", "minutes", "output_dir", "runs_dir", "data_dir", "num_threads", "dry_run")
"""Settings that may differ when a run is continued."""
