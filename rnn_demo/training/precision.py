"""Whether to train under bf16 autocast: bf16 where the hardware supports it and it is clearly faster, else fp32.

On some CPUs bf16 recurrent kernels raise, on some they are emulated and slow, on others they double the speed, so steps
are timed. Timings vary: bf16 must win by a margin, and the run folder, config.json and the command on the model card
all store the choice.
"""

import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor

MIN_SPEEDUP = 1.2
NUM_STEPS = 5
"""Timed steps in each precision, alternating, after an untimed one."""


def choose_precision(requested: str, device: torch.device, probe_loss: Callable[[], Tensor]) -> tuple[str, str]:
    """Choose between bf16 autocast and fp32.

    Args:
        requested: auto, bf16 or fp32.
        device: where the training will run.
        probe_loss: computes the loss of one batch, for back-propagation.

    Returns:
        precision: bf16 or fp32.
        reason: a few words for the log.
    """
    if requested != "auto":
        return requested, "as requested"
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return "fp32", "this GPU does not support bf16"
    _step_seconds("fp32", device, probe_loss)
    try:
        _step_seconds("bf16", device, probe_loss)
    except RuntimeError as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        return "fp32", f"bf16 does not work here: {reason}"
    seconds: dict[str, list[float]] = {"fp32": [], "bf16": []}
    for _ in range(NUM_STEPS):
        for precision, times in seconds.items():
            times.append(_step_seconds(precision, device, probe_loss))
    speedup = median(seconds["fp32"]) / median(seconds["bf16"])
    return ("bf16" if speedup > MIN_SPEEDUP else "fp32"), f"a step in bf16 is {speedup:.1f} times as fast"


def _step_seconds(precision: str, device: torch.device, probe_loss: Callable[[], Tensor]) -> float:
    start = time.perf_counter()
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
        loss = probe_loss()
    loss.backward()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start
