"""Spoils exact mattes the way models without memory do: every frame in another way, seeded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np

from tools.synth.film import Plane

Spoiler = Callable[[Plane, int, np.random.Generator], Plane]
"""The matte of one frame, its number in the clip and a source of chance; the spoilt matte."""

# At 360 rows; geometry scales with the height.
_ROWS = 360
_JITTER = 1.5  # px of edge displacement, root mean square
_JITTER_WAVE = 12.0  # px, sigma of the displacement's Gaussian: as wide as a patch a network decides on at once
_GAIN = 0.05  # standard deviation of a frame's factor
_HOLES, _HOLE = 3, 9.0  # a frame, and their radius in px
_DROPPED = 8  # one frame in this many


def jitter(alpha: Plane, index: int, rng: np.random.Generator) -> Plane:
    """Edges crawl: a fresh smooth displacement field each frame."""
    scale = alpha.shape[0] / _ROWS
    field = rng.standard_normal((*alpha.shape, 2)).astype(np.float32)
    field = np.asarray(cv2.GaussianBlur(field, (0, 0), _JITTER_WAVE * scale), np.float32)
    field *= np.float32(_JITTER * scale / np.sqrt(np.square(field).sum(axis=2).mean()))
    y, x = np.indices(alpha.shape, np.float32)
    moved = cv2.remap(alpha, x + field[..., 0], y + field[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def gain(alpha: Plane, index: int, rng: np.random.Generator) -> Plane:
    """The whole matte grows paler or denser."""
    return np.asarray(np.clip(alpha * (1 + _GAIN * rng.standard_normal()), 0, 1), np.float32)


def holes(alpha: Plane, index: int, rng: np.random.Generator) -> Plane:
    """Soft holes in the solid part, elsewhere each frame."""
    scale = alpha.shape[0] / _ROWS
    spoilt = alpha.copy()
    places = np.argwhere(alpha > 0.9)
    y, x = np.indices(alpha.shape, np.float32)
    for _ in range(_HOLES if len(places) else 0):
        row, column = places[rng.integers(len(places))]
        distance = np.hypot(y - row, x - column)
        spoilt *= np.clip((distance - _HOLE * scale) / (2 * scale) + 1, 0, 1).astype(np.float32)
    return spoilt


def dropped(alpha: Plane, index: int, rng: np.random.Generator) -> Plane:
    """Now and then nothing is found."""
    return np.zeros_like(alpha) if index % _DROPPED == _DROPPED // 2 else alpha


def everything(alpha: Plane, index: int, rng: np.random.Generator) -> Plane:
    """All faults at once."""
    for spoil in (jitter, gain, holes, dropped):
        alpha = spoil(alpha, index, rng)
    return alpha


FAULTS: Mapping[str, Spoiler] = {
    "jitter": jitter,
    "gain": gain,
    "holes": holes,
    "dropped": dropped,
    "all": everything,
}


def spoilt(alphas: Sequence[Plane], fault: str, seed: int) -> list[Plane]:
    """A clip's mattes with one of the faults; the same seed gives the same mattes."""
    rng = np.random.default_rng(seed)
    return [FAULTS[fault](alpha, index, rng) for index, alpha in enumerate(alphas)]
