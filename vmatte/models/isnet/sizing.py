"""The whole frame in its own shape inside a canvas, as the anime weights were trained. Torch-free."""

from __future__ import annotations

from vmatte.models.image.sizing import Sizing


def letterboxed(source: tuple[int, int], canvas: tuple[int, int]) -> Sizing:
    """A frame as large as fits, centred; the shorter side is rounded down, as is the room before it.

    >>> letterboxed((90, 160), (128, 128))
    Sizing(source=(90, 160), inner=(72, 128), before=(28, 0), after=(28, 0))
    """
    (height, width), (rows, columns) = source, canvas
    if height * columns > width * rows:
        inner = (rows, max(1, int(rows * width / height)))
    else:
        inner = (max(1, int(columns * height / width)), columns)
    spare = (rows - inner[0], columns - inner[1])
    before = (spare[0] // 2, spare[1] // 2)
    return Sizing(source, inner, before, (spare[0] - before[0], spare[1] - before[1]))
