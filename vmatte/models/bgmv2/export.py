"""BackgroundMattingV2 as an ONNX graph for frames of any size: inputs and outputs as in the published graphs.

Padding, scale and number of refined pixels follow from the frame's size inside the graph, as they do in a run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.bgmv2.engine import INPUTS, OUTPUTS
from vmatte.models.bgmv2.network.base import Coarse, resized
from vmatte.models.bgmv2.network.model import BackgroundMatting
from vmatte.models.bgmv2.network.selection import PATCH
from vmatte.models.bgmv2.network.weights import load_network
from vmatte.models.bgmv2.settings import BGMv2Settings, RefineMode
from vmatte.models.bgmv2.sizing import COARSE, HD, HD_PIXELS, LARGEST, STRIDE
from vmatte.models.placing import weights_of
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
        below, beside = _pair(larger - sides)
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
        tiles = rough.view(4, rows, PATCH, columns, PATCH).permute(1, 3, 0, 2, 4).reshape(-1, 4 * PATCH * PATCH)
        refined = tiles.index_put((places,), self._refined(pair, coarse, places, columns))
        return refined.view(rows, columns, 4, PATCH, PATCH).permute(2, 0, 3, 1, 4).reshape(1, 4, height, width)

    def _refined(self, pair: Tensor, coarse: Coarse, places: Tensor, columns: Any) -> Tensor:  # noqa: ANN401
        """The patches at these places, (n, 64).

        They are refined side by side in one strip, whose seams are cut out: ONNX Runtime's convolutions take a batch
        picture by picture, and thousands of small ones several times as long.
        """
        refiner = self.network.refiner
        half, full = refiner.views(pair, coarse)
        eaten = 2 * refiner.border
        # Each pair of convolutions spoils the strip's last window; and the strip must not be empty.
        places = torch.cat((places, places.new_zeros(3)))
        y, x = places // columns, places % columns
        side = PATCH // 2 + 2 * refiner.half_border
        near = _strip(half, y * (PATCH // 2), x * (PATCH // 2), side)
        z = refiner.bn1(refiner.conv1(near)).relu()
        z = refiner.bn2(refiner.conv2(z)).relu()
        z = F.interpolate(_seamless(z, side, side - eaten), scale_factor=2.0, mode="nearest")
        side = PATCH + eaten
        z = torch.cat((z, _strip(full, y[:-1] * PATCH, x[:-1] * PATCH, side)), 1)
        z = refiner.bn3(refiner.conv3(z)).relu()
        patches = _seamless(refiner.conv4(z), side, PATCH)
        return patches.view(4, PATCH, -1, PATCH).permute(2, 0, 1, 3).reshape(-1, 4 * PATCH * PATCH)[:-1]


def export(settings: ModelSettings, out: Path, size: tuple[int, int] | None) -> str:
    """Writes the graph, as `models.registry.exported` asks; what frames it takes, in words."""
    own = cast("BGMv2Settings", settings)
    library()
    network = folded(load_network(weights_of(own), own.name.partition(".")[2], signatures()))
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


def _strip(x: Tensor, tops: Tensor, lefts: Tensor, side: int) -> Tensor:
    """(1, C, H, W) as (1, C, side, count * side): windows that begin at these rows and columns, side by side."""
    steps = torch.arange(side)
    rows = tops[None, :, None] + steps[:, None, None]
    columns = lefts[None, :, None] + steps
    where = (rows * x.shape[3] + columns).flatten()
    # All channels of a pixel at once: one by one the gathering would take most of the time.
    found = x[0].flatten(1).t().index_select(0, where).t()
    return found.reshape(1, x.shape[1], side, -1)


def _seamless(strip: Tensor, side: int, kept: int) -> Tensor:
    """The first columns of each whole window of a strip, (1, C, H, count * kept).

    Args:
        strip: (1, C, H, count * side + kept) at most: what convolutions left of the last window is cut off.
        side: Columns from one window to the next.
        kept: How many of them are good.
    """
    channels, height = strip.shape[1:3]
    if side > kept:
        strip = strip[..., :-kept]
    return strip.reshape(channels, height, -1, side)[..., :kept].reshape(1, channels, height, -1)
