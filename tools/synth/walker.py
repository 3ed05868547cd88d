"""An articulated person who walks: jointed limbs in cloth, a face, loose hair, an arm that loops to the hip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.synth.body import Cloth, Colour, Part, Plane, part, plaid, plain, striped
from tools.synth.canvas import Affine, Canvas, apply, shift, stretch, turn
from tools.synth.hair import Hair

# Lengths in units of a figure 290 tall; adult proportions of about seven and a half heads.
THIGH, SHIN, TORSO, UPPER, FORE, NECK = 66.0, 62.0, 88.0, 48.0, 42.0, 12.0
Wardrobe = Literal["any", "studio", "muted"]

SKINS = [(236, 190, 160), (205, 150, 115), (150, 100, 72), (240, 204, 178)]
HAIRS = [(58, 40, 30), (104, 66, 38), (30, 26, 28), (168, 118, 62), (126, 48, 28)]


@dataclass(frozen=True)
class Pose:
    """Where a walker is at one instant.

    Attributes:
        x: Of the hips, world units.
        phase: Of the step, radians.
        facing: 1 to the right, -1 to the left.
        time: In frames; drives hair and cloth.
        speed: Units per frame, for how far hair trails.
    """

    x: float
    phase: float
    facing: float
    time: float
    speed: float


class Walker:
    """A dressed figure; the same seed gives the same person.

    Args:
        generator: Who it is.
        density: Canvas pixels per world unit.
        size: Height over the standard 290 units.
        wardrobe: `any`; `studio` keeps blue off the set, as one does before a screen; `muted` leans towards green.
    """

    ground = 334.0

    def __init__(
        self, generator: np.random.Generator, density: float, size: float = 1.0, wardrobe: Wardrobe = "any"
    ) -> None:
        self.size = size
        self.density = density * size
        self.skin: Colour = SKINS[int(generator.integers(len(SKINS)))]
        self.hair_colour: Colour = HAIRS[int(generator.integers(len(HAIRS)))]
        self.hair = Hair(generator, self.hair_colour)
        shirt = self._shirt(generator, wardrobe)
        blue = (58, 72, 104) if wardrobe == "any" else (98, 62, 52)
        legs = [blue, (84, 74, 66), (52, 54, 60), (112, 96, 78)]
        trousers = plain(generator, legs[int(generator.integers(4))], 0.09)
        self.parts = self._dress(generator, shirt, trousers)

    def _shirt(self, generator: np.random.Generator, wardrobe: Wardrobe) -> Cloth:
        if wardrobe == "muted":
            return plaid(generator, (112, 122, 96), (84, 96, 78), (176, 176, 150), 22)
        kind = int(generator.integers(3))
        cool = (60, 92, 150) if wardrobe == "any" else (150, 66, 84)
        dyes = [(176, 52, 48), (196, 120, 44), cool, (122, 60, 110)]
        warm = np.asarray(dyes[int(generator.integers(4))], float)
        if kind == 0:
            return plaid(generator, tuple(warm), tuple(warm * 0.42), (232, 222, 200), 23)
        if kind == 1:
            return striped(generator, [tuple(warm), (228, 222, 210), tuple(warm * 0.6)], 27)
        return plaid(generator, tuple(warm * 0.9 + 20), tuple(warm * 0.55), (238, 196, 120), 17)

    def _dress(self, generator: np.random.Generator, shirt: Cloth, trousers: Cloth) -> dict[str, Part]:
        skin = plain(generator, self.skin, 0.02)
        d = self.density

        def make(profile: list[tuple[float, float]], cloth: Cloth, relief: float = 0.08) -> Part:
            return part(generator, profile, cloth, d, relief)

        parts = {
            "thigh": make([(0, 16), (20, 15.5), (THIGH, 10)], trousers),
            "shin": make([(0, 10), (18, 10.5), (SHIN - 4, 7)], trousers),
            "shoe": make([(-6, 6.5), (4, 7), (19, 4.5)], plain(generator, (62, 44, 36), 0.05), 0.03),
            "torso": make([(0, 22), (16, 22), (40, 18.5), (66, 24), (80, 21), (TORSO, 12)], _belted(shirt)),
            "upper": make([(0, 9.5), (16, 9), (UPPER, 7.2)], shirt),
            "fore": make([(0, 7.2), (FORE - 8, 6)], shirt),
            "wrist": make([(0, 4.6), (FORE, 4.2)], skin, 0.02),
            "hand": make([(0, 4.4), (6, 5.4), (14, 3.2)], skin, 0.02),
            "neck": make([(0, 8), (NECK + 8, 7.5)], skin, 0.02),
            "head": make([(0, 11), (16, 16), (25, 17.5)], skin, 0.02),
            "cap": make([(0, 9), (15, 17), (22, 17.5)], plain(generator, self.hair_colour, 0.10), 0.08),
        }
        parts["head"] = self._face(parts["head"])
        return parts

    def _face(self, head: Part) -> Part:
        sprite = head.sprite.copy()
        inverse = np.linalg.inv(head.to_units).astype(np.float64)
        skin = np.asarray(self.skin, float)

        def spot(u: float, v: float, axes: tuple[float, float], colour: NDArray[np.float64], angle: float = 0) -> None:
            centre = np.rint(apply(inverse, np.array([u, v], np.float64)) * 16).astype(int)
            lengths = tuple(round(max(a * self.density, 0.6) * 16) for a in axes)
            shade = (*(float(c) for c in np.clip(colour, 0, 255)), 255.0)
            cv2.ellipse(sprite, tuple(centre.tolist()), lengths, angle, 0, 360, shade, -1, cv2.LINE_AA, shift=4)

        white, dark = np.array([244.0, 242, 238]), np.array([40.0, 28, 24])
        spot(6, 8, (3.6, 3.4), skin * [1.0, 0.86, 0.84])  # cheek
        spot(8.5, 16.5, (4.2, 2.0), skin * 0.93)  # side of the nose
        spot(7.5, 18.2, (1.9, 2.2), skin * 1.06)  # tip of the nose
        spot(14.5, 11.6, (2.3, 3.2), white)
        spot(14.5, 12.6, (2.1, 1.9), dark)
        spot(18.6, 11.4, (0.8, 3.8), np.asarray(self.hair_colour, float) * 0.8)
        spot(0.5, 11, (1.2, 4.0), np.array([172.0, 84, 78]))
        return Part(sprite, head.to_units)

    def paint(self, canvas: Canvas, to_canvas: Affine, pose: Pose) -> None:
        """Paints the figure at this pose; `to_canvas` maps world units to canvas pixels."""
        joints = self._joints(pose)
        base = to_canvas @ shift(pose.x, self.ground) @ stretch(self.size * pose.facing, self.size)
        base = base @ shift(0, -joints["lift"][0, 2])
        self.hair.paint(canvas, base @ joints["head"], pose.time, pose.speed, back=True)
        for name, where in (
            ("fore", "fore.far"), ("wrist", "fore.far"), ("hand", "hand.far"), ("upper", "upper.far"),
            ("shin", "shin.far"), ("shoe", "shoe.far"), ("thigh", "thigh.far"),
            ("shoe", "shoe.near"), ("shin", "shin.near"), ("thigh", "thigh.near"),
            ("neck", "neck"), ("torso", "torso"), ("head", "head"), ("cap", "cap"),
        ):  # fmt: skip
            self._place(canvas, base, name, joints[where])
        self.hair.paint(canvas, base @ joints["head"], pose.time, pose.speed, back=False)
        for name, where in (("upper", "upper.near"), ("wrist", "fore.near"), ("fore", "fore.near")):
            self._place(canvas, base, name, joints[where])
        self._place(canvas, base, "hand", joints["hand.near"])

    def _place(self, canvas: Canvas, base: Affine, name: str, joint: Affine) -> None:
        canvas.sprite(self.parts[name].sprite, base @ joint @ self.parts[name].to_units)

    def _joints(self, pose: Pose) -> dict[str, Affine]:
        lean = 0.06 + 0.012 * abs(pose.speed)
        torso = _pointing(np.pi - min(lean, 0.25))
        found = {"torso": torso}
        lowest = 0.0
        for side, phase in (("near", pose.phase), ("far", pose.phase + np.pi)):
            swing = 0.48 * np.sin(phase)
            bend = 0.12 + 0.75 * max(0.0, np.sin(phase + 1.9)) ** 2
            thigh = _pointing(swing)
            shin = thigh @ shift(THIGH, 0) @ turn(bend)
            shoe = shin @ shift(SHIN, 0) @ turn(-np.pi / 2 + 0.05 - 0.3 * np.sin(phase))
            found |= {f"thigh.{side}": thigh, f"shin.{side}": shin, f"shoe.{side}": shoe @ shift(0, 0)}
            sole = apply(shoe, np.array([[-6.0, 6.5], [19.0, 4.5]]))
            lowest = max(lowest, float(sole[:, 1].max()))
        shoulder = torso @ shift(TORSO - 10, 0)
        near = shoulder @ shift(0, 6) @ _relative(-0.55 * np.sin(pose.phase))
        found["upper.near"] = near
        found["fore.near"] = near @ shift(UPPER, 0) @ turn(-0.35 - 0.3 * max(0.0, np.sin(pose.phase + np.pi)))
        # The far arm is held akimbo behind the back: its loop shows the background through.
        far = shoulder @ shift(-4, -16) @ _relative(-0.95 + 0.05 * np.sin(pose.phase))
        found["upper.far"] = far
        found["fore.far"] = far @ shift(UPPER, 0) @ turn(-1.75)
        for side in ("near", "far"):
            found[f"hand.{side}"] = found[f"fore.{side}"] @ shift(FORE - 2, 0)
        found["neck"] = torso @ shift(TORSO - 2, 1) @ turn(0.12)
        nod = 0.04 * np.sin(2 * pose.phase)
        found["head"] = torso @ shift(TORSO + NECK + 14, 5) @ turn(min(lean, 0.25) * -0.6 + nod)
        found["cap"] = found["head"] @ shift(8, -9.5) @ turn(0.30)
        found["lift"] = shift(lowest, 0)
        return found


def _pointing(angle: float) -> Affine:
    """A joint whose x axis points `angle` forward of straight down."""
    return turn(np.pi / 2 - angle)


def _relative(angle: float) -> Affine:
    """From the upward torso to an arm hanging `angle` forward of straight down."""
    return turn(np.pi - angle)


def _belted(shirt: Cloth) -> Cloth:
    """Adds a belt at the hips and a row of buttons."""

    def cloth(along: Plane, across: Plane) -> NDArray[np.float32]:
        colour = shirt(along, across)
        belt = (along > -2) & (along < 6)
        colour[belt] = (54, 38, 30)
        colour[belt & (np.abs(across - 12) < 4)] = (196, 170, 104)
        buttons = (np.hypot((along % 16) - 8, across - 14) < 1.5) & (along > 8)
        colour[buttons] = (240, 236, 224)
        return colour

    return cloth
