"""Rounded, shaded, textured body parts as premultiplied sprites, and the cloth they are dressed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.synth.canvas import Affine, Sprite, shift, stretch
from tools.synth.noise import octaves

Plane = NDArray[np.float32]
Colour = Sequence[float]
Tint = NDArray[np.float32]
Cloth = Callable[[Plane, Plane], Tint]
"""Colour (H, W, 3) in 0..255 at distances along and across a part, in world units."""


@dataclass(frozen=True)
class Part:
    """A sprite with the matrix from its pixels to its own units: x along the part from its joint, y across."""

    sprite: Sprite
    to_units: Affine


def part(
    generator: np.random.Generator,
    profile: Sequence[tuple[float, float]],
    cloth: Cloth,
    density: float,
    relief: float = 0.07,
) -> Part:
    """A body of revolution seen from the side.

    Args:
        generator: Randomness of the folds.
        profile: Points (distance along, radius) in world units; both ends are closed by half circles.
        cloth: Colour before shading.
        density: Sprite pixels per unit.
        relief: Depth of the folds, as a share of brightness.
    """
    stations = np.array([p[0] for p in profile], np.float64)
    radii = np.array([p[1] for p in profile], np.float64)
    low, high, wide = stations[0] - radii[0], stations[-1] + radii[-1], radii.max()
    margin = 2.0 / density
    columns = int(np.ceil((high - low + 2 * margin) * density))
    rows = int(np.ceil(2 * (wide + margin) * density))
    along = ((np.arange(columns) + 0.5) / density + low - margin)[None].repeat(rows, 0).astype(np.float32)
    across = ((np.arange(rows) + 0.5) / density - wide - margin)[:, None].repeat(columns, 1).astype(np.float32)
    radius = _radius(along, stations, radii)
    inside = np.clip((radius - np.abs(across)) * density + 0.5, 0, 1)
    ratio = np.clip(across / np.maximum(radius, 1e-3), -1, 1)
    # A cylinder lit from the front and a little from one side; 0.5 is what the sky gives everywhere.
    shade = 0.5 + 0.5 * np.sqrt(1 - 0.92 * ratio**2) - 0.10 * ratio
    shade *= 1 + relief * octaves(generator, (columns, rows), 3, 2.0, 0.6, 0.7)
    colour = np.clip(cloth(along, across) * shade[..., None], 0, 255)
    rgba = np.dstack([colour * inside[..., None], 255 * inside])
    return Part(np.rint(rgba).astype(np.uint8), shift(low - margin, -wide - margin) @ stretch(1 / density))


def _radius(along: Plane, stations: NDArray[np.float64], radii: NDArray[np.float64]) -> Plane:
    start, end, first, last = stations[0], stations[-1], radii[0], radii[-1]
    middle = np.interp(along, stations, radii)
    before = np.sqrt(np.maximum(first**2 - (start - along) ** 2, 0))
    after = np.sqrt(np.maximum(last**2 - (along - end) ** 2, 0))
    radius: Plane = np.where(along < start, before, np.where(along > end, after, middle)).astype(np.float32)
    return radius


def plain(generator: np.random.Generator, colour: Colour, grain: float = 0.06) -> Cloth:
    """One colour with a fine weave."""
    base = np.asarray(colour, np.float32)
    seed = int(generator.integers(1 << 30))

    def cloth(along: Plane, across: Plane) -> Tint:
        weave = octaves(np.random.default_rng(seed), (along.shape[1], along.shape[0]), 4, 12.0, 0.9)
        colour: Tint = base * (1 + np.float32(grain) * weave[..., None])
        return colour

    return cloth


def striped(generator: np.random.Generator, colours: Sequence[Colour], period: float) -> Cloth:
    """Bands across the part, each colour a share of `period` units."""
    table = np.asarray(colours, np.float32)
    ground = plain(generator, (1.0, 1.0, 1.0), 0.05)

    def cloth(along: Plane, across: Plane) -> Tint:
        index = (along / period * len(table)).astype(int) % len(table)
        colour: Tint = table[index] * ground(along, across)
        return colour

    return cloth


def plaid(generator: np.random.Generator, ground: Colour, bands: Colour, thin: Colour, period: float) -> Cloth:
    """Checked shirt: wide bands both ways with thin lines between them."""
    weave = plain(generator, (1.0, 1.0, 1.0), 0.05)
    colours = [np.asarray(c, np.float32) for c in (ground, bands, thin)]

    def cloth(along: Plane, across: Plane) -> Tint:
        wide = ((along % period < period * 0.4) * 0.5 + (across % period < period * 0.4) * 0.5)[..., None]
        fine = ((np.abs(along % period - period * 0.7) < 0.9) | (np.abs(across % period - period * 0.7) < 0.9))[
            ..., None
        ]
        mixed = colours[0] * (1 - wide) + colours[1] * wide
        colour: Tint = np.where(fine, 0.4 * mixed + 0.6 * colours[2], mixed) * weave(along, across)
        return colour

    return cloth
