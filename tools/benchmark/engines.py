"""vmatte's own engines, entered by the door the pipeline uses: frames and hints in, mattes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.benchmark.scoring import Colourist, Engine
from tools.synth import Synthetic
from tools.synth.film import Image8, Plane
from vmatte.core.types import Clip, Frame, Hints, MapSource
from vmatte.models.lift import load_model
from vmatte.models.registry import card
from vmatte.ops.foreground import blur_foreground, multilevel_foreground
from vmatte.ops.plate import PlateMethod, estimate_plate


@dataclass(frozen=True)
class _FirstMask:
    mask: Image8

    @property
    def indices(self) -> Sequence[int]:
        return (0,)

    def at(self, index: int) -> NDArray[Any] | None:
        return self.mask if index == 0 else None


@dataclass(frozen=True)
class _Plate:
    rgb: Image8

    @property
    def indices(self) -> None:
        return None

    def at(self, index: int) -> NDArray[Any]:
        return self.rgb


def engine(name: str, *hints: str, **settings: object) -> Engine:
    """The model called `name` with these settings, given these of a drawn clip's hints: `mask`, `plate`.

    The model is built for each clip, so nothing learnt from one helps with the next; building is part of the time.
    """

    def run(clip: Synthetic) -> list[Plane]:
        maps: dict[str, MapSource] = {}
        if "mask" in hints:
            maps["mask"] = _FirstMask(clip.mask)
        if "plate" in hints and clip.plate is not None:
            maps["plate"] = _Plate(clip.plate)
        matter = load_model(card(name).made(**settings), "cpu")
        return [matte.alpha for matte in matter.mattes(_facts(clip), Hints(maps), _frames(clip))]

    return run


def without_plate(inner: Engine, method: PlateMethod) -> Engine:
    """`inner` with a plate estimated from the clip itself, from at most 41 frames spread over it."""

    def run(clip: Synthetic) -> Sequence[Plane]:
        chosen = np.unique(np.linspace(0, len(clip.frames) - 1, 41).round().astype(int))
        return inner(replace(clip, plate=estimate_plate([clip.frames[i] for i in chosen], method).rgb))

    return run


def multilevel(clip: Synthetic) -> list[Image8]:
    """The multi-level foreground solver with the true alpha."""
    return [_byte(multilevel_foreground(frame, alpha)) for frame, alpha in zip(clip.frames, clip.alpha, strict=True)]


def blurred(clip: Synthetic) -> list[Image8]:
    """Two-pass blur fusion with the true alpha."""
    return [_byte(blur_foreground(frame, alpha)) for frame, alpha in zip(clip.frames, clip.alpha, strict=True)]


def keyed(clip: Synthetic) -> list[Image8]:
    """The colour that `chroma` itself gives; the frame where it gives none."""
    matter = load_model(card("chroma").made(), "cpu")
    found = []
    for matte in matter.mattes(_facts(clip), Hints(), _frames(clip)):
        colour = matte.layers[0].colour
        found.append(matte.frame.sdr if colour is None else _byte(colour))
    return found


COLOURISTS: dict[str, Colourist] = {"multilevel": multilevel, "blur fusion": blurred}


def _facts(clip: Synthetic) -> Clip:
    rows, columns = clip.frames[0].shape[:2]
    return Clip(Path(clip.name), columns, rows, Fraction(30), Fraction(1, 30), frames=len(clip.frames))


def _frames(clip: Synthetic) -> Iterator[Frame]:
    for index, image in enumerate(clip.frames):
        yield Frame(index, index, image, image)


def _byte(colour: NDArray[np.floating[Any]]) -> Image8:
    return np.asarray(np.clip(np.rint(colour * 255), 0, 255), np.uint8)
