"""Two places that look like places, for the samples: a park in evening light and a room."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.synth.backdrop import MARGIN, Backdrop, Picture, around, extent
from tools.synth.noise import Field, octaves

Rgb = tuple[float, float, float]

HORIZON = 0.60  # of the frame's height
FLOOR = 0.83


def park(generator: np.random.Generator, size: tuple[int, int]) -> Backdrop:
    """Evening sky, hills in haze, two rows of trees, a meadow and a path."""
    width, height = extent(size)
    picture = _sky(generator, width, height)
    horizon = _row(HORIZON, size)
    for depth, (colour, rise) in enumerate([((150, 150, 178), 0.17), ((112, 128, 142), 0.11), ((84, 112, 104), 0.06)]):
        _hill(generator, picture, horizon - rise * size[1], 0.05 * size[1], colour, 1.5 + depth)
    _meadow(generator, picture, horizon, _row(FLOOR, size), size[1])
    for scale, count, tint in ((0.11, 26, (70, 96, 70)), (0.20, 9, (52, 84, 44))):
        for _ in range(count):
            foot = horizon + size[1] * scale * generator.uniform(0.05, 0.22)
            _tree(generator, picture, generator.uniform(0, width), foot, size[1] * scale, tint)
    return around(np.clip(picture, 0, 255), size)


def room(generator: np.random.Generator, size: tuple[int, int]) -> Backdrop:
    """A papered wall with pictures and a shelf above a wooden floor."""
    width, height = extent(size)
    floor = round(_row(0.80, size))
    x = np.arange(width, dtype=np.float32)[None] / size[1]
    y = np.arange(height, dtype=np.float32)[:, None] / size[1]
    stripes = 1 + 0.03 * np.sign(np.sin(2 * np.pi * x * 9))
    lamp = 1.14 - 0.30 * np.hypot(x - 1.0, (y - 0.3) * 1.2)
    wall = np.array([172, 186, 178], np.float32) * (stripes * lamp)[..., None]
    picture = wall * (1 + 0.02 * octaves(generator, (width, height), 5, 12.0, 0.9)[..., None])
    _planks(generator, picture, floor, size[1])
    skirting = slice(floor - round(0.045 * size[1]), floor)
    picture[skirting] = np.array([226, 220, 208], np.float32) * lamp[skirting][..., None]
    for place, (w, h), colour in (
        ((0.55, 0.34), (0.20, 0.26), (176, 108, 70)), ((0.86, 0.30), (0.16, 0.16), (70, 104, 128)),
        ((1.68, 0.36), (0.24, 0.30), (150, 138, 84)), ((2.02, 0.30), (0.14, 0.20), (132, 72, 84)),
    ):  # fmt: skip
        _frame(generator, picture, place, (w, h), colour, size[1])
    return around(np.clip(picture, 0, 255).astype(np.float32), size)


def _row(share: float, size: tuple[int, int]) -> float:
    """Row of the margin-extended picture at this share of the frame's height."""
    return (MARGIN + share) * size[1]


def _sky(generator: np.random.Generator, width: int, height: int) -> Picture:
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    stops = np.array([[92, 132, 190], [150, 178, 206], [240, 206, 168], [250, 190, 140]], np.float32)
    at = np.array([0.0, 0.30, 0.52, 0.66])
    ramp = np.stack([np.interp(down[:, 0, 0], at, stops[:, c]) for c in range(3)], -1)[:, None]
    cloud = np.clip(octaves(generator, (width, height), 6, 2.0, 0.6, 3.0) * 0.5 - 0.05, 0, 1)[..., None]
    sky = ramp * (1 - 0.55 * cloud) + np.array([255, 236, 220], np.float32) * 0.55 * cloud
    x = np.linspace(0, width / height, width, dtype=np.float32)[None]
    glow = np.exp(-(((x - 0.72 * width / height) / 0.5) ** 2) - ((down[..., 0] - 0.52) / 0.25) ** 2)
    lit: Picture = sky + 40 * glow[..., None] * np.array([1.0, 0.8, 0.5], np.float32)
    return lit.astype(np.float32)


def _hill(
    generator: np.random.Generator, picture: Picture, top: float, rough: float, colour: Rgb, coarse: float
) -> None:
    height, width = picture.shape[:2]
    ridge = top - rough * octaves(generator, (width, 64), 5, coarse, 0.45)[20]
    inside = np.clip(np.arange(height, dtype=np.float32)[:, None] - ridge[None], 0, 1)[..., None]
    tone = np.asarray(colour, np.float32) * (1 + 0.06 * octaves(generator, (width, height), 5, 20.0, 0.8)[..., None])
    picture[:] = picture * (1 - inside) + tone * inside


def _meadow(generator: np.random.Generator, picture: Picture, horizon: float, path: float, rows: int) -> None:
    height, width = picture.shape[:2]
    y = np.arange(height, dtype=np.float32)[:, None]
    near = np.clip((y - horizon) / (height - horizon), 0, 1)
    blades = octaves(generator, (width, height), 4, 40.0, 0.9, 0.5)
    patches = octaves(generator, (width, height), 4, 4.0, 0.6, 3.0)
    grass = np.array([150, 160, 88], np.float32) * (1 - near[..., None]) + np.array([72, 104, 44]) * near[..., None]
    grass = grass * (1 + (0.05 + 0.13 * near) * blades + 0.10 * patches)[..., None]
    sand = np.array([206, 178, 138], np.float32) * (1 + 0.07 * octaves(generator, (width, height), 5, 20.0))[..., None]
    edge = 0.008 * rows * octaves(generator, (width, 64), 4, 4.0, 0.7)[30][None]
    band = np.clip(y - (path - 0.01 * rows + edge), 0, 2) / 2 * np.clip(path + 0.13 * rows - edge - y, 0, 2) / 2
    ground = grass * (1 - band[..., None]) + sand * band[..., None]
    inside = np.clip(y - horizon, 0, 1)[..., None]
    picture[:] = picture * (1 - inside) + ground * inside


def _tree(generator: np.random.Generator, picture: Picture, x: float, foot: float, tall: float, tint: Rgb) -> None:
    trunk = np.array([[x - 0.035 * tall, foot], [x + 0.035 * tall, foot], [x, foot - 0.6 * tall]])
    _blend(picture, [trunk], np.array([74, 58, 46], np.float32))
    tone = np.asarray(tint, np.float32) * generator.uniform(0.85, 1.2) * generator.uniform(0.92, 1.08, 3)
    for layer in range(3):
        count = 34
        angle, out = generator.uniform(0, 2 * np.pi, count), np.sqrt(generator.uniform(0, 1, count))
        middle = np.stack(
            [x + 0.30 * tall * out * np.cos(angle), foot - tall * (0.72 - 0.30 * out * np.sin(angle))], -1
        )
        middle += np.array([0.05, -0.05]) * tall * layer
        blobs = [_leaf(generator, m, tall * generator.uniform(0.05, 0.10)) for m in middle]
        warm = np.array([26, 20, -4], np.float32) * layer
        _blend(picture, blobs, (tone * (0.7 + 0.2 * layer) + warm).astype(np.float32))


def _leaf(generator: np.random.Generator, middle: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, 11)[:-1]
    reach = radius * generator.uniform(0.6, 1.25, 10)
    return middle + np.stack([np.cos(angle) * reach, np.sin(angle) * reach], -1)


def _blend(picture: Picture, polygons: list[NDArray[np.float64]], colour: NDArray[np.float32]) -> None:
    mask = np.zeros(picture.shape[:2], np.uint8)
    for polygon in polygons:
        cv2.fillPoly(mask, [np.rint(polygon * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
    left, top, w, h = cv2.boundingRect(mask)
    where = np.s_[top : top + h, left : left + w]
    weight = (mask[where].astype(np.float32) / 255)[..., None]
    picture[where] = picture[where] * (1 - weight) + colour * weight


def _planks(generator: np.random.Generator, picture: Picture, floor: int, rows: int) -> None:
    height, width = picture.shape[:2]
    y, x = np.mgrid[floor:height, 0:width].astype(np.float32)
    depth = 1 / (1 + (y - floor) / (0.22 * rows))
    across = (x - width / 2) * depth / (0.085 * rows)
    board = np.floor(across).astype(int) % 64
    tone = generator.uniform(0.82, 1.12, 64).astype(np.float32)[board]
    seam = np.clip(np.abs(across - np.floor(across) - 0.5) * 2 - 0.94, 0, 0.06) / 0.06
    grain: Field = octaves(generator, (width, height - floor), 5, 6.0, 0.8, 0.3)
    wood = np.array([158, 112, 74], np.float32) * (tone * (1 + 0.06 * grain) * (1 - 0.45 * seam))[..., None]
    picture[floor:] = wood * (0.9 + 0.25 * (y - floor)[..., None] / max(height - floor, 1))


def _frame(
    generator: np.random.Generator,
    picture: Picture,
    place: tuple[float, float],
    extent_: tuple[float, float],
    colour: Rgb,
    rows: int,
) -> None:
    """A framed abstract painting; `place` is its middle and `extent_` its size, in frame heights."""
    w, h = (round(e * rows) for e in extent_)
    left, top = round((MARGIN + place[0]) * rows - w / 2), round((MARGIN + place[1]) * rows - h / 2)
    border = max(2, round(0.014 * rows))
    shade = slice(top + border, top + h + 2 * border), slice(left + border, left + w + 2 * border)
    picture[shade] *= 0.8
    picture[top : top + h, left : left + w] = (84, 62, 46)
    inner = picture[top + border : top + h - border, left + border : left + w - border]
    field = octaves(generator, (inner.shape[1], inner.shape[0]), 5, 2.0, 0.6)[..., None]
    other = np.array([226, 214, 186], np.float32)
    mix = 1 / (1 + np.exp(-4 * field))
    inner[:] = np.asarray(colour, np.float32) * mix + other * (1 - mix)
