"""The widths of MatAnyone, one set for both published checkpoints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """Hyper-parameters as published (Yang et al., MatAnyone, CVPR 2025); the defaults are both checkpoints'.

    Attributes:
        width: Channels of pixel features, mask values, sensory memory and object queries alike.
        key: Channels of a memory key.
        encoder: Channels of the image features at strides 16, 8, 4, 2 and 1.
        decoder: Channels of the decoder at strides 16, 8, 4, 2 and 1.
        heads: Of every attention.
        feed_forward: Hidden width of the queries' feed-forward layer.
        blocks: Of the object transformer.
        queries: Object queries; the first half looks at the subject, the second half at the background.
        position_scale: What the last row and column count as in the positional encoding.
        position_temperature: Longest wave of the positional encoding over its shortest.
    """

    width: int = 256
    key: int = 64
    encoder: tuple[int, int, int, int, int] = (1024, 512, 256, 64, 3)
    decoder: tuple[int, int, int, int, int] = (256, 128, 128, 64, 16)
    heads: int = 8
    feed_forward: int = 2048
    blocks: int = 3
    queries: int = 16
    position_scale: float = 32.0
    position_temperature: float = 128.0
