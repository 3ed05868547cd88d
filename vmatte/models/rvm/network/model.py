"""The whole network: functions of frames and of the recurrent maps that come back with every answer."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.rvm.network.aspp import LiteASPP
from vmatte.models.rvm.network.decoder import Decoder, Maps
from vmatte.models.rvm.network.mobilenet import MobileNetV3
from vmatte.models.rvm.network.refiner import DeepGuidedFilter, FastGuidedFilter, applied
from vmatte.models.rvm.network.resnet import ResNet50
from vmatte.models.rvm.variants import Backbone, Refiner
from vmatte.nets.island import wide

# ImageNet's, as for every network pre-trained on it.
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True, eq=False)
class Coarse:
    """What the network says of a chunk at the small size.

    Attributes:
        matte: (N, 4, h, w) foreground residual and alpha, nothing clamped.
        model: (N, 8, h, w) the guided filter's linear model; None when frames are not made smaller.
        maps: The recurrent maps after the last frame.
    """

    matte: Tensor
    model: Tensor | None
    maps: Maps

    def full(self, number: int, frame: Tensor) -> Tensor:
        """(B, 4, H, W) float32 residual and alpha of the chunk's frame of that number, (B, 3, H, W); not clamped."""
        pictures = slice(number * len(frame), (number + 1) * len(frame))
        return wide(self.matte[pictures]) if self.model is None else applied(self.model[pictures], frame)


class RVM(nn.Module):
    """The published network, by trunk and guided filter."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, backbone: Backbone, refiner: Refiner = Refiner.deep_guided_filter) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION).view(1, 3, 1, 1), persistent=False)
        small = backbone is Backbone.mobilenetv3
        self.backbone = MobileNetV3() if small else ResNet50()
        f1, f2, f3, f4 = self.backbone.widths
        bridge = 128 if small else 256
        self.aspp = LiteASPP(f4, bridge)
        self.decoder = Decoder((f1, f2, f3, bridge), (16, 32, 40, 80) if small else (16, 32, 64, 128))
        self.project_mat = Projection(4)
        self.project_seg = Projection(1)
        self.refiner = DeepGuidedFilter() if refiner is Refiner.deep_guided_filter else FastGuidedFilter()

    def forward(self, frames: Tensor, maps: Maps | None = None, ratio: float = 1.0) -> tuple[Tensor, Tensor, Maps]:
        """Mattes of a chunk of frames.

        Args:
            frames: (B, T, 3, H, W), or (B, 3, H, W) for one frame; RGB in 0..1.
            maps: The recurrent maps after the frame before; None at the beginning of a clip.
            ratio: By which the network sees frames smaller, in (0, 1].

        Returns:
            Foreground colours, alpha with one channel, both in 0..1 and shaped as the frames, and the recurrent maps.
        """
        chunk = _chunk(frames)
        coarse = self.coarse(_small(chunk, ratio), maps, refined=ratio != 1, clips=len(chunk))
        made = torch.stack([coarse.full(number, frame) for number, frame in enumerate(chunk.unbind(1))], 1)
        colour, alpha = (made[:, :, :3] + chunk).clamp_(0, 1), made[:, :, 3:].clamp(0, 1)
        return colour.view(frames.shape), alpha.view(*frames.shape[:-3], 1, *frames.shape[-2:]), coarse.maps

    def segmentation(self, frames: Tensor, maps: Maps | None = None, ratio: float = 1.0) -> tuple[Tensor, Maps]:
        """Logits of the head that training's segmentation pass used, at the small size; arguments as in `forward`."""
        chunk = _chunk(frames)
        small = _small(chunk, ratio)
        x, maps = self._remembered(small, maps, len(chunk))
        logits: Tensor = self.project_seg(self.decoder.finished(x, small))
        logits = torch.unflatten(logits, 0, (chunk.shape[1], chunk.shape[0])).transpose(0, 1)
        return logits if frames.ndim == 5 else logits[:, 0], maps

    def coarse(self, small: Tensor, maps: Maps | None, *, refined: bool, clips: int = 1) -> Coarse:
        """Everything at the small size.

        Args:
            small: (N, 3, h, w) float32 pictures in 0..1, time outermost.
            maps: As in `forward`.
            refined: Whether the pictures are smaller than the frames.
            clips: B.
        """
        x, maps = self._remembered(small, maps, clips)
        # Where nothing is remembered any more, a processor goes on frame by frame: several at once outgrow the blocks
        # that its allocator keeps, and fresh memory makes those steps take twice the time.
        step = len(small) if small.is_cuda else clips
        parts = [
            self._finished(*part, refined) for part in zip(torch.split(x, step), torch.split(small, step), strict=True)
        ]
        matte, model = zip(*parts, strict=True)
        return Coarse(torch.cat(matte), torch.cat(model) if refined else None, maps)

    def _finished(self, x: Tensor, small: Tensor, refined: bool) -> tuple[Tensor, Tensor | None]:
        hidden = self.decoder.finished(x, small)
        matte = self.project_mat(hidden)
        return matte, self.refiner(small, matte, hidden) if refined else None

    def _remembered(self, small: Tensor, maps: Maps | None, clips: int) -> tuple[Tensor, Maps]:
        seen = (small - self.mean) / self.deviation if self.backbone.normalises else small
        *fine, deep = self.backbone(seen)
        x, maps = self.decoder(small, (*fine, self.aspp(deep)), maps, clips)
        return x, maps


class Projection(nn.Module):
    """A linear head."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(16, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 16, h, w) to (N, outputs, h, w)."""
        made: Tensor = self.conv(x)
        return made


def reduced(frames: Tensor, ratio: float) -> Tensor:
    """(N, 3, H, W) frames made smaller.

    Sizes are floor(side * ratio), but samples are taken 1 / ratio apart, wherever the last one then lies: with the
    ratio of the sizes instead, pictures of sides that do not divide are another's.
    """
    if ratio == 1:
        return frames
    return F.interpolate(frames, scale_factor=ratio, mode="bilinear", align_corners=False, recompute_scale_factor=False)


def _chunk(frames: Tensor) -> Tensor:
    """(B, T, 3, H, W) of that, or of (B, 3, H, W)."""
    return frames if frames.ndim == 5 else frames[:, None]


def _small(chunk: Tensor, ratio: float) -> Tensor:
    """(N, 3, h, w) pictures of a chunk, time outermost."""
    return reduced(chunk.transpose(0, 1).flatten(0, 1), ratio)
