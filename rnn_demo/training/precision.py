"""Whether to train under bf16 autocast: tried for one step each way, not guessed from the processor's name.

On some CPUs bf16 recurrent kernels raise, on some they are emulated and slow, on others they double the speed.
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor


def choose_precision(asked: str, device: torch.device, probe_loss: Callable[[], Tensor]) -> tuple[str, str]:
    """Choose between bf16 autocast and fp32.

    Args:
        asked: auto, bf16 or fp32.
        device: where the training will run.
        probe_loss: computes the loss of one batch, that can be back-propagated.

    Returns:
        precision: bf16 or fp32.
        reason: a few words for the log.
    """
    if asked != "auto":
        return asked, "as asked"
    fp32_s = min(_step_seconds("fp32", device, probe_loss) for _ in range(2))
    try:
        bf16_s = min(_step_seconds("bf16", device, probe_loss) for _ in range(2))
    except RuntimeError as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        return "fp32", f"bf16 does not work here: {reason}"
    ratio = fp32_s / bf16_s
    return ("bf16" if ratio > 1 else "fp32"), f"one step is {ratio:.1f} times as fast in bf16"


def _step_seconds(precision: str, device: torch.device, probe_loss: Callable[[], Tensor]) -> float:
    start = time.perf_counter()
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
        loss = probe_loss()
    loss.backward()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start
