"""The size that BiRefNet works at: as published, the frame's own, or what a user asked for. Torch-free."""

from __future__ import annotations

from vmatte.models.image.sizing import NATIVE, Sizing, grown, parsed_size

#: Sides that the network takes are multiples of this.
STRIDE = 32
# The range of sides that the dynamic checkpoints were trained on.
_LEAST, _MOST = 256, 2304


def sizing(text: str, published: tuple[int, int] | None, height: int, width: int) -> Sizing:
    """The sizes for frames of `height` and `width`.

    Args:
        text: The size setting.
        published: (height, width) that the checkpoint was trained with; None when with many.
        height: Of the frames.
        width: Of the frames.
    """
    source = (height, width)
    if text == NATIVE:
        return grown(source, source, STRIDE)
    return Sizing(source, parsed_size(text, STRIDE) or published or dynamic_size(height, width))


def dynamic_size(height: int, width: int) -> tuple[int, int]:
    """Sides in 256..2304 that are multiples of 32, as near to the frame's own size and shape as that allows.

    >>> dynamic_size(1080, 1920), dynamic_size(2160, 3840), dynamic_size(90, 160)
    ((1088, 1920), (1280, 2304), (256, 448))
    """
    scale = min(max(1.0, _LEAST / min(height, width)), _MOST / max(height, width))
    sides = (round(side * scale / STRIDE) * STRIDE for side in (height, width))
    height, width = (min(max(side, _LEAST), _MOST) for side in sides)
    return height, width
