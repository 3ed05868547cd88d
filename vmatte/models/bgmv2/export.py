"""BackgroundMattingV2 as an ONNX graph for frames of one size: inputs and outputs as in the published graphs.

Scale, number of refined pixels and padding follow from the size, as in a run; so the graph has them fixed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from vmatte.core.errors import ConfigError, WeightsError
from vmatte.models.bgmv2.engine import INPUTS, OUTPUTS
from vmatte.models.bgmv2.feeding import padded
from vmatte.models.bgmv2.network.base import Coarse, resized
from vmatte.models.bgmv2.network.model import BackgroundMatting
from vmatte.models.bgmv2.network.selection import PATCH
from vmatte.models.bgmv2.network.weights import load_network
from vmatte.models.bgmv2.settings import BGMv2Settings, RefineMode
from vmatte.models.bgmv2.sizing import Sizing, sizing
from vmatte.models.registry import ModelSettings, signatures
from vmatte.nets.fold import folded
from vmatte.nets.graph import library, saved, traced


class Fixed(nn.Module):
    """The network for frames of one size, one at a time.

    A graph of ONNX is the same for every frame, so `sampling` always computes as many patches as it may and leaves out
    afterwards those that are not to be refined; the results are those of `BackgroundMatting`.
    """

    def __init__(self, network: BackgroundMatting, settings: BGMv2Settings, size: Sizing) -> None:
        super().__init__()
        self.network = network
        self.size = size
        rows, columns = (side // PATCH for side in size.padded)
        self.count = 0 if settings.refine_mode is RefineMode.full else min(size.pixels // PATCH**2, rows * columns)
        self.full = settings.refine_mode is RefineMode.full
        self.prevent = settings.refine_prevent_oversampling

    def forward(self, src: Tensor, bgr: Tensor) -> tuple[Tensor, Tensor]:
        """Frame and plate, (1, 3, H, W) RGB in [0, 1], to the foreground's colours and alpha."""
        pair = padded(torch.cat((src, bgr), 1), self.size)
        height, width = self.size.padded
        small = tuple(max(1, int(side * self.size.scale)) for side in (height, width))
        coarse = self.network.look(resized(pair, (small[0], small[1])))
        made = self.network.refiner(pair, coarse, None) if self.full else self._sampled(pair, coarse)
        rows, columns = self.size.source
        made = made[:, :, :rows, :columns]
        return (made[:, 1:] + src).clamp(0, 1), made[:, :1].clamp(0, 1)

    def _sampled(self, pair: Tensor, coarse: Coarse) -> Tensor:
        """The patches of largest error refined, the others enlarged."""
        height, width = self.size.padded
        rough = resized(torch.cat((coarse.alpha, coarse.foreground), 1), (height, width))
        if not self.count:
            return rough
        rows, columns = height // PATCH, width // PATCH
        error, places = resized(coarse.error, (rows, columns)).flatten().topk(self.count)
        refiner = self.network.refiner
        half, full = refiner.views(pair, coarse)
        y, x = places // columns, places % columns
        near = _cut(half, y * (PATCH // 2), x * (PATCH // 2), PATCH // 2 + 2 * refiner.half_border)
        fine = _cut(full, y * PATCH, x * PATCH, PATCH + 2 * refiner.border)
        patches = refiner.dense(near, fine)
        tiles = rough.view(4, rows, PATCH, columns, PATCH).permute(1, 3, 0, 2, 4).reshape(-1, 4 * PATCH * PATCH)
        if self.prevent:
            patches = torch.where((error > 0)[:, None], patches.flatten(1), tiles[places])
        refined = tiles.index_put((places,), patches.flatten(1))
        return refined.view(rows, columns, 4, PATCH, PATCH).permute(2, 0, 3, 1, 4).reshape(1, 4, height, width)


def export(settings: ModelSettings, out: Path, size: tuple[int, int] | None) -> str:
    """Writes the graph; what to say of it.

    Args:
        settings: With the path of the weights.
        out: The file.
        size: (width, height) of the frames.

    Raises:
        ConfigError: No size is given, patches are to be refined by a threshold, or a package is missing.
        WeightsError: The weights are missing or not this model's.
        OutputError: The file cannot be written.
    """
    own = cast("BGMv2Settings", settings)
    library()
    if size is None:
        raise ConfigError(f"a graph of {own.name} is for frames of one size: say which, such as --size 1920x1080")
    if own.refine_mode is RefineMode.thresholding:
        raise ConfigError(
            "model.refine_mode=thresholding cannot be exported, as the number of patches changes from frame to frame: "
            "take sampling or full"
        )
    if own.weights is None:
        raise WeightsError(f"{own.name} is without weights: run `vmatte weights fetch {own.name}`")
    network = folded(load_network(own.weights, own.name.partition(".")[2], signatures()))
    width, height = size
    fixed = sizing(height, width, own.backbone_scale, own.refine_sample_pixels)
    facts = {"vmatte.backbone_scale": str(fixed.scale), "vmatte.refine_mode": own.refine_mode.value}
    saved(graph(network, own, fixed), out, facts, own.name)
    return f"frames of {width}x{height}"


def graph(network: BackgroundMatting, settings: BGMv2Settings, size: Sizing) -> Any:  # noqa: ANN401
    """The `onnx.ModelProto` of a network whose normalisations are folded."""
    example = [torch.zeros(1, 3, *size.source)] * 2
    return traced(Fixed(network, settings, size).eval(), example, INPUTS, OUTPUTS)


def _cut(x: Tensor, tops: Tensor, lefts: Tensor, side: int) -> Tensor:
    """(1, C, H, W) as (count, C, side, side) windows that begin at these rows and columns."""
    steps = torch.arange(side)
    rows = (tops[:, None] + steps)[:, :, None]
    columns = (lefts[:, None] + steps)[:, None, :]
    where = (rows * x.shape[3] + columns).flatten()
    found = x[0].flatten(1).index_select(1, where)
    return found.view(x.shape[1], -1, side, side).transpose(0, 1)
