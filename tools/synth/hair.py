"""Loose strands of hair: fine, semi-transparent and moving, the hard part of every matte."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.synth.canvas import Affine, Canvas, apply

STRANDS = 240
POINTS = 9


class Hair:
    """A mane rooted on a head whose own units run x from chin to crown and y from nape to nose."""

    def __init__(self, generator: np.random.Generator, colour: Sequence[float], strands: int = STRANDS) -> None:
        # Angle around the skull: 0 the crown, negative towards the nape.
        self.angle = generator.uniform(-2.3, 0.35, strands)
        self.length = generator.uniform(22, 56, strands)
        self.curl = generator.normal(0, 0.5, strands)
        self.sway = generator.uniform(0, 2 * np.pi, strands)
        self.lift = generator.normal(0.15, 0.35, strands)
        self.back = generator.random(strands) < 0.7
        tones = np.clip(np.asarray(colour, float) * generator.uniform(0.7, 1.55, (6, 1)), 0, 255)
        self.tones = tones
        self.tone = generator.integers(0, len(tones), strands)

    def paint(self, canvas: Canvas, head: Affine, time: float, speed: float, back: bool) -> None:
        """Paints the strands behind the head, or those before it."""
        lines = apply(head, self._lines(time, speed))
        thickness = max(1, round(0.28 * float(np.sqrt(abs(np.linalg.det(head[:2, :2]))))))
        for index, tone in enumerate(self.tones):
            chosen = np.flatnonzero((self.tone == index) & (self.back == back))
            if len(chosen):
                canvas.strands([lines[i] for i in chosen], tone, thickness)

    def _lines(self, time: float, speed: float) -> NDArray[np.float64]:
        """(strands, POINTS, 2) in head units; gravity is towards -x, behind is -y."""
        s = np.linspace(0, 1, POINTS)[None]
        normal = np.stack([np.cos(self.angle), np.sin(self.angle)], -1)
        root = np.array([22.0, -2.0]) + normal * np.array([18.5, 17.5])
        wave = 0.10 * np.sin(self.sway[:, None] + 0.30 * time + 2.5 * s) + 0.05 * np.sin(0.55 * time + 3 * s)
        wind = min(0.18 + 0.045 * abs(speed), 0.75)
        length = self.length[:, None]
        out = np.clip(self.lift + 0.35, 0.1, 1.0)[:, None] * length * (s - 0.55 * s**2)
        # Strands leave along the skull and then fall and trail behind the movement.
        x = root[:, :1] + normal[:, :1] * out - length * (0.85 - 0.5 * wind) * s**1.7
        y = root[:, 1:] + normal[:, 1:] * out - length * (wind + wave + 0.12 * self.curl[:, None] * s) * s**1.3
        return np.stack([x, y], -1)
