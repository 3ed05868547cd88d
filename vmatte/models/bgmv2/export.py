"""BackgroundMattingV2 as an ONNX graph for frames of any size: inputs and outputs as in the published graphs.

Padding, scale and number of refined pixels follow from the frame's size inside the graph, as they do in a run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.core.errors import WeightsError
from vmatte.models.bgmv2.engine import INPUTS, OUTPUTS
from vmatte.models.bgmv2.network.base import Coarse, resized
from vmatte.models.bgmv2.network.model import BackgroundMatting
from vmatte.models.bgmv2.network.selection import PATCH
from vmatte.models.bgmv2.network.weights import load_network
from vmatte.models.bgmv2.settings import BGMv2Settings, RefineMode
from vmatte.models.bgmv2.sizing import COARSE, HD, HD_PIXELS, LARGEST, STRIDE
from vmatte.models.registry import ModelSettings, signatures
from vmatte.nets.fold import folded
from vmatte.nets.graph import library, saved, traced

# Sides to trace with when none are given: unequal, and no multiples of 4.
_EXAMPLE = (90, 118)


class Traceable(nn.Module):
    """The network for one frame at a time; what depends on its size is computed with tensors, so that a trace has it.

    Patches that are not refined are not computed either. The results are those of `BackgroundMatting`.
    """

    def __init__(self, network: BackgroundMatting, settings: BGMv2Settings) -> None:
        super().__init__()
        self.network = network
        self.settings = settings

    def forward(self, src: Tensor, bgr: Tensor) -> tuple[Tensor, Tensor]:
        """Frame and plate, (1, 3, H, W) RGB in [0, 1], to the foreground's colours and alpha."""
        sides = torch._shape_as_tensor(src)[2:]
        larger = (sides + STRIDE - 1) // STRIDE * STRIDE
        below, beside = (larger - sides).unbind()
        pair = F.pad(torch.cat((src, bgr), 1), (0, beside, 0, below), mode="replicate")
        small = (larger.double() * self._scale(sides)).floor().long().clamp(min=1)
        coarse = self.network.look(resized(pair, _pair(small)))
        if self.settings.refine_mode is RefineMode.full:
            made = self.network.refiner(pair, coarse, None)
        else:
            made = self._patched(pair, coarse, larger, sides)
        height, width = _pair(sides)
        made = made[:, :, :height, :width]
        return (made[:, 1:] + src).clamp(0, 1), made[:, :1].clamp(0, 1)

    def _scale(self, sides: Tensor) -> Tensor:
        """Of the coarse look, as in `sizing`."""
        if self.settings.backbone_scale:
            return torch.tensor(self.settings.backbone_scale, dtype=torch.float64)
        return (COARSE / sides.max().double()).clamp(max=LARGEST)

    def _chosen(self, error: Tensor, sides: Tensor) -> Tensor:
        """Numbers of the patches to refine, of errors (n,)."""
        if self.settings.refine_mode is RefineMode.thresholding:
            return (error > self.settings.refine_threshold).nonzero()[:, 0]
        pixels = torch.tensor(self.settings.refine_sample_pixels)
        if not self.settings.refine_sample_pixels:
            pixels = (HD_PIXELS * sides.prod().double() / HD).round().long().clamp(min=HD_PIXELS)
        count: Any = torch.minimum(pixels // PATCH**2, torch._shape_as_tensor(error)[0])
        worst, places = error.topk(count)
        return places[worst > 0] if self.settings.refine_prevent_oversampling else places

    def _patched(self, pair: Tensor, coarse: Coarse, size: Tensor, sides: Tensor) -> Tensor:
        """Some patches refined, the others enlarged."""
        height, width = _pair(size)
        rows, columns = _pair(size // PATCH)
        rough = resized(torch.cat((coarse.alpha, coarse.foreground), 1), (height, width))
        places = self._chosen(resized(coarse.error, (rows, columns)).flatten(), sides)
        refiner = self.network.refiner
        half, full = refiner.views(pair, coarse)
        y, x = places // columns, places % columns
        near = _cut(half, y * (PATCH // 2), x * (PATCH // 2), PATCH // 2 + 2 * refiner.half_border)
        fine = _cut(full, y * PATCH, x * PATCH, PATCH + 2 * refiner.border)
        patches = refiner.dense(near, fine)
        tiles = rough.view(4, rows, PATCH, columns, PATCH).permute(1, 3, 0, 2, 4).reshape(-1, 4 * PATCH * PATCH)
        refined = tiles.index_put((places,), patches.flatten(1))
        return refined.view(rows, columns, 4, PATCH, PATCH).permute(2, 0, 3, 1, 4).reshape(1, 4, height, width)


def export(settings: ModelSettings, out: Path, size: tuple[int, int] | None) -> str:
    """Writes the graph; what to say of it.

    Args:
        settings: With the path of the weights.
        out: The file.
        size: (width, height) to fix the frames at; None leaves it open.

    Raises:
        ConfigError: A package is missing.
        WeightsError: The weights are missing or not this model's.
        OutputError: The file cannot be written.
    """
    own = cast("BGMv2Settings", settings)
    library()
    if own.weights is None:
        raise WeightsError(f"{own.name} is without weights: run `vmatte weights fetch {own.name}`")
    network = folded(load_network(own.weights, own.name.partition(".")[2], signatures()))
    facts = {
        "vmatte.backbone_scale": str(own.backbone_scale or "auto"),
        "vmatte.refine_mode": own.refine_mode.value,
        "vmatte.refine_sample_pixels": str(own.refine_sample_pixels or "auto"),
    }
    saved(graph(network, own, size), out, facts, own.name)
    return "frames of any size" if size is None else f"frames of {size[0]}x{size[1]}"


def graph(network: BackgroundMatting, settings: BGMv2Settings, size: tuple[int, int] | None = None) -> Any:  # noqa: ANN401
    """The `onnx.ModelProto` of a network whose normalisations are folded."""
    sides = _EXAMPLE if size is None else size[::-1]
    example = [torch.rand(1, 3, *sides)] * 2
    return traced(Traceable(network, settings).eval(), example, INPUTS, OUTPUTS, free=size is None)


def _pair(sides: Tensor) -> tuple[Any, Any]:
    """Height and width, which torch takes for numbers."""
    height, width = sides.unbind()
    return height, width


def _cut(x: Tensor, tops: Tensor, lefts: Tensor, side: int) -> Tensor:
    """(1, C, H, W) as (count, C, side, side) windows that begin at these rows and columns."""
    steps = torch.arange(side)
    rows = (tops[:, None] + steps)[:, :, None]
    columns = (lefts[:, None] + steps)[:, None, :]
    where = (rows * x.shape[3] + columns).flatten()
    found = x[0].flatten(1).index_select(1, where)
    return found.view(x.shape[1], -1, side, side).transpose(0, 1)
