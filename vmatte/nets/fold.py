"""Batch normalisation folded into the convolution before it: the same function in one pass over memory instead of two.

In evaluation it is a factor and an offset for each channel, which a kernel and its bias can carry. Results differ by
float32's rounding only.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TypeVar

from torch import nn
from torch.nn.utils import fuse_conv_bn_eval

ModuleT = TypeVar("ModuleT", bound=nn.Module)


def folded(module: ModuleT) -> ModuleT:
    """The module with every pair folded that its names or its order show to follow each other.

    Those are `conv<n>` and `bn<n>` of one module, as in ResNet, and neighbours in a `Sequential`. Each normalisation
    leaves an `Identity` behind. The module must be in evaluation mode, and its weights loaded: its state dict is
    another one afterwards.

    >>> pair = nn.Sequential(nn.Conv2d(3, 4, 1, bias=False), nn.BatchNorm2d(4)).eval()
    >>> [type(part).__name__ for part in folded(pair)]
    ['Conv2d', 'Identity']
    """
    for parent in list(module.modules()):
        for convolution, norm in list(_pairs(parent)):
            setattr(parent, convolution, fuse_conv_bn_eval(getattr(parent, convolution), getattr(parent, norm)))
            setattr(parent, norm, nn.Identity())
    return module


def _pairs(parent: nn.Module) -> Iterator[tuple[str, str]]:
    """Names of a convolution and of the normalisation that takes its result."""
    children = dict(parent.named_children())
    if isinstance(parent, nn.Sequential):
        candidates = list(pairwise(children))
    else:
        candidates = [(name, f"bn{name[4:]}") for name in children if name.startswith("conv")]
    for first, second in candidates:
        if isinstance(children[first], nn.Conv2d) and isinstance(children.get(second), nn.BatchNorm2d):
            yield first, second
