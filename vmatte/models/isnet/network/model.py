"""IS-Net: the nested U-shapes of U2-Net on a picture of half the size, and no fusion of what they say.

Qin et al., Highly Accurate Dichotomous Image Segmentation, ECCV 2022.
"""

from __future__ import annotations

from torch import Tensor, nn

from vmatte.nets.blocks.rsu import NestedU, full


class ISNet(NestedU):
    """The published network."""

    def __init__(self) -> None:
        super().__init__(full(64))
        self.conv_in = nn.Conv2d(3, 64, 3, 2, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of (B, 3, H, W) float32 RGB as the checkpoint's training shifted it, any size."""
        return self.sides(self.features(self.conv_in(image))[:1], image)[0]

    def every(self, image: Tensor) -> list[Tensor]:
        """The logits of the six stages, finest first; the first are the result."""
        return self.sides(self.features(self.conv_in(image)), image)
