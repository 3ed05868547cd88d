"""The whole network: stateless functions of tensors, between which the recurrence carries its memory."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vmatte.models.matanyone.network.decoder import MaskDecoder
from vmatte.models.matanyone.network.fusion import PixelFuser
from vmatte.models.matanyone.network.image import KeyProjection, PixelEncoder
from vmatte.models.matanyone.network.mask import MaskEncoder
from vmatte.models.matanyone.network.shape import Shape
from vmatte.models.matanyone.network.summary import ObjectSummarizer
from vmatte.models.matanyone.network.transformer import ObjectTransformer
from vmatte.models.matanyone.network.uncertainty import Uncertainty
from vmatte.nets.imagenet import DEVIATION, MEAN


@dataclass(frozen=True, slots=True, eq=False)
class ImageFeatures:
    """All that the network needs to know of a frame's picture, whatever the targets in it.

    Attributes:
        f1: (B, 3, H, W) the normalised picture.
        f2: (B, 64, H/2, W/2).
        f4: (B, 256, H/4, W/4).
        f8: (B, 512, H/8, W/8).
        pixels: (B, width, h, w).
        key: (B, key, h, w) float32.
        shrinkage: (B, 1, h, w) float32, from 1 up.
        selection: (B, key, h, w) float32, in 0..1.
    """

    f1: Tensor
    f2: Tensor
    f4: Tensor
    f8: Tensor
    pixels: Tensor
    key: Tensor
    shrinkage: Tensor
    selection: Tensor


class MatAnyone(nn.Module):
    """The published network; its state dict has the 562 entries of both official checkpoints."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = shape = shape or Shape()
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1), persistent=False)
        self.pixel_encoder = PixelEncoder(shape)
        self.pix_feat_proj = nn.Conv2d(shape.encoder[0], shape.width, 1)
        self.key_proj = KeyProjection(shape)
        self.mask_encoder = MaskEncoder(shape)
        self.mask_decoder = MaskDecoder(shape)
        self.pixel_fuser = PixelFuser(shape)
        self.object_transformer = ObjectTransformer(shape)
        self.object_summarizer = ObjectSummarizer(shape)
        self.temp_sparity = Uncertainty(shape)
        self.aux_computer = TrainingHead(shape)

    def encode(self, image: Tensor) -> ImageFeatures:
        """Features of a (B, 3, H, W) float32 picture in 0..1 whose sides are multiples of 16."""
        f1 = (image - self.mean) / self.deviation
        f16, f8, f4, f2 = self.pixel_encoder(f1)
        return ImageFeatures(f1, f2, f4, f8, self.pix_feat_proj(f16), *self.key_proj(f16))

    def value(self, features: ImageFeatures, alpha: Tensor) -> Tensor:
        """Mask value (B, width, h, w) of a matte (B, 1, H, W)."""
        value: Tensor = self.mask_encoder(features.f1, features.pixels, alpha)
        return value

    def refreshed(self, value: Tensor, sensory: Tensor) -> Tensor:
        """Sensory memory after the deep update that memory frames make, (B, width, h, w)."""
        moved: Tensor = self.mask_encoder.sensory_update(value, sensory)
        return moved

    def summary(self, value: Tensor, alpha: Tensor) -> Tensor:
        """Object summary (B, Q, width + 1) of a mask value and its matte."""
        summary: Tensor = self.object_summarizer(value, alpha)
        return summary

    def uncertainty(self, before: Tensor, features: ImageFeatures, alpha: Tensor, change: Tensor) -> Tensor:
        """(B, 1, h, w): 1 where the readout is to be taken, 0 where the last mask value is; see `Uncertainty`."""
        probability: Tensor = self.temp_sparity(before, features.pixels, alpha, change)
        return probability

    def readout(
        self, features: ImageFeatures, memory: Tensor, sensory: Tensor, alpha: Tensor, objects: Tensor
    ) -> Tensor:
        """What pixel memory (B, width, h, w) comes to after the fuser and the object transformer; the same shape.

        Args:
            features: Of this frame.
            memory: Blended memory readout.
            sensory: (B, width, h, w).
            alpha: (B, 1, H, W) matte of the last step.
            objects: (B, Q, width + 1) object memory.
        """
        fused = self.pixel_fuser(features.pixels, memory, sensory, alpha)
        refined: Tensor = self.object_transformer(fused, objects)
        return refined

    def decode(self, features: ImageFeatures, readout: Tensor, sensory: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Raw logits (B, 1, H, W), and the new sensory memory where one is given; the matte is logits cut to 0..1."""
        skips = (features.f8, features.f4, features.f2, features.f1)
        logits, sensory = self.mask_decoder(readout, skips, sensory)
        return logits, sensory


class TrainingHead(nn.Module):
    """What only the training loss used; it is in the checkpoint and never called."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.sensory_aux = nn.ModuleDict({"projection": nn.Conv2d(shape.width, shape.width + 1, 1)})
