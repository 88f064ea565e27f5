"""Discriminative fine-tuning: the nearer a layer is to the words, the slower it learns.

Source: Howard & Ruder 2018, arXiv:1801.06146, section 3.2, who divide the learning rate by 2.6 from layer to layer.
What a pretrained network knows of words then survives the first steps of a head that knows nothing yet.
"""

import re
from typing import Any

from torch import nn

LAYER = re.compile(r"encoder\.layers\.(\d+)\.")
EMBEDDING = re.compile(r"encoder\.embedding\.")


def parameter_groups(model: nn.Module, layer_lr_decay: float, weight_decay: float) -> list[dict[str, Any]]:
    """Sort the weights of a network into groups for an optimiser.

    Args:
        model: any network; the layers of its encoders are known by their names.
        layer_lr_decay: how many times slower each layer learns than the one above it; 1 = all alike.
        weight_decay: for matrices; vectors (biases, CRF ends) get none.

    Returns:
        Groups with `params`, `weight_decay` and `lr_scale`, which the learning rate is multiplied with: 1 above the
        encoders, then layer_lr_decay to the power of -1, -2, .. down to the embedding.
    """
    depths = [int(match[1]) + 1 for name, _ in model.named_parameters() if (match := LAYER.search(name))]
    num_layers = max(depths, default=0)
    groups: dict[tuple[int, bool], dict[str, Any]] = {}
    for name, parameter in model.named_parameters():
        layer = LAYER.search(name)
        below = num_layers - int(layer[1]) if layer else num_layers + 1 if EMBEDDING.search(name) else 0
        is_matrix = parameter.dim() > 1
        group = {"params": [], "lr_scale": layer_lr_decay**-below, "weight_decay": weight_decay if is_matrix else 0.0}
        groups.setdefault((below, is_matrix), group)["params"].append(parameter)
    return list(groups.values())
