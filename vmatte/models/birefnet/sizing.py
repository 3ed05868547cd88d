"""The size that the network works at: as published, the frame's own, or what a user asked for. Torch-free."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vmatte.core.errors import ConfigError

#: Sides that the network takes are multiples of this.
STRIDE = 32
AUTO, NATIVE = "auto", "native"
# The range of sides that the dynamic checkpoints were trained on.
_LEAST, _MOST = 256, 2304


@dataclass(frozen=True, slots=True)
class Sizing:
    """Sizes of one clip; (height, width) throughout.

    Attributes:
        source: Of its frames.
        inner: What they are scaled to.
    """

    source: tuple[int, int]
    inner: tuple[int, int]

    @property
    def padding(self) -> tuple[int, int]:
        """Rows added below and columns added to the right, up to multiples of 32."""
        return -self.inner[0] % STRIDE, -self.inner[1] % STRIDE

    @property
    def padded(self) -> tuple[int, int]:
        """What the network sees."""
        return self.inner[0] + self.padding[0], self.inner[1] + self.padding[1]


def parsed_size(text: str) -> tuple[int, int] | None:
    """(height, width) of a size setting; None for the two words.

    >>> parsed_size("512"), parsed_size("2560x1440"), parsed_size("native")
    ((512, 512), (1440, 2560), None)

    Raises:
        ConfigError: It is neither a word nor a size, or a side is no multiple of 32.
    """
    if text in (AUTO, NATIVE):
        return None
    found = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?", text)
    if not found:
        raise ConfigError(f"model.size={text}: auto, native, one side in px, or WIDTHxHEIGHT")
    width, height = int(found[1]), int(found[2] or found[1])
    if min(width, height) < STRIDE or width % STRIDE or height % STRIDE:
        near = "x".join(str(max(1, round(side / STRIDE)) * STRIDE) for side in (width, height))
        raise ConfigError(f"model.size={text}: sides are multiples of {STRIDE} px; the nearest is {near}")
    return height, width


def sizing(text: str, published: tuple[int, int] | None, height: int, width: int) -> Sizing:
    """The sizes for frames of `height` and `width`.

    Args:
        text: The size setting.
        published: (height, width) that the checkpoint was trained with; None when with many.
        height: Of the frames.
        width: Of the frames.
    """
    asked = parsed_size(text)
    if text == NATIVE:
        return Sizing((height, width), (height, width))
    return Sizing((height, width), asked or published or dynamic_size(height, width))


def dynamic_size(height: int, width: int) -> tuple[int, int]:
    """Sides in 256..2304 that are multiples of 32, as near to the frame's own size and shape as that allows.

    >>> dynamic_size(1080, 1920), dynamic_size(2160, 3840), dynamic_size(90, 160)
    ((1088, 1920), (1280, 2304), (256, 448))
    """
    scale = min(max(1.0, _LEAST / min(height, width)), _MOST / max(height, width))
    sides = (round(side * scale / STRIDE) * STRIDE for side in (height, width))
    height, width = (min(max(side, _LEAST), _MOST) for side in sides)
    return height, width
