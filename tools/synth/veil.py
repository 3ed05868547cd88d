"""A thin veil of 45 % opacity that trails from a walker's head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.synth.canvas import Affine, Canvas, apply, shift, stretch
from tools.synth.walker import Pose

OPACITY = 0.45
STRIPS = 40


class Veil:
    """Cloth between two curves, shaded by its folds."""

    def __init__(self, generator: np.random.Generator, size: float = 1.0) -> None:
        self.size = size
        self.colour = np.asarray(generator.choice([(236, 226, 232), (214, 120, 132), (150, 186, 214)]), float)
        self.phase = generator.uniform(0, 2 * np.pi)

    def paint(self, canvas: Canvas, to_canvas: Affine, pose: Pose, ground: float) -> None:
        """Paints the veil over what the canvas already holds."""
        base = to_canvas @ shift(pose.x, ground) @ stretch(self.size * pose.facing, self.size)
        cloth = Canvas(canvas.size, canvas.samples)
        edge = apply(base, self._edges(pose))
        folds = np.linspace(0, 9 * np.pi, STRIPS) + self.phase + 0.25 * pose.time
        for index in range(STRIPS - 1):
            quad = np.concatenate([edge[index : index + 2, 0], edge[index : index + 2, 1][::-1]])
            shade = 0.86 + 0.14 * np.sin(folds[index])
            # A hair's breadth of overlap closes the seams that anti-aliasing would leave.
            grown = quad + np.sign(quad - quad.mean(0)) * 0.6
            cloth.polygon(grown, tuple(np.clip(self.colour * shade, 0, 255)))
        left, top, right, bottom = cloth.box
        sheet = cloth.pixels[top:bottom, left:right].astype(np.float32) * OPACITY
        under = canvas.pixels[top:bottom, left:right]
        under[:] = np.rint(sheet + under * (1 - sheet[..., 3:] / 255))
        canvas.include(cloth.box)

    def _edges(self, pose: Pose) -> NDArray[np.float64]:
        """(STRIPS, 2, 2): points on the upper and the lower edge, figure units with the ground at 0."""
        s = np.linspace(0, 1, STRIPS)
        trail = 62 + 6 * min(abs(pose.speed), 12)
        wave = 7 * s * np.sin(5 * s - 0.42 * pose.time + self.phase)
        top = np.stack([12 - trail * 0.85 * s**1.1, -294 + 96 * s**1.4 + wave], -1)
        foot = np.stack([14 - trail * 0.70 * s, -214 + 150 * s**0.8 + 1.4 * wave], -1)
        return np.stack([top, foot], 1)
