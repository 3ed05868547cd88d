"""A flat toon character with an outline and eyes whose white is exactly the paper's: the sticker case."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.synth.canvas import Affine, Canvas, apply, shift, stretch
from tools.synth.walker import Pose

OUTLINE = (52.0, 30.0, 22.0)


class Emoji:
    """A round bouncing face; `paper` is the background colour that its eyes repeat."""

    ground = 330.0

    def __init__(self, generator: np.random.Generator, paper: tuple[float, float, float], size: float = 1.0) -> None:
        self.size = size
        self.paper = paper
        skins = [(255, 200, 46), (250, 158, 66), (120, 200, 245), (140, 205, 110)]
        self.skin = np.asarray(skins[int(generator.integers(len(skins)))], float)

    def paint(self, canvas: Canvas, to_canvas: Affine, pose: Pose) -> None:
        """Paints the character; the step's phase drives its bounce."""
        height = abs(np.sin(pose.phase))
        squash = 0.86 + 0.20 * height**0.6
        base = to_canvas @ shift(pose.x, self.ground - 62 * height * self.size)
        base = base @ stretch(self.size * pose.facing / squash, self.size * squash)
        swing = 18 * np.sin(pose.phase * 2)
        for side in (-1, 1):
            self._blob(canvas, base, (side * 42, -18), (26, 17), self.skin * 0.82)
            self._blob(canvas, base, (side * 112, -104 - side * swing - 40 * height), (20, 24), self.skin * 0.9)
        self._blob(canvas, base, (0, -118), (104, 100), self.skin)
        self._disc(canvas, base, (-26, -160), (46, 28), self.skin * 0.55 + 115)  # shine
        self._disc(canvas, base, (22, -88), (66, 54), self.skin * 0.94)
        self._face(canvas, base, pose)

    def _face(self, canvas: Canvas, base: Affine, pose: Pose) -> None:
        blink = 0.12 if int(pose.time) % 22 in (9, 10) else 1.0
        look = 7 * np.sin(pose.phase)
        paper = np.asarray(self.paper, float)
        for side in (-1, 1):
            self._blob(canvas, base, (side * 38, -136), (29, 35 * blink), paper, width=5)
            if blink == 1.0:
                self._disc(canvas, base, (side * 38 + look, -132), (13, 17), np.asarray(OUTLINE))
                self._disc(canvas, base, (side * 38 + look + 4, -138), (4.5, 5.5), paper)
            self._disc(canvas, base, (side * 72, -96), (15, 10), np.array([246.0, 120, 110]))
        mouth = 15 + 13 * abs(np.sin(pose.phase))
        self._blob(canvas, base, (0, -78), (32, mouth), np.array([150.0, 36, 44]), width=5)
        self._disc(canvas, base, (0, -78 + mouth * 0.55), (19, mouth * 0.40), np.array([240.0, 110, 120]))

    def _blob(
        self,
        canvas: Canvas,
        base: Affine,
        centre: tuple[float, float],
        axes: tuple[float, float],
        colour: NDArray[np.float64],
        width: float = 7,
    ) -> None:
        self._disc(canvas, base, centre, axes, np.asarray(OUTLINE))
        self._disc(canvas, base, centre, (axes[0] - width, max(axes[1] - width, 1.0)), colour)

    def _disc(
        self,
        canvas: Canvas,
        base: Affine,
        centre: tuple[float, float],
        axes: tuple[float, float],
        colour: NDArray[np.float64],
    ) -> None:
        points = np.array(cv2.ellipse2Poly((0, 0), (1000, 1000), 0, 0, 360, 4), np.float64) / 1000
        placed = apply(base, points * np.asarray(axes, float) + np.asarray(centre, float))
        canvas.polygon(placed, tuple(float(c) for c in np.clip(np.rint(colour), 0, 255)))
