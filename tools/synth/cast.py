"""Who appears in a scene and how they move: one small recipe per kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tools.synth.canvas import Affine, Canvas
from tools.synth.emoji import Emoji
from tools.synth.fur import Furry
from tools.synth.veil import Veil
from tools.synth.walker import Pose, Walker, Wardrobe

Kind = Literal["walker", "fur", "veil", "blur", "camouflage", "occluder", "emoji"]
Camera = Literal["moving", "fixed", "screen", "crossing"]

Painter = Callable[[Canvas, Affine, float], None]
"""Paints an actor on a canvas, given world-to-canvas and the time in frames."""

SHUTTER_SAMPLES = 6  # of the motion-blurred kind
SHUTTER = 0.75  # share of the frame time it stays open


@dataclass(frozen=True)
class Cast:
    """Everything in a scene that moves or stands before the backdrop.

    Attributes:
        subject: The actor to be matted.
        ground: World y of its shadow's foot.
        passer: A look-alike that belongs to the background.
        pillar: World x and width of a pillar in front of the subject.
        instants: Sub-frame times that are averaged.
    """

    subject: Painter
    ground: float
    passer: Painter | None = None
    pillar: tuple[float, float] | None = None
    instants: tuple[float, ...] = (0.0,)


def cast(
    kind: Kind,
    camera: Camera,
    seed: int,
    density: float,
    size: tuple[int, int],
    frames: int,
    paper: tuple[float, float, float],
) -> Cast:
    """The cast of one scene; `density` is canvas pixels per world unit."""
    generator = np.random.default_rng([seed, 11, len(kind), ord(kind[1])])
    width = 360 * size[0] / size[1]
    path = _path(kind, camera, generator, width, frames)
    if kind == "emoji":
        return Cast(_playing(Emoji(generator, paper), path), Emoji.ground)
    if kind == "fur":
        return Cast(_playing(Furry(generator, density, 1.05), path), Furry.ground)
    wardrobe: Wardrobe = "any"
    if camera == "screen":
        wardrobe = "muted" if kind == "camouflage" else "studio"
    figure = Walker(generator, density, 1.06, wardrobe)
    subject = _playing(figure, path)
    if kind == "veil":
        subject = _veiled(figure, Veil(generator, figure.size), path)
    if kind == "camouflage" and camera != "screen":
        return Cast(subject, figure.ground, passer=_playing(figure, _twin(path, camera, width)))
    pillar = (0.5 * width, 0.042 * width) if kind == "occluder" else None
    instants = tuple(SHUTTER * i / SHUTTER_SAMPLES for i in range(SHUTTER_SAMPLES)) if kind == "blur" else (0.0,)
    return Cast(subject, figure.ground, pillar=pillar, instants=instants)


Path = Callable[[float], Pose]


def _path(kind: Kind, camera: Camera, generator: np.random.Generator, width: float, frames: int) -> Path:
    facing = float(generator.choice([-1.0, 1.0]))
    start = float(generator.uniform(0, 2 * np.pi))
    # Shares of the width travelled in the clip, and steps taken.
    travel, steps = {"blur": (0.30, 1.6), "occluder": (0.36, 1.5), "fur": (0.22, 1.1), "emoji": (0.10, 1.5)}.get(
        kind, (0.24, 1.15)
    )
    if camera == "crossing":
        travel, steps = 1.1, {"fur": 3.0, "blur": 3.2}.get(kind, 2.6)
    # Thirty frames are one second; longer clips walk on at the same speed up to the frame's edge.
    last = max(frames - 1, 1)
    speed = travel * width / last

    def pose(time: float) -> Pose:
        t = time / last
        x = width * (0.5 + facing * travel * (t - 0.5))
        if kind == "blur":
            x += 0.02 * width * np.sin(2 * np.pi * 1.5 * t)
        step = np.pi if kind in ("fur", "emoji") else 2 * np.pi
        return Pose(x, start + step * steps * t, facing, 30 * t if frames < 12 else time, min(speed, 14.0))

    return pose


def _twin(path: Path, camera: Camera, width: float) -> Path:
    """A look-alike's way: catching up to an arm's length, or standing still when the plate must hold it.

    It never passes before or behind the subject: two of one colour on top of each other are beyond a memory of colours.
    """

    def pose(time: float) -> Pose:
        own = path(time if camera == "moving" else 0.0)
        if camera == "moving":
            return Pose(own.x - own.facing * (185 - 2 * time), own.phase + 1.3, own.facing, own.time, own.speed)
        return Pose((0.78 if own.facing > 0 else 0.22) * width, own.phase + 1.3, -own.facing, own.time, own.speed)

    return pose


def _playing(actor: Walker | Furry | Emoji, path: Path) -> Painter:
    def paint(canvas: Canvas, to_canvas: Affine, time: float) -> None:
        actor.paint(canvas, to_canvas, path(time))

    return paint


def _veiled(figure: Walker, veil: Veil, path: Path) -> Painter:
    def paint(canvas: Canvas, to_canvas: Affine, time: float) -> None:
        pose = path(time)
        figure.paint(canvas, to_canvas, pose)
        veil.paint(canvas, to_canvas, pose, figure.ground)

    return paint
