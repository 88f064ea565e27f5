"""The training loop that every task shares, on Hugging Face Accelerate: one CPU, one GPU, or many processes.

AdamW, a linear warm-up and a cosine decay to 0 over steps or minutes, gradient clipping; the best weights on validation
are kept (or the best moving average of the weights, on request).
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
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
from rnn_demo.storage import replace_file
from rnn_demo.training.averaging import average_of
from rnn_demo.training.layer_rates import parameter_groups
from rnn_demo.training.precision import choose_precision
from rnn_demo.training.run_folder import RunFolder

DRY_RUN_STEPS = 2
PROBE_BATCHES = 8
SAVE_EVERY_MINUTES = 5
"""If the next validation is farther away, the state is saved after this time, so that a kill loses no more."""


class Objective(Protocol):
    """What a task provides to the loop."""

    metric: str
    """The metric of `validate` that chooses the best weights."""
    higher_is_better: bool
    chosen_on: str
    """The data of `validate`, as dataset/split, for the model card."""

    def batch_at(self, step: int, rank: int, world: int) -> dict[str, Tensor]:
        """Return the tensors of one step, on the CPU; a pure function of its arguments."""

    def loss(self, model: nn.Module, batch: dict[str, Tensor], state: State | None) -> tuple[Tensor, State | None]:
        """Return the mean loss of a batch, nats, and the state to carry to the next batch."""

    def num_tokens(self, batch: dict[str, Tensor]) -> int:
        """Return the tokens in a batch, padding excluded."""

    def validate(self, model: Any) -> dict[str, float]:
        """Return the metrics of the task's network on held-out data; called in eval mode, without gradients."""

    def finish(self, model: Any) -> None:
        """Finish the best weights, such as by calibration on held-out data; called once, as `validate`."""


@dataclass(frozen=True)
class Progress:
    """The progress of a run, once per step."""

    step: int
    fraction: float
    """Of the whole run, in [0, 1]."""
    loss_nats: float
    tokens_per_s: float
    remaining_s: float
    metrics: dict[str, float] | None
    """From the validation after this step, if there was one."""
    message: str = ""
    """A note for the person who waits."""


@dataclass(frozen=True)
class TrainingReport:
    """The result of a run."""

    steps: int
    tokens: int
    minutes: float
    best: dict[str, float]
    """The metrics of the best validation."""
    device: str
    precision: str
    """bf16 or fp32."""


@dataclass
class Standing:
    """What a resumed run needs beside weights and random numbers."""

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
    """Return the rank of this process and its device: a CUDA GPU if there is one, else the CPU."""
    return PartialState(cpu=parse_flag_from_env("ACCELERATE_USE_CPU") or not torch.cuda.is_available())


def learning_rate_factor(step: int, fraction: float, warmup_steps: int) -> float:
    """Return the fraction of the largest learning rate: a linear rise, then a cosine to 0 at the end of the run.

    >>> [round(learning_rate_factor(step, step / 100, 10), 3) for step in (0, 9, 50, 100)]
    [0.1, 0.98, 0.5, 0.0]
    """
    rise = min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0
    return rise * 0.5 * (1 + math.cos(math.pi * min(1.0, fraction)))


class Loop:
    """One run. `run` trains; the network has the best weights afterwards.

    Args:
        model: initialised, on the CPU.
        objective: data, loss and validation.
        recipe: how long and how.
        run_dir: the run's own folder; it counts as unfinished until `RunFolder.mark_finished`.
        on_progress: called after every step.

    Raises:
        TrainingError: the loss is no longer finite, there is nothing to resume, the run was started with other
            settings, or its folder contains something else.
    """

    def __init__(
        self,
        model: nn.Module,
        objective: Objective,
        recipe: Recipe,
        run_dir: Path,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self.objective, self.recipe, self.on_progress = objective, recipe, on_progress
        self.process = this_process()
        self.folder = RunFolder(run_dir, recipe, self.process.num_processes)
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
        while fraction < 1:  # one look at the clock per step, so that no run ends before its last validation
            loss = self._step(fraction)
            fraction = self._fraction()
            metrics = None
            if self.standing.step % self.recipe.validate_every == 0 or fraction >= 1:
                metrics = self._validate(loss)
                fraction = self._fraction()
            elif self._minutes() - self.saved_at > SAVE_EVERY_MINUTES:
                self._save_state()
            self._report(loss, fraction, metrics)
        self.accelerator.end_training()
        model = self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False)
        model.load_state_dict(load_file(self.folder.best))
        model.to("cpu").eval()
        standing = self.standing
        return TrainingReport(
            standing.step,
            standing.tokens,
            standing.elapsed_s / 60,
            standing.best or {},
            str(self.accelerator.device),
            self.precision,
        )

    def _fraction(self) -> float:
        self.standing.elapsed_s = time.perf_counter() - self.started_at
        if self.recipe.dry_run:
            return self.standing.step / DRY_RUN_STEPS
        if self.recipe.steps is not None:
            return self.standing.step / self.recipe.steps
        return self._minutes() / (self.recipe.minutes or math.inf)

    def _minutes(self) -> float:
        """Return the elapsed time of the run: one clock for all processes."""
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
        if not math.isfinite(norm + mean_loss):  # both are reduced over all processes, so that all of them stop
            kept = f"; the best weights so far stay in {self.folder.best}" if standing.best else ""
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
                replace_file(self.folder.best, partial(save_file, model.state_dict()))
            self.accelerator.log({"loss_nats": loss, **metrics}, step=self.standing.step)
            line = {"step": self.standing.step, "elapsed_s": round(self.standing.elapsed_s, 1), "loss_nats": loss}
            self.folder.append_metrics({**line, **metrics})
        self._save_state()
        return metrics

    def _report(self, loss: float, fraction: float, metrics: dict[str, float] | None) -> None:
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
        """Start a new run folder, or check the one to resume; return the precision and the reason for it."""
        folder, is_main = self.folder, self.process.is_main_process
        if is_main:
            folder.undo_interrupted_swap()
        self.process.wait_for_everyone()
        if self.recipe.resume:
            precision = folder.require_resumable()
            if is_main:
                folder.write(precision)
            return precision, "as the run was started"
        if not self.recipe.dry_run:
            folder.require_free()
        known = folder.known_precision()
        self.process.wait_for_everyone()
        choice = (known, "as in the run before with these settings") if known else self._choose_precision(model)
        if is_main:
            folder.start(choice[0])
        self.process.wait_for_everyone()
        return choice

    def _choose_precision(self, model: nn.Module) -> tuple[str, str]:
        device = self.process.device
        choices = [choose_precision(self.recipe.precision, device, lambda: self._probe_loss(model, device))]
        model.zero_grad()
        model.to("cpu")
        if self.process.num_processes > 1:
            broadcast_object_list(choices)  # the timings differ between processes
        return choices[0]

    def _probe_loss(self, model: nn.Module, device: torch.device) -> Tensor:
        """Return the loss of the longest of the first batches: a short batch would not show the difference."""
        batches = [self.objective.batch_at(step, 0, 1) for step in range(PROBE_BATCHES)]
        batch = {name: tensor.to(device) for name, tensor in max(batches, key=self.objective.num_tokens).items()}
        return self.objective.loss(model.to(device).train(), batch, None)[0]

    def _save_state(self) -> None:
        accelerator, new_state = self.accelerator, self.folder.new_state
        accelerator.save_state(str(new_state))
        if self.state is not None:
            parts = {str(i): part.contiguous() for i, part in enumerate(self.state)}
            save_file(parts, new_state / f"carried-{accelerator.process_index}.safetensors")
        accelerator.wait_for_everyone()
        if accelerator.is_main_process:
            self.folder.swap_state()
        accelerator.wait_for_everyone()
        self.saved_at = self._minutes()

    def _load_state(self) -> None:
        accelerator, state = self.accelerator, self.folder.state
        accelerator.load_state(str(state))
        carried = state / f"carried-{accelerator.process_index}.safetensors"
        if carried.exists():
            parts = load_file(carried, device=str(accelerator.device))
            # cloned: kernels round differently on memory with the file's alignment
            self.state = tuple(parts[str(i)].clone() for i in range(len(parts)))
