"""How a clip's picture lies inside the network: shrunk if asked, then padded to multiples of 16, and back."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

STRIDE = 16


@dataclass(frozen=True, slots=True)
class Geometry:
    """Sizes of one clip; (height, width) throughout.

    Attributes:
        source: Of the frames given.
        inner: Of what the network looks at, before padding.
    """

    source: tuple[int, int]
    inner: tuple[int, int]

    @classmethod
    def of(cls, height: int, width: int, max_internal_size: int = -1) -> Geometry:
        """The geometry of frames of this size; sides shrink in proportion and are truncated to whole pixels."""
        short = min(height, width)
        if not 0 < max_internal_size < short:
            return cls((height, width), (height, width))
        inner = (int(height / short * max_internal_size), int(width / short * max_internal_size))
        return cls((height, width), inner)

    @property
    def padding(self) -> tuple[int, int, int, int]:
        """Columns left and right, rows above and below; the smaller half comes first."""
        rows, columns = (-side % STRIDE for side in self.inner)
        return columns // 2, columns - columns // 2, rows // 2, rows - rows // 2

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns at stride 16."""
        return -(-self.inner[0] // STRIDE), -(-self.inner[1] // STRIDE)

    def fitted(self, picture: Tensor) -> Tensor:
        """(B, C, source) as (B, C, padded); what is added is zero."""
        if self.inner != self.source:
            picture = _resized(picture, self.inner)
        return F.pad(picture, self.padding) if any(self.padding) else picture

    def restored(self, picture: Tensor) -> Tensor:
        """(B, C, padded) as (B, C, source)."""
        left, _, top, _ = self.padding
        height, width = self.inner
        picture = picture[:, :, top : top + height, left : left + width]
        return picture if self.inner == self.source else _resized(picture, self.source)


def _resized(picture: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(picture, size, mode="bilinear", align_corners=False, antialias=False)
