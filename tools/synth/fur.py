"""A furry animal: a round body under some 1500 strands, ears, a snout, eyes and feet, hopping along."""

from __future__ import annotations

import numpy as np

from tools.synth.body import Part, part, plain
from tools.synth.canvas import Affine, Canvas, apply, shift, stretch, turn
from tools.synth.walker import Pose

STRANDS = 1500
COATS = [(186, 128, 72), (120, 92, 74), (198, 178, 152), (92, 84, 88), (170, 96, 52)]
POINTS = 5


class Furry:
    """The same seed gives the same animal; it is about 190 units wide and 170 tall."""

    ground = 330.0

    def __init__(self, generator: np.random.Generator, density: float, size: float = 1.0) -> None:
        self.size = size
        self.density = density * size
        coat = np.asarray(COATS[int(generator.integers(len(COATS)))], float)
        self.coat = coat
        self._grow(generator)
        self.parts = self._build(generator)

    def _build(self, generator: np.random.Generator) -> dict[str, Part]:
        d, coat = self.density, self.coat
        fur = plain(generator, tuple(coat * 0.85), 0.08)
        dark = plain(generator, (36, 28, 28), 0.03)
        return {
            "body": part(generator, [(-26, 50), (0, 62), (30, 58), (44, 48)], fur, d, 0.09),
            "head": part(generator, [(0, 42), (14, 44)], fur, d, 0.10),
            "ear": part(generator, [(0, 13), (26, 9), (40, 4)], plain(generator, tuple(coat * 0.72), 0.2), d, 0.1),
            "inner": part(generator, [(0, 6), (22, 4)], plain(generator, (222, 156, 146), 0.05), d, 0.03),
            "foot": part(generator, [(-6, 13), (16, 12)], plain(generator, tuple(coat * 0.8), 0.15), d, 0.08),
            "snout": part(generator, [(0, 17), (10, 15)], plain(generator, tuple(coat * 0.4 + 140), 0.08), d, 0.04),
            "nose": part(generator, [(0, 5), (3, 5)], dark, d, 0.02),
            "white": part(generator, [(0, 8), (1, 8)], plain(generator, (246, 244, 240), 0.01), d, 0.01),
            "pupil": part(generator, [(0, 5), (0.5, 5)], dark, d, 0.01),
            "glint": part(generator, [(0, 1.6), (0.2, 1.6)], plain(generator, (255, 255, 255), 0.0), d, 0.0),
        }

    def _grow(self, generator: np.random.Generator) -> None:
        n = STRANDS
        on_head = generator.random(n) < 0.35
        centre = np.where(on_head[:, None], [58.0, -128.0], [0.0, -76.0])
        axes = np.where(on_head[:, None], [47.0, 42.0], [80.0, 59.0])
        angle = generator.uniform(0, 2 * np.pi, n)
        # Mostly near the rim, where they show against the background.
        radius = np.sqrt(generator.uniform(0.30, 1.0, n))
        normal = np.stack([np.cos(angle), np.sin(angle)], -1)
        self.root = centre + normal * axes * radius[:, None]
        comb = np.stack([-0.55 + 0.1 * generator.standard_normal(n), 0.45 + 0.1 * generator.standard_normal(n)], -1)
        way = normal + comb + 0.25 * generator.standard_normal((n, 2))
        self.way = way / np.linalg.norm(way, axis=1, keepdims=True)
        self.length = generator.uniform(10, 25, n) * (0.65 + 0.35 * radius)
        self.sway = generator.uniform(0, 2 * np.pi, n)
        # The face stays clear of long fur.
        clear = np.hypot((self.root[:, 0] - 76) / 30, (self.root[:, 1] + 124) / 30) < 1
        self.length[clear] *= 0.25
        shade = generator.uniform(0.55, 1.35, (10, 1)) * self.coat
        self.tones = np.clip(shade, 0, 255)
        self.tone = generator.integers(0, 10, n)
        self.near = generator.random(n) < 0.75

    def paint(self, canvas: Canvas, to_canvas: Affine, pose: Pose) -> None:
        """Paints the animal; the step's phase drives its hops."""
        hop = abs(np.sin(pose.phase))
        squash = 1 - 0.10 * (1 - hop) ** 2 + 0.04 * hop
        base = to_canvas @ shift(pose.x, self.ground - 26 * hop * self.size)
        base = (
            base @ stretch(self.size * pose.facing / squash**0.5, self.size * squash) @ turn(0.08 * np.cos(pose.phase))
        )
        self._put(canvas, base, "foot", shift(-44, -13) @ turn(0.5 * hop))
        self._put(canvas, base, "foot", shift(34, -13) @ turn(-0.3 * hop))
        self._fur(canvas, base, pose, near=False)
        self._put(canvas, base, "ear", shift(36, -162) @ turn(-np.pi / 2 - 0.35 - 0.2 * hop))
        self._put(canvas, base, "body", shift(-8, -76))
        self._put(canvas, base, "head", shift(52, -128))
        self._put(canvas, base, "ear", shift(74, -162) @ turn(-np.pi / 2 + 0.30 + 0.2 * hop))
        self._put(canvas, base, "inner", shift(74, -162) @ turn(-np.pi / 2 + 0.30 + 0.2 * hop))
        self._put(canvas, base, "foot", shift(-22, -11) @ turn(0.4 * hop))
        self._put(canvas, base, "foot", shift(52, -11) @ turn(-0.4 * hop))
        self._fur(canvas, base, pose, near=True)
        self._put(canvas, base, "snout", shift(82, -114))
        self._put(canvas, base, "nose", shift(98, -120))
        for x in (62, 90):
            self._put(canvas, base, "white", shift(x - 0.5, -138))
            self._put(canvas, base, "pupil", shift(x + 2, -138))
            self._put(canvas, base, "glint", shift(x + 3.6, -140.5))

    def _put(self, canvas: Canvas, base: Affine, name: str, joint: Affine) -> None:
        canvas.sprite(self.parts[name].sprite, base @ joint @ self.parts[name].to_units)

    def _fur(self, canvas: Canvas, base: Affine, pose: Pose, near: bool) -> None:
        s = np.linspace(0, 1, POINTS)[None, :, None]
        swing = 0.25 * np.sin(self.sway + 0.35 * pose.time) - 0.02 * pose.speed
        side = np.stack([-self.way[:, 1], self.way[:, 0]], -1)
        bend = side[:, None] * (swing[:, None, None] * s**2) + np.array([0.0, 0.35]) * s**2
        lines = self.root[:, None] + self.length[:, None, None] * (self.way[:, None] * s + bend)
        placed = apply(base, lines)
        thickness = max(1, round(0.45 * self.density))
        for index, tone in enumerate(self.tones):
            chosen = np.flatnonzero((self.tone == index) & (self.near == near))
            if len(chosen):
                canvas.strands([placed[i] for i in chosen], tone, thickness)
