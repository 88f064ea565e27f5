"""Weights as int8: a matrix becomes round(w / scale) with scale = max|row| / 127 for each row; vectors stay float32.

A file is a quarter of the size of float32. The metrics on the model card are those of the weights as stored.
"""

import torch
from torch import Tensor

from rnn_demo.errors import CheckpointError

SCALE_SUFFIX = ".row_scale"


def pack_weights(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Turn every float matrix into int8 rows and one float32 scale per row; keep vectors.

    >>> packed = pack_weights({"w": torch.tensor([[1.0, -0.5], [0.0, 0.0]])})
    >>> packed["w"].tolist(), packed["w.row_scale"].shape
    ([[127, -64], [0, 0]], torch.Size([2]))
    """
    packed = {}
    for name, tensor in weights.items():
        tensor = tensor.detach().cpu().contiguous()
        if tensor.dim() == 2 and tensor.is_floating_point():
            scale = (tensor.abs().amax(dim=1) / 127).clamp(min=torch.finfo(torch.float32).tiny)
            packed[name] = (tensor / scale[:, None]).round().to(torch.int8)
            packed[name + SCALE_SUFFIX] = scale.float()
        else:
            packed[name] = tensor
    return packed


def unpack_weights(packed: dict[str, Tensor]) -> dict[str, Tensor]:
    """Undo `pack_weights`, with a rounding error of half a scale at most.

    Raises:
        CheckpointError: the scales of an int8 matrix are missing or do not fit.
    """
    for name, tensor in packed.items():
        scale = packed.get(name + SCALE_SUFFIX)
        if tensor.dtype == torch.int8 and (scale is None or scale.shape != tensor.shape[:1]):
            stored = "none" if scale is None else f"scales of shape {tuple(scale.shape)}"
            raise CheckpointError(f"{name} needs {name + SCALE_SUFFIX} with one scale per row; the file has {stored}")
    return {
        name: tensor.float() * packed[name + SCALE_SUFFIX][:, None] if name + SCALE_SUFFIX in packed else tensor
        for name, tensor in packed.items()
        if not name.endswith(SCALE_SUFFIX)
    }
