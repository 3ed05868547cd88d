"""The four trunks of GFM, cut into the stages that its decoders look at; keys as in its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import nn

from vmatte.nets.blocks.densenet import DenseBlock, Transition
from vmatte.nets.blocks.resnet import BasicBlock, Bottleneck, stage

Trunk = Literal["r34", "r34-2b", "r101", "d121"]


@dataclass(frozen=True, slots=True)
class Widths:
    """Channels of a network, finest stage first.

    Attributes:
        seen: Of what each stage of the trunk makes.
        decoded: Of each decoder's first convolution, and of what the next coarser one gives on.
        inside: Of each decoder's second convolution.
        large: Whether the finest two stages are of the frame's own size.
    """

    seen: tuple[int, ...]
    decoded: tuple[int, ...]
    inside: tuple[int, ...]
    large: bool = False


WIDTHS: dict[Trunk, Widths] = {
    "r34": Widths((64, 64, 128, 256, 512), (64, 64, 128, 256, 512), (64, 64, 128, 256, 512)),
    "r34-2b": Widths(
        (64, 64, 128, 256, 512, 512, 512), (64, 64, 128, 256, 512, 512, 512), (64, 64, 128, 256, 512, 512, 512), True
    ),
    "r101": Widths((64, 256, 512, 1024, 2048), (64, 256, 512, 1024, 2048), (64, 128, 256, 512, 1024)),
    "d121": Widths((64, 128, 256, 512, 512), (64, 64, 128, 256, 512), (64, 64, 128, 256, 512)),
}

_BLOCKS = (3, 4, 6, 3)
_BLOCKS_101 = (3, 4, 23, 3)
_BLOCKS_DENSE = (6, 12, 24, 16)
_STEM = 64


def stages(trunk: Trunk) -> list[nn.Module]:
    """The stages of a trunk; the first takes the frame."""
    if trunk == "r34":
        return [_stem(), *_pooled(_residual(BasicBlock, _BLOCKS))]
    if trunk == "r101":
        return [_stem(), *_pooled(_residual(Bottleneck, _BLOCKS_101))]
    if trunk == "d121":
        return [_stem(), *_dense()]
    first = nn.Sequential(nn.Conv2d(3, _STEM, 3, padding=1), nn.BatchNorm2d(_STEM), nn.ReLU(inplace=True))
    return [first, *_residual(BasicBlock, _BLOCKS), _deeper(), _deeper()]


def _stem() -> nn.Sequential:
    conv = nn.Conv2d(3, _STEM, 7, 2, 3, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(_STEM), nn.ReLU(inplace=True))


def _residual(block: type[BasicBlock | Bottleneck], counts: tuple[int, ...]) -> list[nn.Module]:
    found: list[nn.Module] = []
    inputs = _STEM
    for number, count in enumerate(counts):
        width = _STEM << number
        found.append(stage(block, inputs, width, count, stride=2 if number else 1))
        inputs = width * block.expansion
    return found


def _pooled(found: list[nn.Module]) -> list[nn.Module]:
    """The first stage sees half of what the stem makes."""
    return [nn.Sequential(nn.MaxPool2d(3, 2, 1), found[0]), *found[1:]]


def _deeper() -> nn.Sequential:
    blocks = (BasicBlock(512, 512) for _ in range(3))
    return nn.Sequential(nn.MaxPool2d(2, 2, ceil_mode=True), *blocks)


def _dense() -> list[nn.Module]:
    found: list[nn.Module] = []
    inputs = _STEM
    for layers in _BLOCKS_DENSE[:-1]:
        outputs = inputs + 32 * layers
        found.append(nn.Sequential(DenseBlock(inputs, layers), Transition(outputs)))
        inputs = outputs // 2
    last = nn.Conv2d(inputs + 32 * _BLOCKS_DENSE[-1], 512, 3, padding=1)
    tail = (last, nn.BatchNorm2d(512), nn.ReLU(inplace=True), nn.MaxPool2d(2, 2, ceil_mode=True))
    return [*found, nn.Sequential(DenseBlock(inputs, _BLOCKS_DENSE[-1]), *tail)]
