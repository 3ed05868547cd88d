"""Where the camera looks: world units to frame pixels, hand-held or on a tripod."""

from __future__ import annotations

import numpy as np

from tools.synth.canvas import Affine, shift, stretch, turn
from tools.synth.noise import walk

# The benchmark's camera: pans 12 % of the width over the clip, rolls 0.8 degrees, zooms 5 %.
PAN, ROLL, ZOOM = 0.12, 0.8, 0.05


def still(size: tuple[int, int], frames: int) -> list[Affine]:
    """A tripod."""
    return [stretch(size[1] / 360)] * frames


def handheld(generator: np.random.Generator, size: tuple[int, int], frames: int) -> list[Affine]:
    """A pan with jitter, roll and zoom about the middle of the picture."""
    middle = (180 * size[0] / size[1], 180.0)
    width = 2 * middle[0]
    side = generator.choice([-1.0, 1.0])
    jitter = [walk(generator, frames, 1.2), walk(generator, frames, 1.2)]
    phase = generator.uniform(0, 2 * np.pi)
    moves = []
    for index in range(frames):
        t = index / max(frames - 1, 1)
        pan = side * PAN * width * (t - 0.5)
        roll = np.deg2rad(ROLL) * np.sin(phase + 2 * np.pi * t)
        around = shift(*middle) @ turn(roll) @ stretch(1 + ZOOM * t) @ shift(-middle[0] - pan, -middle[1])
        moves.append(stretch(size[1] / 360) @ shift(float(jitter[0][index]), float(jitter[1][index])) @ around)
    return moves
