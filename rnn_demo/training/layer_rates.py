"""Discriminative fine-tuning: the nearer a layer is to the words, the slower it learns.

Source: Howard & Ruder 2018, arXiv:1801.06146, section 3.2, who divide the learning rate by 2.6 from layer to layer.
The pretrained layers then survive the first steps, in which a new head learns from random weights.
"""

from typing import Any

from torch import nn

from rnn_demo.encoder import encoders_of


def parameter_groups(model: nn.Module, layer_lr_decay: float, weight_decay: float) -> list[dict[str, Any]]:
    """Sort the weights of a network into groups for an optimiser.

    Args:
        model: a network with one encoder or more.
        layer_lr_decay: how many times slower each layer learns than the one above it; 1 = all alike.
        weight_decay: for matrices; vectors (biases, CRF ends) get none.

    Returns:
        Groups with `params`, `weight_decay` and `lr_scale`, a factor of the learning rate: 1 above the encoders, then
        layer_lr_decay to the power of -1, -2, .. down to the embedding.
    """
    depth: dict[int, int] = {}  # id of a parameter -> layers above it, itself included
    for encoder in encoders_of(model):
        for i, layer in enumerate([encoder.embedding, *encoder.layers]):
            depth |= {id(parameter): len(encoder.layers) + 1 - i for parameter in layer.parameters()}
    groups: dict[tuple[int, bool], dict[str, Any]] = {}
    for parameter in model.parameters():
        below, is_matrix = depth.get(id(parameter), 0), parameter.dim() > 1
        group = {"params": [], "lr_scale": layer_lr_decay**-below, "weight_decay": weight_decay if is_matrix else 0.0}
        groups.setdefault((below, is_matrix), group)["params"].append(parameter)
    return list(groups.values())
