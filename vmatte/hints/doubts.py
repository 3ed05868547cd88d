"""What may be wrong with masks and trimaps that can be read, said before a run."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8, MapSource
from vmatte.hints.labels import labels_in
from vmatte.hints.read import SUBJECT, Masks, Together, mask_image, mask_pixels
from vmatte.ops.morphology import erode
from vmatte.ops.trimap import UNKNOWN

# More gray values than this are a soft edge: paint programs smooth theirs over dozens of grays.
_SPREAD = 16
# Share of the frame from which a mask is all of it.
_WHOLE = 0.995


def doubts(masks: Masks | Together, objects: Mapping[str, Masks]) -> list[str]:
    """What may be wrong with masks that `read_objects` gave, in sentences; the first of each object is looked at."""
    sets = masks.objects if isinstance(masks, Together) else (masks,)
    said = [
        f"objects {one} and {other} overlap on frame {index}: each is followed alone, the other being background to "
        "it, so what they share may stay with both, with one or with neither; paint it into one mask only to decide"
        for (one, ours), (other, theirs) in combinations(objects.items(), 2)
        if (index := ours.indices[0]) == theirs.indices[0] and _overlap(ours.at(index), theirs.at(index))
    ]
    for path in sorted({one.files[one.indices[0]] for one in sets if one.label is None}):
        if grays := flat_grays(mask_pixels(path)):
            said.append(
                f"{path}: grays {', '.join(map(str, grays))} fill areas of their own, as in a label image, but are "
                "read as one soft mask: number the objects 1, 2, 3, ..., or give each a mask with --object NAME=MASK"
            )
        elif (mask_image(path) >= SUBJECT).mean() > _WHOLE:
            said.append(f"{path}: the mask covers the whole frame, which leaves no background to tell the subject from")
    return said


def trimap_doubts(trimap: MapSource, named: Path, first: int) -> list[str]:
    """What may be wrong with trimaps, in sentences; the one of frame `first` is looked at."""
    found = trimap.at(first)
    if found is None or (found == UNKNOWN).any():
        return []
    return [f"{named}: nothing in the trimap is unknown (128), so there is nothing to find: the matte is as drawn"]


def flat_grays(pixels: Image8) -> list[int]:
    """The gray values of a picture that looks like a label image whose numbers were spread out to be seen.

    Args:
        pixels: (H, W) or (H, W, 3|4) uint8.

    Returns:
        Two or more values above 0, each filling areas; empty for a mask, whose grays are its soft edge, and for what
        `labels_in` reads.

    >>> flat_grays(np.repeat(np.repeat(np.array([[0, 85, 170, 255]], np.uint8), 8, axis=0), 8, axis=1))
    [85, 170, 255]
    >>> flat_grays(np.repeat(np.array([[0, 0, 0, 128, 255, 255, 255]], np.uint8), 8, axis=0))
    []
    """
    gray = pixels if pixels.ndim == 2 else pixels[..., 0]
    if pixels.ndim == 3 and (pixels[..., :3] != gray[..., None]).any():
        return []
    levels = np.flatnonzero(np.bincount(gray.ravel()))
    if len(levels) > _SPREAD or labels_in(pixels):
        return []
    flat = [int(level) for level in levels if level and _fills(gray == level)]
    return flat if len(flat) > 1 else []


def _fills(area: NDArray[np.bool_]) -> bool:
    """Whether most of it has its like on all four sides; a soft edge of one gray is a line."""
    return 2 * int(erode(area, 1).sum()) > int(area.sum())


def _overlap(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    """Whether two masks share more than a line of soft edge."""
    assert one is not None
    assert other is not None
    return bool(erode((one >= SUBJECT) & (other >= SUBJECT), 1).any())
